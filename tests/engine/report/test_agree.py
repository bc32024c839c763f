"""Which figures agree: small differences are usual, large ones are named."""

from __future__ import annotations

from engine.report.agree import checks_of
from engine.report.model import FreeCounts, Moment, ZoneFacts


def of(free: int, **totals: int) -> list[str]:
    """Disagreements of a zone with 10,000 pages in its free lists."""
    facts = ZoneFacts((0, "Normal"), FreeCounts((0, 5000)), pages={"free": free})
    moment = Moment({facts.key: facts}, vmstat=totals, page_kib=4)
    return [check.text for check in checks_of(moment) if not check.agrees]


def test_a_tenth_and_a_few_pages_are_no_disagreement() -> None:
    assert of(9_100) == of(10_900) == []
    assert of(10_000, nr_free_pages=9_990) == []
    small = ZoneFacts((0, "DMA"), FreeCounts((3,)), pages={"free": 60})
    assert all(check.agrees for check in checks_of(Moment({small.key: small})))


def test_more_is_named_with_both_figures() -> None:
    assert of(8_000) == [
        "node 0, zone Normal: buddyinfo and zoneinfo's free do not agree: 10000 and 8000 pages"
    ]
    assert of(10_000, nr_free_pages=1) == [
        "all zones and vmstat's nr_free_pages do not agree: 10000 and 1 pages"
    ]


def test_a_zone_that_buddyinfo_has_not_is_named() -> None:
    counted = ZoneFacts((0, "Normal"), FreeCounts((1,)))
    other = ZoneFacts((0, "HighMem"), pages={"free": 93_031, "present": 300_000})
    (text,) = [
        check.text
        for check in checks_of(Moment({counted.key: counted, other.key: other}))
        if not check.agrees
    ]
    assert "HighMem" in text


def test_rows_of_different_orders_are_named() -> None:
    facts = ZoneFacts((0, "DMA"), FreeCounts((1, 2)), types={"Movable": FreeCounts((1, 2, 0))})
    (check,) = checks_of(Moment({facts.key: facts}))
    assert (check.agrees, check.left, check.right) == (False, 2, 3)
