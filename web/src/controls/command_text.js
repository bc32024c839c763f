/**
 * What a command asks for, in words.
 */

import { count, pagesText } from "../lib/format.js";

/** @param {import("../net/wire.js").Command} command */
export function commandText(command) {
  const nr_pages = Number(command.nr_pages);
  switch (command.type) {
    case "balloon_target": return `balloon target ${pagesText(nr_pages)}`;
    case "balloon_inflate": return `inflate by ${pagesText(nr_pages)}`;
    case "balloon_deflate": return `deflate by ${pagesText(nr_pages)}`;
    case "compact": return "compact";
    case "direct_compact": return `direct compaction for order ${command.order}`;
    case "huge": return `take up to ${count(Number(command.nr))} huge pages`;
    case "drop_caches": return "drop caches";
    case "offline": return `offline ${count(Number(command.start_mib))} to ${count(Number(command.start_mib) + Number(command.size_mib))} MiB`;
    case "alloc_contig": return `allocate ${count(Number(command.size_mib))} MiB contiguously`;
    case "workload": return command.enabled ? `workload on, ${count(Number(command.rate))} operations per tick${command.ticks ? `, for ${count(Number(command.ticks))} ticks` : ""}` : "workload off";
    default: return command.type;
  }
}
