"""Maintainers: the simulator with one rule broken, and the step of a lesson that must notice it.

A mutant is a few replacements in the sources, each of text that occurs there exactly once. The
lessons teach rules; a lesson that still passes when its rule is broken does not teach it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patch:
    """Text of one source file, and what takes its place."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """One broken rule.

    Attributes:
        name: as on the command line.
        rule: what no longer holds, as a sentence without its full stop.
        lesson: name of the lesson that teaches it.
        step: number of the step that notices, from 1, as a reader counts.
        patches: how it is broken.
    """

    name: str
    rule: str
    lesson: str
    step: int
    patches: tuple[Patch, ...]


def _one(name: str, rule: str, lesson: str, step: int, *patch: str) -> Mutant:
    return Mutant(name, rule, lesson, step, (Patch(*patch),))


_BUDDY = "engine/core/memory/buddy.py"
_FALLBACK = "engine/core/memory/fallback.py"
_HUGE = "engine/core/workload/hugepages.py"
_RUN = "engine/core/compact/compaction.py"
_GATHER = "engine/core/balloon/gather.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "huge_pages_of_order_8",
        "a huge page takes 512 pages in one piece",
        "01-pages",
        4,
        (
            Patch(
                _HUGE,
                "order = np.int64(u.HPAGE_ORDER)",
                "order = np.int64(8)",
            ),
            Patch(
                _HUGE,
                "set_state(guest, pfn, u.HPAGE_ORDER, u.STATE_HUGE, 0)",
                "set_state(guest, pfn, 8, u.STATE_HUGE, 0)",
            ),
            Patch(_HUGE, "free_pages(guest, pfn, u.HPAGE_ORDER)", "free_pages(guest, pfn, 8)"),
        ),
    ),
    _one(
        "no_merging",
        "a freed block joins its free buddy",
        "02-buddy",
        3,
        _BUDDY,
        "        if not page_is_buddy(guest, zone, buddy_pfn, order):\n            break\n",
        "        break\n",
    ),
    _one(
        "pcp_never_drained",
        "pages parked on a CPU's lists are fetched for whoever wants large blocks",
        "02-buddy",
        5,
        "engine/core/memory/pcp.py",
        '    while z["pcp_count"] > 0:\n        count = min(',
        '    while z["pcp_count"] < 0:\n        count = min(',
    ),
    _one(
        "claim_never",
        "a block of another type is claimed before single pages are stolen",
        "03-migratetypes",
        2,
        _FALLBACK,
        "    if mode <= RMQUEUE_CLAIM:\n",
        "    if mode < RMQUEUE_NORMAL:\n",
    ),
    _one(
        "claim_always",
        "a block is claimed only if half of it is free or of the wanted kind",
        "03-migratetypes",
        3,
        _FALLBACK,
        "if free_pages + alike_pages < u.PAGEBLOCK_NR_PAGES // 2:",
        "if free_pages + alike_pages < 0:",
    ),
    _one(
        "unusable_counts_blocks",
        "the unusable index counts pages, not blocks",
        "04-indices",
        5,
        "engine/indices.py",
        "return (pages - (suitable << order)) * 1000 // pages",
        "return (pages - suitable) * 1000 // pages",
    ),
    _one(
        "fragmentation_index_upside_down",
        "the fragmentation index is near 1000 where memory is in pieces",
        "04-indices",
        2,
        "engine/indices.py",
        "return 1000 - (1000 + pages * 1000 // (1 << order)) // blocks",
        "return (1000 + pages * 1000 // (1 << order)) // blocks",
    ),
    _one(
        "free_scanner_from_below",
        "the free scanner begins at the top of the zone",
        "05-compaction",
        2,
        _RUN,
        '        c["free_pfn"] = last_block\n        return',
        '        c["free_pfn"] = pageblock_start_pfn(start_pfn)\n        return',
    ),
    _one(
        "migrate_scanner_from_above",
        "the migrate scanner begins at the bottom of the zone",
        "05-compaction",
        2,
        _RUN,
        '        c["migrate_pfn"] = start_pfn\n        c["free_pfn"] = last_block',
        '        c["migrate_pfn"] = last_block\n        c["free_pfn"] = last_block',
    ),
    _one(
        "no_skip_hints",
        "a request passes by blocks in which nothing was found before",
        "05-compaction",
        4,
        "engine/core/compact/scan.py",
        "    if get_pageblock_skip(guest, pfn):\n        return False  # reason: skip_hint\n",
        "",
    ),
    _one(
        "watermarks_ignored",
        "the kernel reclaims before free memory is used up",
        "06-balloon",
        2,
        "engine/core/memory/watermark.py",
        "            mark -= mark // 4\n    if usable <= mark + reserve:\n        return False\n"
        "    if order == 0:",
        "            mark -= mark // 4\n    if usable <= 0:\n        return False\n"
        "    if order == 0:",
    ),
    _one(
        "balloon_unmovable_under_the_hook",
        "with the hook, compaction moves balloon pages",
        "07-hook",
        3,
        "engine/core/balloon/balloon.py",
        "        set_flag(guest, pfn, u.PG_MOVABLE_OPS)\n",
        "        pass\n",
    ),
    _one(
        "hook_tells_half",
        "with the hook the host hears twice of every page moved",
        "07-hook",
        4,
        "engine/core/compact/migrate.py",
        'guest.vm[0]["host_exits"] += 2',
        'guest.vm[0]["host_exits"] += 1',
    ),
    _one(
        "pass_moves_nothing",
        "the separate pass moves balloon pages when the balloon changes",
        "08-separate-pass",
        1,
        "engine/core/balloon/balloon_pass.py",
        "    if isolate_balloonpages(guest, limit) == 0:",
        "    if isolate_balloonpages(guest, 0) == 0:",
    ),
    _one(
        "pass_one_by_one",
        "the separate pass tells the host of 256 pages at a time",
        "08-separate-pass",
        3,
        "engine/core/balloon/balloon_pass.py",
        'limit = min(vm["rule_pass_batch"], vm["pass_budget"])',
        "limit = 1",
    ),
    _one(
        "dedicated_not_unmovable",
        "a block dedicated to the balloon is UNMOVABLE",
        "09-dedicated-block",
        2,
        _GATHER,
        "alloc_pages(guest, u.PAGEBLOCK_ORDER, u.MIGRATE_UNMOVABLE, FREE_ONLY)",
        "alloc_pages(guest, u.PAGEBLOCK_ORDER, u.MIGRATE_MOVABLE, FREE_ONLY)",
    ),
    _one(
        "gathers_at_once",
        "gathering waits until compaction has made blocks free",
        "09-dedicated-block",
        1,
        "engine/designs/dedicated_block.py",
        "wanted = cause == Cause.COMPACTION_FINISHED or (",
        "wanted = cause in (Cause.INFLATED, Cause.COMPACTION_FINISHED) or (",
    ),
    _one(
        "no_page_lock",
        "who finds the page locked goes away",
        "10-race",
        3,
        "engine/race/moves.py",
        "return s.go(e.TRYLOCK if s.protocol.page_lock else e.TEST)",
        "return s.go(e.TEST)",
    ),
    _one(
        "offlining_ignores_pinned_pages",
        "one page that cannot be moved is enough to refuse a range",
        "11-ranges",
        2,
        "engine/core/ranges/isolation.py",
        "        return not is_balloon_movable(guest, flags)",
        "        return False",
    ),
    _one(
        "no_proactive_compaction",
        "kcompactd compacts by itself where nearly all of free memory is in pieces",
        "12-your-machine",
        2,
        "engine/core/slowpath/kcompactd.py",
        'return guest.vm[0]["kcompactd_order"] > 0 or should_proactive_compact_node(guest)',
        'return guest.vm[0]["kcompactd_order"] > 0',
    ),
)
