"""Counts add up, and the best that is known of a zone stands."""

from __future__ import annotations

from engine.report.model import FreeCounts, Moment, ZoneFacts, total_of


def test_counts_of_different_lengths_add_up_and_floors_stay() -> None:
    total = FreeCounts((1, 2), frozenset({1})) + FreeCounts((1, 1, 1))
    assert total == FreeCounts((2, 3, 1), frozenset({1}))
    assert total.pages == 2 + 6 + 4
    assert total_of([]) is None


def test_buddyinfo_stands_before_the_sum_of_types() -> None:
    facts = ZoneFacts((0, "DMA"), types={"Movable": FreeCounts((5,)), "CMA": FreeCounts((1,))})
    assert facts.best == FreeCounts((6,))
    facts.counts = FreeCounts((4,))
    assert facts.best == FreeCounts((4,))


def test_with_buddyinfo_only_its_zones_are_counted() -> None:
    typed = ZoneFacts((0, "DMA"), types={"Movable": FreeCounts((5,))})
    counted = ZoneFacts((0, "Normal"), FreeCounts((4,)))
    assert Moment({typed.key: typed}).counted == [typed]
    assert Moment({typed.key: typed, counted.key: counted}).counted == [counted]


def test_figures_in_kib_become_pages() -> None:
    facts = ZoneFacts((0, "DMA"), kib={"free": 640, "min": 64}, pages={"min": 7})
    facts.settle(64)
    assert facts.pages == {"min": 7, "free": 10}
