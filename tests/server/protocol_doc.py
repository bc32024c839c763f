"""The generated parts of docs/PROTOCOL.md: the statistics table and the annotated golden frame."""

from pathlib import Path

import numpy as np

from engine.guest import COST_FIELDS, VMSTAT_FIELDS
from engine.view import (
    DEMAND_STATS,
    DERIVED_FIELDS,
    PLANES,
    RANGE_STATS,
    STAT_FIELDS,
    TIME_STATS,
)

PATH = Path(__file__).parents[2] / "docs" / "PROTOCOL.md"

# Unit and meaning of each statistic. Those of /proc/vmstat keep the kernel's meaning.
MEANING: dict[str, tuple[str, str]] = {
    "busy": ("0 or 1", "something asked for, or a daemon, is still at work"),
    "nr_free_pages": ("pages", "free in the buddy allocator, all zones, per-CPU lists excluded"),
    "nr_pcp_pages": ("pages", "free but parked in per-CPU lists"),
    "free_blocks": ("2 MiB pieces", "free now in the main zone: n9 + 2 * n10"),
    "free_blocks_all": ("2 MiB pieces", "the same over all zones"),
    "largest_order": ("order", "largest that is free anywhere, -1 = none"),
    "fragmentation_index_9": ("per mille", "main zone, order 9; -1000 = would not fail"),
    "unusable_index_9": ("per mille", "main zone: free memory that no order-9 request could use"),
    "extfrag_9": ("percent", "main zone: external fragmentation as kcompactd sees it"),
    "blocks_free": ("pageblocks", "wholly free"),
    "blocks_rescuable": ("pageblocks", "every page in use can be moved by the LRU path"),
    "blocks_held_by_balloon": ("pageblocks", "movable but for balloon pages"),
    "blocks_held_by_kernel": ("pageblocks", "at least one other unmovable page"),
    "blocks_reserved": ("pageblocks", "nothing but reserved pages and holes"),
    "blocks_rescuable_by_hook": ("pageblocks", "movable, but balloon pages only through the hook"),
    "thp_potential": ("pageblocks", "free, rescuable, and rescuable by the hook"),
    "blocks_mixed": ("pageblocks", "movable pages beside unmovable ones (balloon included)"),
    "blocks_with_balloon": ("pageblocks", "at least one balloon page"),
    "excess_blocks": ("pageblocks", "E: those with balloon pages, less the fewest that could do"),
    "dedicated_blocks": ("pageblocks", "taken whole for the balloon"),
    "balloon_target": ("pages", "what the host wants"),
    "balloon_actual": ("pages", "what the balloon holds"),
    "balloon_scattered": ("pages", "of them single pages anywhere"),
    "balloon_dedicated": ("pages", "of them in dedicated pageblocks"),
    "balloon_stopped": ("0 or 1", "inflation gave up before it reached the target"),
    "compact_active": (
        "compactor + 1",
        "of the run shown: 1 compact_memory, 2 direct, 3 kcompactd,"
        " 4 balloon pass, 0 = none at work",
    ),
    "migrate_pfn": ("pfn", "migrate scanner of that run, -1 = none yet"),
    "free_pfn": ("pfn", "free scanner of that run, -1 = none yet"),
    "round_isolated": ("pages", "of that run's last round: isolated"),
    "round_migrated": ("pages", "migrated"),
    "round_failed": ("pages", "failed"),
    "fullness_lru_file": ("pages", "on the file LRU lists: what reclaim could take"),
    "fullness_lru_anon": ("pages", "on the anon LRU lists"),
    "huge_target": ("2 MiB pages", "asked for at most, 0 = no run at work"),
    "huge_held": ("2 MiB pages", "held now"),
    "huge_best": ("2 MiB pages", "most held in the last run"),
    "huge_first": ("2 MiB pages", "held after its first attempt"),
    "huge_attempt": ("attempts", "made in the last run"),
    "huge_runs": ("runs", "finished"),
    "direct_result": ("COMPACT_*", "of the last direct compaction asked for (engine/units.py)"),
    "watermark_boost": ("pages", "all zones"),
    "host_exits": ("messages", "that stop the guest until the host has answered"),
    "host_pfns": ("pfns", "carried by them"),
    "hook_checks": ("checks", "evaluations of the balloon test on the generic isolate path"),
    "hook_checks_balloon": ("checks", "that met a balloon page"),
    "hook_checks_lru": ("checks", "that met a page of a kind that belongs on an LRU list"),
    "hook_putback": ("checks", "the same test on pages put back"),
    "hook_putback_balloon": ("checks", "that met a balloon page; the others met an LRU page"),
    "hook_unmap": ("checks", "the same test on pages about to be unmapped"),
    "hook_unmap_balloon": ("checks", "that met a balloon page"),
    "hook_move": ("checks", "the same test on pages about to be moved (not in profile 2012)"),
    "hook_move_balloon": ("checks", "that met a balloon page"),
    "pages_copied": ("pages", "whose contents were copied by migration"),
    "balloon_repeats": ("pages", "of the balloon moved that had been moved before"),
    "pass_runs": ("runs", "of the balloon pass (separate_pass)"),
    "pass_scanned": ("pages", "it looked at"),
    "pass_migrated": ("pages", "it moved"),
    "gather_blocks": ("pageblocks", "filled by gathering (dedicated_block)"),
    "gather_pages": ("pages", "moved into them"),
    "extfrag_claim": ("events", "fallback that changed a pageblock's migratetype"),
    "extfrag_steal": ("events", "fallback that took single pages only"),
    "alloc_failed": ("allocations", "failed, order 0"),
    "alloc_failed_high": ("allocations", "failed, order 1 to 8"),
    "alloc_failed_huge": ("allocations", "failed, order 9 and more"),
    "balloon_out_of_puff": ("fills", "of the balloon that stopped for lack of a page"),
    "workload_ops": ("operations", "of the workload"),
    "workload_failed": ("operations", "of the workload that failed"),
    "range_kind": ("kind", "last request for a range: 1 offlining, 2 contiguous, 0 = none yet"),
    "range_result": ("result", "of it: 1 done, 2 stopped, 0 = at work"),
    "range_reason": ("reason", "why it stopped: RangeReason of engine/core/ranges/range_codes.py"),
    "range_pfn": ("pfn", "page at which it stopped, -1 = none"),
    "range_page": ("STATE_*", "what that page is (engine/units.py)"),
    "range_block": ("migratetype", "of its pageblock at that moment"),
    "range_start_pfn": ("pfn", "of the range, first page; of a contiguous request the last tried"),
    "range_end_pfn": ("pfn", "one past its last page"),
    "range_rounds": ("rounds", "of migration; of a contiguous request, ranges tried"),
    "range_migrated": ("pages", "moved out of ranges by the last request"),
    "range_wasted": ("pages", "of them and of those dropped, in attempts that failed"),
    "range_returned": ("pages", "isolated by the last request and put back"),
    "range_reclaimed": ("pages", "dropped by it instead of moved"),
    "offline_pages": ("pages", "gone offline so far"),
    "kmem_phase": ("phase", "last request for kernel memory: 1 taking, 2 giving back, 0 = done"),
    "kmem_kind": ("kind", "of it: 1 unmovable, 2 reclaimable, 3 atomic, 0 = none yet"),
    "kmem_order": ("order", "of its pages"),
    "kmem_keep": ("0 or 1", "its pages stay"),
    "kmem_asked": ("requests", "asked for"),
    "kmem_got": ("requests", "served"),
    "kmem_failed": (
        "requests",
        "not served; what is left was not tried, after 32 failures in a row",
    ),
    "kmem_no_memory": ("requests", "of those, for lack of free pages"),
    "kmem_no_watermark": ("requests", "a large enough block was free, but below the watermark"),
    "kmem_no_fragment": ("requests", "enough was free, in blocks too small"),
    "kmem_no_type": (
        "requests",
        "what was large enough is closed to them: CMA, HIGHATOMIC, ISOLATE",
    ),
    "kmem_us": ("us", "simulated time until the last was answered"),
    "kmem_moved": ("pages", "moved meanwhile, by anybody"),
    "kmem_reclaimed": ("pages", "reclaimed directly meanwhile"),
    "kmem_kept": ("pages", "that stay with the kernel, of all requests"),
    "pin_asked": ("pages", "last request for long-term pins: asked for, 0 = none yet"),
    "pin_left": ("pages", "of it still to do"),
    "pin_got": ("pages", "pinned by it"),
    "pin_moved": ("pages", "moved out of CMA or zone Movable first"),
    "pin_end": ("end", "why it ended early: PinEnd of engine/core/workload/demand_codes.py"),
    "pinned_pages": ("pages", "pinned by all requests"),
    "clock_ms": ("ms", "simulated time since the start: of all work, and let pass"),
}


def statistics_table() -> str:
    """One row per statistic, in wire order."""
    lines = ["| # | name | unit | meaning |", "| --- | --- | --- | --- |"]
    for number, name in enumerate(STAT_FIELDS):
        if name in MEANING:
            unit, text = MEANING[name]
        elif name.startswith("nr_free_order_"):
            unit, text = "blocks", "free blocks of this order, main zone, all migratetypes"
        elif name in VMSTAT_FIELDS:
            unit, text = "", "as in `/proc/vmstat`"
        else:
            raise KeyError(f"statistic {name} has no meaning in tests/server/protocol_doc.py")
        lines.append(f"| {number} | `{name}` | {unit} | {text} |")
    return "\n".join(lines)


def unknown_meanings() -> set[str]:
    """Meanings of statistics that are not there any more."""
    return set(MEANING) - {*DERIVED_FIELDS, *COST_FIELDS, *RANGE_STATS, *TIME_STATS, *DEMAND_STATS}


_HEADER = (
    (4, "magic"), (1, "version"), (1, "type: key"), (2, "nr_designs"), (4, "nr_pageblocks"),
    (4, "log_index"), (8, "tick"), (4, "seq"), (4, "epoch"),
)  # fmt: skip


def _line(data: bytes, offset: int, size: int, words: str) -> str:
    chunk = data[offset : offset + size]
    return f"{offset:6d}  {chunk.hex(' '):<47}  {words}"


def _array(data: bytes, offset: int, dtype: str, length: int, name: str) -> tuple[list[str], int]:
    """Lines of one array of at most two shown rows, and where the next one starts."""
    size = np.dtype(dtype).itemsize * length
    padded = (size + 7) // 8 * 8
    numbers = np.frombuffer(data, dtype, length, offset).tolist()
    lines = []
    for row in range(0, min(padded, 32), 16):
        words = f"{name}: {', '.join(str(n) for n in numbers[:6])}" if row == 0 else ""
        if row == 0 and length > 6:
            words += ", …"
        lines.append(_line(data, offset + row, min(16, padded - row), words).rstrip())
    if padded > 32:
        lines.append(f"        … up to byte {offset + padded}")
    return lines, offset + padded


def hexdump(data: bytes) -> str:
    """A key frame byte by byte with the names of its fields; long arrays are cut."""
    lines, offset = [], 0
    for size, words in _HEADER:
        number = int.from_bytes(data[offset : offset + size], "little")
        shown = data[:4].decode() if words == "magic" else str(number)
        lines.append(_line(data, offset, size, f"{words}: {shown}"))
        offset += size
    nr_designs, nr = data[6] | data[7] << 8, int.from_bytes(data[8:12], "little")
    for design in range(nr_designs):
        for name, dtype in PLANES:
            more, offset = _array(data, offset, dtype, nr, f"design {design}, {name}")
            lines += more
        words = f"design {design}, statistics"
        more, offset = _array(data, offset, "<i8", len(STAT_FIELDS), words)
        lines += more
    assert offset == len(data)
    return "```text\n" + "\n".join(lines) + "\n```"


def with_generated(text: str, parts: dict[str, str]) -> str:
    """``text`` with the generated parts put between their marks."""
    for name, part in parts.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        head, rest = text.split(begin)
        text = head + begin + part + "\n" + end + rest.split(end)[1]
    return text
