/**
 * A value that tells its subscribers when it changes. The page's whole state is made of these.
 */

/**
 * @template T
 * @typedef {object} Atom
 * @property {() => T} get
 * @property {(value: T) => void} set subscribers are told only if the value differs
 * @property {(listener: (value: T) => void) => () => void} subscribe returns the function that unsubscribes
 */

/**
 * @template T
 * @param {T} initial
 * @returns {Atom<T>}
 */
export function atom(initial) {
  let value = initial;
  /** @type {Set<(value: T) => void>} */
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      // A copy: a listener may unsubscribe itself, or add another, while we iterate.
      for (const listener of [...listeners]) listener(next);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
