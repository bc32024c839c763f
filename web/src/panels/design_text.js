/**
 * What each design does and claims, and what the server's label says about it.
 */

/**
 * What each design does and claims; its source comes from the server.
 * @type {Record<string, {title: string, help: string, claim: string}>}
 */
export const DESIGNS = {
  pinned: {
    title: "Stays in place",
    help: "Balloon pages stay where they were taken.",
    claim:
      "The baseline, as in kernels before 3.8: balloon pages are unmovable. No extra code and no extra messages to the host, but a pageblock with one balloon page in it cannot become a free 2 MiB block until the balloon shrinks.",
  },
  lru_hook: {
    title: "Moved by compaction",
    help: "Compaction moves balloon pages like any other page.",
    claim:
      "What Linux merged (3.8, and as movable_ops today): the generic migrate scanner recognises balloon pages and moves them. It reuses mature code and keeps 2 MiB blocks for programs; the price is a test on the generic path and two messages to the host per page moved.",
  },
  separate_pass: {
    title: "Moved by own pass",
    help: "A separate pass moves balloon pages, after balloon events.",
    claim:
      "Minchan Kim's first proposal of July 2012, in our implementation: the generic path never sees balloon pages; after inflation or deflation a separate pass moves them, up to 256 pages per pair of messages. It runs only when the balloon changes, not when fragmentation hurts.",
  },
  dedicated_block: {
    title: "Gathered in blocks",
    help: "Compaction gathers balloon pages in pageblocks of their own.",
    claim:
      "Minchan Kim's second proposal of July 2012, in our implementation: free pageblocks that compaction has produced go to the balloon whole, and a pageblock’s worth of scattered balloon pages at a time moves into each. No other code needs to know about balloon pages; but the design needs a free block to start with, and free blocks are what programs want for huge pages.",
  },
};

/** @param {string} name */
export const designWords = (name) =>
  DESIGNS[name] ?? { title: name, help: "", claim: "A design this page does not know yet." };

/**
 * What people call a design, everywhere on the page: its title, and what was chosen of a variant.
 * @param {string} key
 */
export function designTitle(key) {
  const [name, ...chosen] = key.split(":");
  return `${designWords(name).title}${chosen.length ? ` (${chosen.join(":")})` : ""}`;
}

/**
 * The same within a sentence.
 * @param {string} key
 */
export const inSentence = (key) => (key.split(":")[0] in DESIGNS ? designTitle(key).replace(/^./, (first) => first.toLowerCase()) : key);

/**
 * What the server's label says beside the name: whether the design is our reading of a proposal, or which kernels have it.
 * @param {string} label
 * @returns {{ours: string, since: string}}
 */
export function splitLabel(label) {
  return {
    ours: /as proposed, our implementation/i.exec(label)?.[0] ?? "",
    since: /\(([^()]*(?:linux|kernel|before)[^()]*)\)\s*$/i.exec(label)?.[1] ?? "",
  };
}
