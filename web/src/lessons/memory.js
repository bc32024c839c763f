/**
 * What this browser keeps of lessons: how far one is, and under which name one hands in.
 */

const KEY = "fragscope.lesson.";
const PLAYED_KEY = "fragscope.played."; // of recordings, which need nobody to do anything
const NAME_KEY = "fragscope.student";

/** @param {string} key */
function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // private windows: progress lasts as long as the page
  }
}

/**
 * @param {string} key
 * @param {string} text
 */
function write(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Full or forbidden: the lesson goes on all the same.
  }
}

/**
 * @param {() => boolean} recorded whether a recording is played
 */
export function createMemory(recorded) {
  /** @param {string} name */
  const keyOf = (name) => (recorded() ? PLAYED_KEY : KEY) + name;
  return {
    /** @param {string} name of a lesson */
    stored: (name) => read(keyOf(name)),
    /**
     * @param {string} name of a lesson
     * @param {import("./lesson.js").Progress} progress
     */
    store: (name, progress) => write(keyOf(name), JSON.stringify(progress)),
    student: () => read(NAME_KEY) ?? "",
    /** @param {string} name */
    setStudent: (name) => write(NAME_KEY, name),
    /**
     * Where one stopped, for the list.
     * @param {string} name of a lesson
     * @returns {{at: number, done: number}|null}
     */
    far(name) {
      try {
        const { at, steps } = JSON.parse(read(keyOf(name)) ?? "null") ?? {};
        return Array.isArray(steps) ? { at: Number(at), done: steps.filter(({ done }) => done).length } : null;
      } catch {
        return null;
      }
    },
  };
}
