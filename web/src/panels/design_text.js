/**
 * What each design does and claims, and what the server's label says of it.
 */

/**
 * What each design does, and what it claims; the source is the server's.
 * @type {Record<string, {title: string, help: string, claim: string}>}
 */
export const DESIGNS = {
  pinned: {
    title: "pinned",
    help: "Balloon pages stay where they were taken.",
    claim:
      "The baseline, as in kernels before 3.8: balloon pages are unmovable. No extra code and no extra messages to the host, but a pageblock with one balloon page in it cannot become a free 2 MiB block until the balloon shrinks.",
  },
  lru_hook: {
    title: "lru_hook",
    help: "Compaction moves balloon pages like any other page.",
    claim:
      "What Linux merged (3.8, and as movable_ops today): the generic migrate scanner recognises balloon pages and moves them. It reuses mature code and keeps 2 MiB blocks for programs; it pays with a test on the generic path and two messages to the host for each page moved.",
  },
  separate_pass: {
    title: "separate_pass",
    help: "A pass of its own moves balloon pages, after balloon events.",
    claim:
      "Minchan Kim's first proposal of July 2012, made concrete by us: the generic path never sees balloon pages; after inflation or deflation a separate pass moves them, with up to 256 pages in one pair of messages. It comes only when the balloon changes, not when fragmentation hurts.",
  },
  dedicated_block: {
    title: "dedicated_block",
    help: "Compaction gathers balloon pages in pageblocks of their own.",
    claim:
      "Minchan Kim's second proposal of July 2012, made concrete by us: free pageblocks that compaction has produced are given to the balloon whole, and 512 scattered balloon pages move into each. No other code needs to know balloon pages; but it needs a free block to start, and those are what programs want for huge pages.",
  },
};

/** @param {string} name */
export const designWords = (name) =>
  DESIGNS[name] ?? { title: name, help: "", claim: "A design that this page does not know yet." };

/**
 * What the server's label says beside the name: that the design is our reading of a proposal, or which kernels have it.
 * @param {string} label
 * @returns {{ours: string, since: string}}
 */
export function splitLabel(label) {
  return {
    ours: /as proposed, our implementation/i.exec(label)?.[0] ?? "",
    since: /\(([^()]*(?:linux|kernel|before)[^()]*)\)\s*$/i.exec(label)?.[1] ?? "",
  };
}
