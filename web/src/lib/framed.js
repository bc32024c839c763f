/**
 * Whether the page is shown inside another one: there the wheel belongs to the outer page, unless Ctrl says otherwise.
 */

/** @param {Pick<Window, "self"|"top">} [view] */
export const isFramed = (view = window) => view.self !== view.top;

/**
 * Whether a turn of the wheel is for the map.
 * @param {Pick<WheelEvent, "ctrlKey"|"metaKey">} event
 * @param {boolean} framed
 */
export const wheelIsForMap = (event, framed) => !framed || event.ctrlKey || event.metaKey;
