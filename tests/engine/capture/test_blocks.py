"""Migratetypes of pageblocks: each rule on its own; real captures are in test_load.py."""

from __future__ import annotations

import numpy as np
import pytest

from engine import units as u
from engine.capture import blocks as b
from engine.capture.pages import free_blocks

U, M, R, H = (
    u.MIGRATE_UNMOVABLE,
    u.MIGRATE_MOVABLE,
    u.MIGRATE_RECLAIMABLE,
    u.MIGRATE_HIGHATOMIC,
)
LETTERS = {"U": U, "M": M, "R": R, "H": H}


def block(*runs: tuple[int, int]) -> np.ndarray:
    """One pageblock from (pages, state) runs; the rest is free."""
    out = np.full(512, u.STATE_FREE, np.uint8)
    at = 0
    for nr, state in runs:
        out[at : at + nr] = state
        at += nr
    return out


def infer(
    blocks: list[np.ndarray],
    truth: str,
    *,
    deferred: int | None = None,
    slab: int = -1,
    buffers: float = 0.0,
    known: bool = True,
) -> tuple[str, b.ZoneResult]:
    """Types found, given the totals that ``truth`` would show in pagetypeinfo."""
    state = np.concatenate(blocks)
    free = free_blocks(state)
    evidence = b.count_evidence(state, state[::512] <= u.STATE_RESERVED, free)
    table = {t: [0] * 11 for t in LETTERS.values()}
    for order, starts in enumerate(free):
        for pfn in starts.tolist():
            table[LETTERS[truth[pfn // 512]]][order] += 1
    listed = [t for i, t in enumerate(truth) if evidence.listed[i]]
    zone = b.ZoneTotals(
        first=0,
        end=len(blocks),
        free={t: tuple(row) if known else (-1,) * 11 for t, row in table.items()},
        blocks={t: listed.count(letter) for letter, t in LETTERS.items()},
        deferred=len(blocks) if deferred is None else deferred,
        slab_reclaimable=slab,
        buffers_share=buffers,
    )
    result = b.infer_zone(evidence, zone)
    names = {t: letter for letter, t in LETTERS.items()}
    return "".join(names[t] for t in result.migratetype.tolist()), result


ANON = block((200, u.STATE_ANON))
FILE = block((200, u.STATE_FILE))
SLAB = block((200, u.STATE_SLAB), (20, u.STATE_PGTABLE))
PURE_SLAB = block((512, u.STATE_SLAB))
FREE = block()
RESERVED = block((512, u.STATE_RESERVED))
HOLE = block((512, u.STATE_HOLE))


def test_contents_decide_the_type_of_a_pageblock() -> None:
    found, result = infer([ANON, SLAB, ANON, SLAB, SLAB, ANON], "MUMUUM", known=False)
    assert found == "MUMUUM"
    assert (result.free_off, result.blocks_off) == (0, 0)


def test_totals_correct_contents() -> None:
    # Anonymous memory in an UNMOVABLE pageblock: only the free lists can tell which one.
    odd = block((3, u.STATE_KERNEL), (197, u.STATE_ANON))
    blocks = [ANON, odd, block((96, u.STATE_ANON)), SLAB, ANON, ANON]
    found, result = infer(blocks, "MMUUMM")
    assert found == "MMUUMM"
    assert result.free_off == 0


def test_page_cache_of_block_devices_is_unmovable() -> None:
    blocks = [FILE, FILE, ANON, ANON]
    assert infer(blocks, "UUMM", buffers=1.0, known=False)[0] == "UUMM"


def test_reclaimable_slab_is_found_by_its_amount() -> None:
    mixed = block((512 - 30, u.STATE_SLAB), (30, u.STATE_KERNEL))
    blocks = [ANON, ANON, PURE_SLAB, PURE_SLAB, mixed, mixed]
    assert infer(blocks, "MMRRUU", slab=1024, known=False)[0] == "MMRRUU"


def test_boot_leaves_unmovable_where_nothing_was_freed() -> None:
    late = block((50, u.STATE_RESERVED), (462, u.STATE_FILE))
    blocks = [RESERVED, RESERVED, ANON, FREE, RESERVED, RESERVED, late, ANON]
    assert infer(blocks, "MMMMUUUM", deferred=4, buffers=0.5)[0] == "MMMMUUUM"
    assert infer(blocks, "MMMMMMMM", buffers=0.5)[0] == "MMMMMMMM"


def test_holes_count_for_nothing() -> None:
    found, result = infer([ANON, SLAB, HOLE, HOLE, HOLE, ANON], "MUMMMM")
    assert found[:2] + found[5] == "MUM"
    assert result.blocks_off == 0


def test_a_free_block_of_order_10_has_one_type() -> None:
    found, _ = infer([FREE, FREE, ANON, SLAB, FREE, FREE], "UUMUMM")
    assert found[0] == found[1]
    assert found[4] == found[5]
    assert sorted((found[0], found[4])) == ["M", "U"]


def test_highatomic_pageblocks_are_found_by_their_free_lists() -> None:
    blocks = [ANON, block((7, u.STATE_KERNEL)), block((5, u.STATE_KERNEL)), SLAB]
    assert infer(blocks, "MHUU")[0] == "MHUU"


@pytest.mark.parametrize(("truth", "movable"), [("MMMMMU", True), ("UUMMMU", False)])
def test_totals_tell_how_the_balloon_was_allocated(truth: str, movable: bool) -> None:
    blocks = [
        block((400, u.STATE_BALLOON)),
        block((450, u.STATE_BALLOON)),
        block((300, u.STATE_ANON), (60, u.STATE_BALLOON if movable else u.STATE_ANON)),
        ANON,
        ANON,
        SLAB,
    ]
    found, result = infer(blocks, truth)
    assert found == truth
    assert result.balloon_movable == movable


def test_an_odd_number_of_pageblocks_and_a_single_type_work() -> None:
    assert infer([ANON, FREE, ANON], "MMM")[0] == "MMM"
    assert infer([ANON, SLAB, ANON], "MUM")[0] == "MUM"
