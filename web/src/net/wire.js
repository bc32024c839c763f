/**
 * Twin of server/wire/frames.py: the frames and messages of docs/PROTOCOL.md. Frames are typed-array views on one
 * ArrayBuffer, nothing is copied; the only loop here copies the changed pageblocks of a delta into the frame before it.
 */

export const WIRE_VERSION = 1;
export const TYPE_KEY = 1;
export const TYPE_DELTA = 2;
export const TYPE_PAST = 5;
const HEADER_BYTES = 32;
const MAGIC = 0x43535246; // "FRSC", little-endian

/** Bits of the flags plane. */
export const FLAG_DEDICATED = 1;
export const FLAG_SKIP = 2;
export const FLAG_ISOLATED = 4;
export const FLAG_TOUCHED = 8;
export const HOLDER_SHIFT = 4;

/** What holds a pageblock: bits 4 to 6 of the flags plane. */
export const HOLDER_FREE = 0;
export const HOLDER_RESCUABLE = 1;
export const HOLDER_BALLOON = 2;
export const HOLDER_KERNEL = 3;
export const HOLDER_RESERVED = 4;
export const HOLDER_HOOK = 5;

/**
 * Messages and configs: made from server/wire, see protocol.d.ts.
 *
 * @typedef {import("./protocol.js").Zone} Zone
 * @typedef {import("./protocol.js").GuestInfo} GuestInfo
 * @typedef {import("./protocol.js").DesignInfo} DesignInfo
 * @typedef {import("./protocol.js").SourceInput} Source
 * @typedef {import("./protocol.js").SessionConfigInput} Config
 * @typedef {import("./protocol.js").Welcome} Welcome
 * @typedef {import("./protocol.js").Accepted} Accepted
 * @typedef {import("./protocol.js").ErrorMessage} ErrorMessage
 * @typedef {import("./protocol.js").Pace} PaceMessage
 * @typedef {import("./protocol.js").Progress} Progress
 * @typedef {import("./protocol.js").Down} Message
 * @typedef {import("./protocol.js").Up} UpMessage
 * @typedef {import("./protocol.js").Command} Command
 * @typedef {import("./protocol.js").LogEntry} Entry one line of the session's log
 * @typedef {import("./protocol.js").SequenceInfo} Sequence how far a sequence of commands is
 *
 * @typedef {object} Toggle
 * @property {string} name
 * @property {string[]} values the default first
 * @property {string} label
 * @property {string} source
 *
 * @typedef {object} DesignKind
 * @property {string} name
 * @property {string} label
 * @property {string} source
 * @property {Toggle[]} toggles
 *
 * @typedef {object} Info the answer of /api/info
 * @property {string} version
 * @property {number} wire_version
 * @property {DesignKind[]} designs
 * @property {string[]} default_designs
 * @property {{name: string, label: string, text: string}[]} presets
 * @property {{name: string, label: string, text: string, size_mib: number, recorded: boolean}[]} captures
 * @property {boolean} ends_with_container sessions, and links to them, are lost with the server's container
 * @property {string[]} published results that can be asked for
 * @property {string[]} upload_suffixes last part of the names of files that can be a capture
 * @property {Source} default_source
 * @property {Record<string, number>} limits
 *
 * @typedef {Uint8Array|Uint16Array|Uint32Array} Plane
 *
 * @typedef {object} DesignFrame
 * @property {Record<string, Plane>} planes one value per pageblock; in a delta one per changed pageblock
 * @property {Float64Array} stats in the order of welcome.stat_fields
 * @property {number} base_seq of a delta
 * @property {Uint32Array|null} changed pageblock indices of a delta, ascending
 *
 * @typedef {object} Frame
 * @property {number} type
 * @property {number} nr_pageblocks
 * @property {number} log_index
 * @property {number} tick
 * @property {number} seq
 * @property {number} epoch
 * @property {DesignFrame[]} designs
 */

/** A frame or message that cannot be understood; its message is one sentence for people. */
export class WireError extends Error {}

/** @type {Record<string, {bytes: number, view: new (b: ArrayBuffer, o: number, n: number) => Plane}>} */
const DTYPES = {
  u1: { bytes: 1, view: Uint8Array },
  "|u1": { bytes: 1, view: Uint8Array },
  "<u2": { bytes: 2, view: Uint16Array },
  "<u4": { bytes: 4, view: Uint32Array },
};

/** @param {number} offset */
const align = (offset) => (offset + 7) & ~7;

/**
 * Read one text message.
 * @param {string} text
 * @returns {Message}
 */
export function decodeMessage(text) {
  /** @type {unknown} */
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    throw new WireError("the server sent a text that is not JSON");
  }
  if (typeof message !== "object" || message === null || !("type" in message)) {
    throw new WireError("the server sent a message without a type");
  }
  return /** @type {Message} */ (message);
}

/**
 * Read one binary frame.
 * @param {ArrayBuffer} buffer
 * @param {Pick<Welcome, "planes"|"stat_fields">} layout
 * @returns {Frame}
 */
export function decodeFrame(buffer, layout) {
  if (buffer.byteLength < HEADER_BYTES) {
    throw new WireError(`a frame of ${buffer.byteLength} bytes: the header alone has ${HEADER_BYTES}`);
  }
  const head = new DataView(buffer);
  if (head.getUint32(0, true) !== MAGIC) throw new WireError("the frame does not begin with FRSC");
  const version = head.getUint8(4);
  if (version !== WIRE_VERSION) {
    throw new WireError(`the server speaks version ${version}, this page version ${WIRE_VERSION}: reload`);
  }
  const type = head.getUint8(5);
  if (type !== TYPE_KEY && type !== TYPE_DELTA && type !== TYPE_PAST) throw new WireError(`unknown frame type ${type}`);
  const nr_designs = head.getUint16(6, true);
  const nr_pageblocks = head.getUint32(8, true);
  /** @type {DesignFrame[]} */
  const designs = [];
  let offset = HEADER_BYTES;

  /** @param {number} bytes */
  const take = (bytes) => {
    const start = align(offset);
    if (start + bytes > buffer.byteLength) {
      throw new WireError(`the frame ends after ${buffer.byteLength} bytes, inside a plane that ends at ${start + bytes}`);
    }
    offset = start + bytes;
    return start;
  };

  for (let i = 0; i < nr_designs; i++) {
    let base_seq = 0;
    let changed = null;
    let length = nr_pageblocks;
    if (type === TYPE_DELTA) {
      const start = take(8);
      base_seq = head.getUint32(start, true);
      length = head.getUint32(start + 4, true);
      changed = new Uint32Array(buffer, take(4 * length), length);
      if (length > 0 && changed[length - 1] >= nr_pageblocks) {
        throw new WireError(`the frame changes pageblock ${changed[length - 1]} of ${nr_pageblocks}`);
      }
    }
    /** @type {Record<string, Plane>} */
    const planes = {};
    for (const [name, dtype] of layout.planes) {
      const kind = DTYPES[dtype];
      if (!kind) throw new WireError(`plane ${name} has the unknown type ${dtype}`);
      planes[name] = new kind.view(buffer, take(kind.bytes * length), length);
    }
    const nr_stats = layout.stat_fields.length;
    const wide = new BigInt64Array(buffer, take(8 * nr_stats), nr_stats);
    const stats = new Float64Array(nr_stats);
    for (let s = 0; s < nr_stats; s++) stats[s] = Number(wide[s]);
    designs.push({ planes, stats, base_seq, changed });
  }
  if (align(offset) !== align(buffer.byteLength)) {
    throw new WireError(`the frame has ${buffer.byteLength} bytes, its contents end at ${offset}`);
  }
  return {
    type,
    nr_pageblocks,
    log_index: head.getUint32(12, true),
    tick: Number(head.getBigUint64(16, true)),
    seq: head.getUint32(24, true),
    epoch: head.getUint32(28, true),
    designs,
  };
}

/**
 * The whole picture after a frame: a key frame, also one of the past, is that already, a delta is written into the arrays of the picture before it.
 * @param {Frame|null} current the picture shown now; its arrays are reused
 * @param {Frame} next
 * @returns {Frame|null} null if the delta does not follow `current`: ask for a key frame
 */
export function applyFrame(current, next) {
  if (next.type !== TYPE_DELTA) return next;
  if (!current || current.type === TYPE_PAST || current.epoch !== next.epoch || current.designs.length !== next.designs.length) return null;
  if (current.nr_pageblocks !== next.nr_pageblocks) return null;
  if (next.designs.some((design) => design.base_seq !== current.seq)) return null;
  next.designs.forEach((design, i) => {
    const { planes } = current.designs[i];
    const changed = /** @type {Uint32Array} */ (design.changed);
    for (const name of Object.keys(design.planes)) {
      const from = design.planes[name];
      const to = planes[name];
      for (let k = 0; k < changed.length; k++) to[changed[k]] = from[k];
    }
    design.planes = planes;
  });
  return next;
}

/**
 * Position of each statistic by name.
 * @param {string[]} stat_fields
 * @returns {Record<string, number>}
 */
export function statIndex(stat_fields) {
  return Object.fromEntries(stat_fields.map((name, i) => [name, i]));
}
