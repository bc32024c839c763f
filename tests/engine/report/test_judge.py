"""Whether a request would succeed, on zones where the answer was worked out by hand."""

from __future__ import annotations

import pytest

from engine.report.gfp import mask_of
from engine.report.judge import eligible, judge_request, lowmem_reserve, may_use, types_at
from engine.report.model import FreeCounts, Moment, ZoneFacts

NONE = (0,) * 11


def zone(
    counts: tuple[int, ...], name: str = "Normal", low: int = 0, mark: int = 0, **kinds: str
) -> ZoneFacts:
    """Facts of a zone; kinds: migratetype=counts as text."""
    facts = ZoneFacts((0, name), FreeCounts(counts))
    facts.pages = {"min": mark, "low": low}
    facts.types = {kind: FreeCounts(tuple(map(int, row.split()))) for kind, row in kinds.items()}
    return facts


def moment(*zones: ZoneFacts) -> Moment:
    return Moment(zones={one.key: one for one in zones})


def cause(one: ZoneFacts, order: int, *names: str) -> str | None:
    return judge_request(moment(one), mask_of(names or ("GFP_KERNEL",)), order).cause


def test_each_cause_by_hand() -> None:
    free = (1000, 500, *NONE[2:])  # 2000 pages, nothing above order 1
    assert cause(zone(free), 1) is None
    assert cause(zone(free), 2) == "fragmentation"
    assert cause(zone(free, mark=2000), 0) == "memory"
    assert cause(zone(free, mark=1990), 4) == "memory"  # 16 pages: 2000 - 15 < 1990
    assert cause(zone(free, mark=1984), 4) == "fragmentation"
    large = (1999 - 16, 0, 0, 0, 1, *NONE[5:])
    assert cause(zone(large, mark=1984), 4) == "watermark"
    assert cause(zone(large, mark=1983), 4) is None


def test_the_low_mark_tells_at_once_from_after_waking_kswapd() -> None:
    one = zone((2000, *NONE[1:]), mark=1000, low=1999)
    assert judge_request(moment(one), mask_of(["GFP_KERNEL"]), 0).zones[0].low
    one.pages["low"] = 2000
    verdict = judge_request(moment(one), mask_of(["GFP_KERNEL"]), 0)
    assert verdict.succeeds
    assert not verdict.zones[0].low


def test_an_atomic_request_may_go_deeper() -> None:
    one = zone((500, *NONE[1:]), mark=1000)
    assert cause(one, 0) == "memory"
    assert cause(one, 0, "GFP_ATOMIC") is None  # 1000 - 500 - 125 = 375
    assert cause(zone((375, *NONE[1:]), mark=1000), 0, "GFP_ATOMIC") == "memory"


def test_closed_lists_do_not_count() -> None:
    rows = {"Unmovable": "40" + " 0" * 10, "CMA": "0 " * 10 + "58"}
    one = zone((40, *NONE[1:10], 58), **rows)
    assert cause(one, 10) == "migratetype"
    assert cause(one, 10, "GFP_HIGHUSER_MOVABLE") is None
    assert cause(one, 0) is None
    one.pages["min"] = 40
    assert cause(one, 0) == "migratetype"  # with CMA open it would succeed
    one.pages["min"] = 40 + (58 << 10)
    assert cause(one, 0) == "memory"
    isolated = zone((0, *NONE[1:10], 1), Isolate="0 " * 10 + "1", Movable="0 " * 11)
    assert cause(isolated, 9, "GFP_HIGHUSER_MOVABLE") == "migratetype"
    highatomic = zone((9, *NONE[1:10], 1), HighAtomic="0 " * 10 + "1", Movable="9" + " 0" * 10)
    assert cause(highatomic, 9) == "migratetype"
    assert cause(highatomic, 9, "GFP_ATOMIC") is None


def test_a_type_that_nobody_knows_is_not_counted_on_and_not_ruled_out() -> None:
    assert may_use(mask_of(["GFP_KERNEL"]), "Balloon", 0) is None
    assert may_use(mask_of(["GFP_KERNEL"]), "Reserve", 0) is True


def test_letters_say_what_is_present() -> None:
    facts = ZoneFacts((0, "Normal"), FreeCounts((4, 2, 1)), present=("UM", "C", None))
    assert types_at(facts, 0) == {"Unmovable", "Movable"}
    assert types_at(facts, 1) == {"CMA"}
    assert types_at(facts, 2) is None
    assert judge_request(moment(facts), mask_of(["GFP_KERNEL"]), 2).zones[0].usable == -1


def test_the_highest_zone_comes_first_and_a_lower_one_keeps_its_reserve() -> None:
    low = zone((5000, *NONE[1:]), "DMA32")
    low.protection = (0, 0, 4000, 4000, 4000)
    high = zone((10, *NONE[1:]), mark=100)
    both = moment(low, high)
    mask = mask_of(["GFP_KERNEL"])
    assert [one.key[1] for one in eligible(both, mask)] == ["Normal", "DMA32"]
    verdict = judge_request(both, mask, 0)
    assert (verdict.succeeds, verdict.zones[verdict.decides].zone) == (True, "DMA32")
    low.protection = (0, 0, 6000, 6000, 6000)
    assert judge_request(both, mask, 0).zones[1].cause == "watermark"
    assert judge_request(both, mask_of(["GFP_KERNEL", "__GFP_DMA32"]), 0).succeeds
    assert [one.key[1] for one in eligible(both, mask_of(["__GFP_DMA32"]))] == ["DMA32"]


@pytest.mark.parametrize(
    ("name", "guard", "highest", "reserve"),
    [
        ("DMA", (0, 845, 3021, 3021), "Normal", 845),
        ("DMA", (0, 845, 3021, 3021), "HighMem", 3021),
        ("DMA", (0, 845, 3021, 3021), "DMA", 0),
        ("Normal", (0, 0, 17408, 17408), "Movable", 17408),
        ("Normal", (0, 0, 17408, 17408), "Normal", 0),
        ("HighMem", (0, 0, 0, 0), "Movable", 0),
    ],
)
def test_lowmem_reserve_of_a_32_bit_machine(
    name: str, guard: tuple[int, ...], highest: str, reserve: int
) -> None:
    facts = ZoneFacts((0, name), FreeCounts((9,)), protection=guard)
    assert lowmem_reserve(facts, ["DMA", "Normal", "HighMem"], highest) == reserve


def test_without_its_reserve_in_the_text_dma_is_closed_to_others() -> None:
    facts = ZoneFacts((0, "DMA"), FreeCounts((0,) * 10 + (3,)))
    assert lowmem_reserve(facts, ["DMA", "Normal"], "Normal") == 3 << 10
    assert lowmem_reserve(facts, ["DMA"], "Normal") == 0
    assert lowmem_reserve(facts, ["DMA", "Normal"], "DMA") == 0


def test_only_the_nodes_allowed_are_asked() -> None:
    other = ZoneFacts((1, "Normal"), FreeCounts((0, 0, 1)))
    both = moment(zone((9, 0, 0)), other)
    mask = mask_of(["GFP_KERNEL"])
    assert judge_request(both, mask, 2).succeeds
    assert judge_request(both, mask, 2, frozenset({0})).cause == "fragmentation"
    assert judge_request(both, mask, 2, frozenset({7})).decides == -1


def test_the_atomic_reserve_is_counted_and_taken_as_the_kernel_does() -> None:
    """Linux 6.12: 100 single pages for all, 512 in the reserve, mark 400."""
    one = zone((100, *NONE[1:9], 1, 0), mark=400, Movable="100" + " 0" * 10,
               HighAtomic="0 " * 9 + "1 0")  # fmt: skip
    assert cause(one, 0) == "migratetype"  # 612 - 512 < 400: only the reserve is missing
    assert cause(one, 0, "GFP_ATOMIC") is None  # 612 > 400 - 200 - 50
    assert cause(one, 0, "GFP_NOWAIT") is None  # ALLOC_NON_BLOCK counts the reserve, mark 400
    assert cause(one, 0, "GFP_NOWAIT", "__GFP_NOMEMALLOC") == "migratetype"
    one.counts = FreeCounts((0, *NONE[1:9], 1, 0))
    one.types["Movable"] = FreeCounts(NONE)
    assert cause(one, 0, "GFP_ATOMIC") is None  # the last resort of rmqueue_buddy()
    assert cause(one, 0, "GFP_KERNEL", "__GFP_HIGH") == "migratetype"  # counted, but not taken
    assert cause(one, 3, "GFP_ATOMIC") is None  # ALLOC_HIGHATOMIC
    assert cause(one, 3, "GFP_NOWAIT") == "migratetype"  # no block of another type


def test_the_boost_holds_no_urgent_single_page_back() -> None:
    one = zone((300, *NONE[1:]), mark=1000)
    one.pages["boost"] = 600
    assert cause(one, 0, "GFP_ATOMIC") is None  # (1000 - 600) * 3/8 = 150
    assert cause(one, 1, "GFP_ATOMIC") == "memory"  # 1000 * 3/8 = 375
    assert cause(one, 0) == "memory"
