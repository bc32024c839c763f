"""Kernel memory on request: what is had, what stands in the way, what goes back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import commands as c
from engine import units as u
from engine.core.memory.freelist import free_list
from engine.core.slowpath.slowpath import gfp_to_alloc_flags
from engine.core.workload.demand_codes import AllocCause
from engine.core.workload.kmem import GIVE_UP, cause_in_zone, kmem_class, step_kmem, why_failed
from engine.demands import alloc_answer
from engine.guest import Guest
from engine.report.gfp import mask_of
from engine.report.judge import judge_request
from engine.report.model import FreeCounts, Moment, ZoneFacts
from tests.engine.small_guest import BLOCK, all_free, put, settle
from tests.engine.worlds import SMALLEST, done, stats, world

TYPES = {
    u.MIGRATE_UNMOVABLE: "Unmovable",
    u.MIGRATE_MOVABLE: "Movable",
    u.MIGRATE_RECLAIMABLE: "Reclaimable",
    u.MIGRATE_HIGHATOMIC: "HighAtomic",
    u.MIGRATE_CMA: "CMA",
}
MASKS = {u.KMEM_UNMOVABLE: "GFP_KERNEL", u.KMEM_ATOMIC: "GFP_ATOMIC"}


def facts_of(guest: Guest) -> ZoneFacts:
    """The first zone as a report of it would be read."""
    rows = {
        name: FreeCounts(
            tuple(int(guest.lists[free_list(0, o, mt)]["nr"]) for o in range(u.NR_PAGE_ORDERS))
        )
        for mt, name in TYPES.items()
    }
    total = [sum(row.values[o] for row in rows.values()) for o in range(u.NR_PAGE_ORDERS)]
    zone = ZoneFacts((0, "Normal"), FreeCounts(tuple(total)))
    zone.pages = {name: int(guest.zones[0][f"wmark_{name}"]) for name in ("min", "low")}
    zone.types = rows
    return zone


@given(
    st.lists(st.sampled_from(sorted(TYPES)), min_size=4, max_size=4),
    st.lists(st.integers(0, 4 * BLOCK - 1), max_size=60),
    st.integers(0, 4 * BLOCK),
    st.integers(0, u.MAX_PAGE_ORDER),
    st.sampled_from(sorted(MASKS)),
)
def test_causes_are_those_of_a_report(
    types: list[int], used: list[int], mark: int, order: int, kind: int
) -> None:
    guest = all_free(4)
    guest.blocks["migratetype"] = types
    put(guest, sorted(set(used)), u.STATE_SLAB)
    # Blocks that two pageblocks share would need one type: what lies at their edges is in use.
    put(guest, [b * BLOCK for b in range(4) if b * BLOCK not in used], u.STATE_SLAB)
    settle(guest)
    guest.zones[0]["wmark_min"], guest.zones[0]["wmark_low"] = mark, mark + 10
    facts = facts_of(guest)
    verdict = judge_request(Moment(zones={facts.key: facts}), mask_of([MASKS[kind]]), order)
    _, mt, gfp = kmem_class(kind)
    if order == 0 and kind == u.KMEM_ATOMIC:
        return  # DIFFERS: the report does not know that such a request may take HIGHATOMIC pages
    found, _ = cause_in_zone(guest, 0, order, gfp_to_alloc_flags(mt, gfp, order))
    if verdict.cause is not None:
        assert AllocCause(found).name.lower() == verdict.cause
        assert AllocCause(why_failed(guest, order, mt, gfp)).name.lower() == verdict.cause


@pytest.mark.parametrize("kind", u.KMEM_KINDS[1:])
@pytest.mark.parametrize("profile", u.PROFILES)
def test_pages_go_back_or_stay(kind: str, profile: str) -> None:
    w = world("pinned", preset="roomy", profile=profile, nr_pages=SMALLEST)
    free = stats(w)["nr_free_pages"] + stats(w)["nr_pcp_pages"]
    done(w, c.AllocPages(20, 2, kind))
    s = stats(w)
    assert alloc_answer(s)["sentence"] == "20 of 20"
    assert s["nr_free_pages"] + s["nr_pcp_pages"] >= free
    assert (s["kmem_kept"], w.guest(0).lists[u.LIST_KMEM]["nr"]) == (0, 0)
    state = u.STATE_SLAB if kind == "reclaimable" else u.STATE_KERNEL
    before = int(np.count_nonzero(w.guest(0).pages["state"] == state))
    done(w, c.AllocPages(20, 2, kind, True))
    assert int(np.count_nonzero(w.guest(0).pages["state"] == state)) == before + 80
    assert stats(w)["kmem_kept"] == 80
    done(w, c.AllocPages(1, 0, kind, True))
    assert stats(w)["kmem_kept"] == 81


def test_what_is_held_is_seen_while_it_is_held() -> None:
    w = world("pinned", preset="roomy", nr_pages=SMALLEST)
    w.apply(c.AllocPages(600, 0))
    seen = set()
    while w.busy():
        w.step()
        held = int(w.guest(0).lists[u.LIST_KMEM]["nr"]) > 0
        if held not in seen:
            w.validate()
        seen.add(held)
    assert seen == {True, False}
    assert stats(w)["kmem_got"] == 600


def full_but(nr_free: int) -> Guest:
    """A guest of four pageblocks with so many scattered free pages, the rest in use."""
    guest = all_free(4)
    free = set(range(0, 2 * nr_free, 2))
    put(guest, [pfn for pfn in range(4 * BLOCK) if pfn not in free], u.STATE_SLAB)
    return settle(guest)


def ask(guest: Guest, nr: int, order: int, kind: int) -> dict[str, int]:
    """Requests to their end; how many failed, and for what."""
    vm = guest.vm[0]
    vm["kmem_phase"], vm["kmem_asked"] = u.KMEM_TAKING, nr
    vm["kmem_order"], vm["kmem_kind"], vm["kmem_keep"] = order, kind, 1
    while vm["kmem_phase"] != u.KMEM_IDLE:
        step_kmem(guest, 1)
    names = ("got", "failed", "no_memory", "no_watermark", "no_fragment", "no_type")
    return {name: int(vm[f"kmem_{name}"]) for name in names if vm[f"kmem_{name}"]}


def test_a_request_without_prospect_is_not_made_for_ever() -> None:
    guest = full_but(200)
    assert ask(guest, 1000, 3, u.KMEM_ATOMIC) == {"failed": GIVE_UP, "no_fragment": GIVE_UP}


def test_a_free_block_of_another_kind_is_no_help() -> None:
    guest = all_free(4)
    guest.blocks["migratetype"] = u.MIGRATE_CMA
    settle(guest)
    assert ask(guest, 3, 9, u.KMEM_UNMOVABLE) == {"failed": 3, "no_type": 3}


def test_atomic_requests_go_below_the_mark_and_reserve_a_pageblock() -> None:
    guest = full_but(60)
    guest.zones[0]["wmark_min"] = guest.zones[0]["wmark_low"] = 58
    assert ask(guest, 3, 0, u.KMEM_UNMOVABLE) == {"got": 2, "failed": 1, "no_memory": 1}
    guest = full_but(60)
    guest.zones[0]["wmark_min"] = guest.zones[0]["wmark_low"] = 58
    assert ask(guest, 3, 0, u.KMEM_ATOMIC) == {"got": 3}
    # Only the slow path reserves: the zone has fallen below its low mark.
    guest = settle(all_free(104))
    guest.zones[0]["wmark_low"] = guest.zones[0]["wmark_high"] = 104 * BLOCK
    assert ask(guest, 1, 3, u.KMEM_ATOMIC) == {"got": 1}
    assert int(guest.zones[0]["nr_reserved_highatomic"]) == BLOCK
    assert int((guest.blocks["migratetype"] == u.MIGRATE_HIGHATOMIC).sum()) == 1
