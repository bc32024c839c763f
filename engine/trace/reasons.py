"""Why a page moved or did not: every reason that the engine can give, with its sentence and source.

The id is a comment on the line of the core that decides (annotations.py). Sentences are filled in
with what was true at that moment (sentences.py). The sentences for what stops a request for a range
are in engine/core/ranges/range_codes.py and included here.
"""

from dataclasses import dataclass
from typing import Any

from engine.core.ranges.range_codes import SOURCES, RangeReason
from engine.trace.annotations import where_decided

OUTCOMES = (
    "moved", "put_back", "left", "failed", "target", "skipped", "freed",
)  # fmt: skip
RANGE_PREFIX = "range_stop_"


@dataclass(frozen=True)
class Reason:
    """One reason.

    Attributes:
        outcome: one of OUTCOMES.
        sentence: with {names} of sentences.facts.
        source: the kernel file and function that decides; of 6.12 unless it says 3.8.
        subject: ``page`` or ``pageblock``.
        old: the same in 3.8 where its name or file differs there.
    """

    outcome: str
    sentence: str
    source: str
    subject: str = "page"
    old: str = ""

    def source_in(self, is_2012: bool) -> str:
        """The source that decides, in one of the two kernels."""
        return self.old if is_2012 and self.old else self.source


_SCAN = "mm/compaction.c isolate_migratepages_block()"
_SCAN_OLD = "3.8 mm/compaction.c isolate_migratepages_range()"
_ISOLATE_OLD = "3.8 mm/vmscan.c __isolate_lru_page()"
_HOOK_OLD = "3.8 mm/balloon_compaction.c balloon_page_isolate()"
_TARGET_OLD = "3.8 mm/compaction.c suitable_migration_target()"
_TARGET = "mm/compaction.c suitable_migration_target()"

REASONS: dict[str, Reason] = {
    # -- the migrate scanner, a pageblock
    "block_has_hole": Reason(
        "skipped", "the pageblock's first or last page is a hole: it cannot be scanned",
        "mm/internal.h pageblock_pfn_to_page()", "pageblock",
        old=_SCAN_OLD,
    ),
    "skip_hint": Reason(
        "skipped", "the pageblock carries the skip hint: an earlier scan found nothing in it",
        "mm/compaction.c isolation_suitable()", "pageblock",
    ),
    "block_is_compound": Reason(
        "skipped", "one compound page covers the whole pageblock: there is nothing to gain",
        "mm/compaction.c pageblock_skip_persistent()", "pageblock",
    ),
    "block_type_differs": Reason(
        "skipped", "the pageblock's type is {type}: an asynchronous scan takes pages only from "
        "pageblocks of the type wanted",
        "mm/compaction.c suitable_migration_source()", "pageblock",
        old=_SCAN_OLD,
    ),
    "thp_ends_block": Reason(
        "skipped", "page {pfn} is a transparent huge page and no LRU page came before it: the "
        "scanner of 3.8 moves on to the next pageblock",
        _SCAN_OLD, "pageblock",
    ),
    "scanners_met": Reason(
        "skipped", "the scanners have met: the migrate scanner is at page {migrate_pfn}, the free "
        "scanner at page {free_pfn}, so this run is over",
        "mm/compaction.c compact_finished()", "pageblock",
    ),
    # -- the migrate scanner, a page
    "compound_too_big": Reason(
        "left", "the compound page is of order {order}: moving it would not help a request of "
        "{wanted}", "mm/compaction.c skip_isolation_on_order()",
    ),
    "not_on_lru": Reason(
        "left", "{a_kind} is on no LRU list, and no driver has said how to move it", _SCAN,
        old=_SCAN_OLD,
    ),
    "balloon_no_hook": Reason(
        "left", "this is a balloon page, and this design gives the scanner no hook to move it",
        _SCAN,
        old=_SCAN_OLD,
    ),
    "balloon_not_marked": Reason(
        "left", "this is a balloon page without the mark that the hook looks for: {mark}",
        "include/linux/page-flags.h __PageMovable()",
        old=_HOOK_OLD,
    ),
    "balloon_is_locked": Reason(
        "left", "this is a balloon page, and somebody holds its lock: trylock_page() fails",
        "mm/migrate.c isolate_movable_page()",
        old=_HOOK_OLD,
    ),
    "lru_lock_not_held": Reason(
        "left", "this is a balloon page before the first LRU page of the scan: the hook as merged "
        "isolates only while lru_lock is held",
        _SCAN_OLD,
    ),
    "thp_is_skipped": Reason(
        "left", "the page is a transparent huge page: 3.8 skips it", _SCAN_OLD,
    ),
    "anon_is_pinned": Reason(
        "left", "refcount {refcount}, expected {expected}: somebody besides the page tables holds "
        "this anonymous page", _SCAN,
    ),
    "under_writeback": Reason(
        "left", "the page is being written back, and only full synchronous mode waits for that",
        _SCAN,
        old=_ISOLATE_OLD,
    ),
    "page_is_unevictable": Reason(
        "left", "the page is unevictable (mlock): 3.8 does not isolate it", _ISOLATE_OLD,
    ),
    # -- targets
    "target_is_finished": Reason(
        "skipped", "the pageblock begins with a free block as large as what is wanted: taking a "
        "target from it would break it up", _TARGET, "pageblock",
    ),
    "target_type": Reason(
        "skipped", "the pageblock's type is {type}: targets come from MOVABLE and CMA pageblocks",
        _TARGET, "pageblock",
        old=_TARGET_OLD,
    ),
    "target_type_closed": Reason(
        "skipped", "the pageblock's type is {type}: nobody takes targets from it",
        _TARGET_OLD, "pageblock",
    ),
    "target_type_of_pass": Reason(
        "skipped", "the pageblock's type is {type}: the balloon's pass was told to take "
        "targets from {pass_type} pageblocks", _TARGET, "pageblock",
        old=_TARGET_OLD,
    ),
    "watermark_forbids": Reason(
        "left", "{pages} free: taking that many would leave the zone below its watermark",
        "mm/page_alloc.c __isolate_free_page()",
        old="3.8 mm/page_alloc.c split_free_page()",
    ),
    "taken_as_target": Reason(
        "target", "free, above the migrate scanner and in {a_type} pageblock: {pages} taken to "
        "move pages to", "mm/compaction.c isolate_freepages_block()",
    ),
    # -- moving
    "moved": Reason(
        "moved", "nobody else held it and a target was free: now at page {to}, in {a_to_type} "
        "pageblock; {how}", "mm/migrate.c migrate_folio_move()",
        old="3.8 mm/migrate.c unmap_and_move()",
    ),
    "page_is_locked": Reason(
        "put_back", "page is locked: this caller does not wait for the lock (-EAGAIN)",
        "mm/migrate.c migrate_folio_unmap()",
        old="3.8 mm/migrate.c __unmap_and_move()",
    ),
    "writeback_not_waited": Reason(
        "put_back", "the page is being written back, and this mode does not wait (-EBUSY)",
        "mm/migrate.c migrate_folio_unmap()",
        old="3.8 mm/migrate.c __unmap_and_move()",
    ),
    "extra_references": Reason(
        "put_back", "refcount {refcount}, expected {expected}: somebody else holds the page "
        "(-EAGAIN)", "mm/migrate.c folio_migrate_mapping()",
        old="3.8 mm/migrate.c migrate_page_move_mapping()",
    ),
    "no_target": Reason(
        "put_back", "no free target below the free scanner, which is at page {free_pfn} (-ENOMEM)",
        "mm/compaction.c compaction_alloc()",
    ),
    "no_free_page": Reason(
        "put_back", "the allocator has no page of order {order} to move it to (-ENOMEM)",
        "mm/migrate.c alloc_migration_target()",
        old="3.8 mm/page_isolation.c alloc_migrate_target()",
    ),
    "not_tried": Reason(
        "put_back", "not tried: the run had stopped for lack of a target before its turn came",
        "mm/migrate.c putback_movable_pages()",
    ),
    "piece_is_spoiled": Reason(
        "put_back", "another page of the same aligned block of {wanted} stays, so asynchronous "
        "direct compaction puts back what it had isolated there",
        _SCAN,
    ),
    "round_is_lost": Reason(
        "put_back", "another page of the range is on no LRU list: 3.8 puts back everything it had "
        "isolated", "3.8 mm/memory_hotplug.c do_migrate_range()",
    ),
    "leaked_to_lru": Reason(
        "failed", "refcount {refcount}, so put-back of 3.8 does not recognise a balloon page: it "
        "goes to an LRU list and is lost to the balloon",
        "3.8 mm/migrate.c putback_movable_pages()",
    ),
    # -- allocation
    "balloon_takes_page": Reason(
        "target", "allocated for the balloon, from {a_type} pageblock",
        "drivers/virtio/virtio_balloon.c fill_balloon()",
    ),
    "pageblock_claimed": Reason(
        "target", "no free block of type {wanted_type} was large enough, so this pageblock becomes "
        "{wanted_type}: enough of it is free or of that kind",
        "mm/page_alloc.c __rmqueue_claim()", "pageblock",
    ),
    "page_stolen": Reason(
        "target", "no free block of type {wanted_type} was large enough and no pageblock could be "
        "claimed: taken out of {a_type} pageblock, which keeps its type",
        "mm/page_alloc.c __rmqueue_steal()",
    ),
    "other_type_taken": Reason(
        "target", "no free block of type {wanted_type} was large enough: taken from the largest "
        "block of another type, with as much of its pageblock as the rules of 3.8 allow",
        "3.8 mm/page_alloc.c __rmqueue_fallback()",
    ),
    "below_low_watermark": Reason(
        "target", "no zone could give order {wanted_order} and stay above its low watermark: "
        "kswapd is woken, and the slow path may go below it",
        "mm/page_alloc.c __alloc_pages_slowpath()",
    ),
    "after_direct_reclaim": Reason(
        "target", "no zone could give order {wanted_order} above its min watermark until the "
        "request itself had reclaimed page cache",
        "mm/page_alloc.c __alloc_pages_direct_reclaim()",
    ),
    # -- the balloon's own work
    "released": Reason(
        "freed", "the balloon gives the page back to the guest",
        "drivers/virtio/virtio_balloon.c release_pages_balloon()",
    ),
    "block_is_taken": Reason(
        "target", "wholly free: the balloon takes the whole pageblock",
        "drivers/virtio/virtio_balloon.c fill_balloon()", "pageblock",
    ),
    "block_is_gathered": Reason(
        "target", "wholly free: the balloon takes the pageblock and gives back as many scattered "
        "pages", "drivers/virtio/virtio_balloon.c fill_balloon()", "pageblock",
    ),
    "gather_too_few": Reason(
        "left", "only {scattered} balloon pages are scattered: less than a pageblock, so nothing "
        "is gathered", "drivers/virtio/virtio_balloon.c leak_balloon()",
    ),
    "gather_keeps_free": Reason(
        "left", "gathering must leave {keep} free pageblocks, and there are no more (toggle keep)",
        "drivers/virtio/virtio_balloon.c leak_balloon()",
    ),
    "gather_no_gain": Reason(
        "left", "gathering would take one pageblock and free fewer than two (toggle gain)",
        "drivers/virtio/virtio_balloon.c leak_balloon()",
    ),
    "gather_no_block": Reason(
        "left", "no free pageblock to gather balloon pages into: compaction must make one first",
        "mm/page_alloc.c get_page_from_freelist()",
    ),
    # -- kernel memory and pins that somebody asks for
    "taken_for_kernel": Reason(
        "target", "a request for kernel memory gets it: nothing can move it as long as it is held",
        "mm/page_alloc.c __alloc_pages_noprof()",
    ),
    "given_back": Reason(
        "freed", "it was to be given back after the last request", "mm/page_alloc.c __free_pages()"
    ),
    "pinned_for_long": Reason(
        "left", "a program pins it for long, as for RDMA or VFIO: from now on nothing can move it",
        "mm/gup.c try_grab_folio()",
    ),
    # -- ranges: offlining, CMA
    "range_not_movable": Reason(
        "left", "{a_kind} is in use in the range and no driver has said how to move it",
        "mm/memory_hotplug.c scan_movable_pages()",
        old="3.8 mm/memory_hotplug.c do_migrate_range()",
    ),
    "dropped_from_range": Reason(
        "freed", "clean page cache: dropped instead of moved",
        "mm/vmscan.c reclaim_clean_pages_from_list()",
    ),
    # -- reclaim
    "reclaimed": Reason(
        "freed", "clean page cache that nobody has used recently: reclaim frees it",
        "mm/vmscan.c shrink_folio_list()",
    ),
    "kept_by_reclaim": Reason(
        "left", "reclaim keeps the page on the LRU: it is {kept}",
        "mm/vmscan.c shrink_folio_list()",
    ),
    "unmapped_part": Reason(
        "freed", "part of a huge page that no program maps any more: reclaim splits the huge page",
        "mm/huge_memory.c deferred_split_scan()",
    ),
    "dropped": Reason(
        "freed", "clean page cache, not mapped: drop_caches frees it",
        "mm/truncate.c mapping_evict_folio()",
    ),
}  # fmt: skip

for _reason in RangeReason:
    if _reason != RangeReason.NONE:
        REASONS[RANGE_PREFIX + _reason.name.lower()] = Reason(
            "failed",
            "{range_sentence}",
            SOURCES[_reason],
            "pageblock" if _reason == RangeReason.NO_AREA else "page",
        )


def range_id(number: int) -> str:
    """The id of a RangeReason."""
    return RANGE_PREFIX + RangeReason(number).name.lower()


def describe_reasons() -> list[dict[str, Any]]:
    """Every reason, as in GET /api/reasons and docs/TRACE.md."""
    where = where_decided()
    by_range = ("engine/core/ranges/range_job.py note_stop",)
    return [
        {
            "id": name,
            "outcome": reason.outcome,
            "subject": reason.subject,
            "sentence": reason.sentence,
            "source": "; ".join(filter(None, (reason.source, reason.old))),
            "code": ", ".join(where.get(name, by_range)),
        }
        for name, reason in REASONS.items()
    ]
