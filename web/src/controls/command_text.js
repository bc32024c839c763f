/**
 * What a command asks for, in words.
 */

import { count, pagesText, secondsText } from "../lib/format.js";

/** @param {import("../net/wire.js").Command} command */
export function commandText(command) {
  switch (command.type) {
    case "balloon_target": return `balloon target ${pagesText(command.nr_pages)}`;
    case "balloon_inflate": return `inflate by ${pagesText(command.nr_pages)}`;
    case "balloon_deflate": return `deflate by ${pagesText(command.nr_pages)}`;
    case "compact": return "compact";
    case "direct_compact": return `direct compaction for order ${command.order}`;
    case "huge": return `take up to ${count(command.nr)} huge pages`;
    case "drop_caches": return "drop caches";
    case "offline": return `offline ${count(command.start_mib)} to ${count(command.start_mib + command.size_mib)} MiB`;
    case "alloc_contig": return `allocate ${count(command.size_mib)} MiB contiguously`;
    case "alloc_pages": return `${count(command.nr)} ${command.kind ?? "unmovable"} requests of order ${command.order}, ${command.keep ? "kept" : "given back"}`;
    case "pin": return `pin ${count(command.size_mib)} MiB`;
    case "wait": return `let ${secondsText(command.ms)} pass`;
    case "workload": return command.enabled ? `workload on, ${count(command.rate ?? 256)} operations per tick${command.ticks ? `, for ${count(command.ticks)} ticks` : ""}` : "workload off";
    default: return /** @type {{type: string}} */ (command).type; // from a newer server
  }
}
