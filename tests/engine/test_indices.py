"""The kernel's fragmentation figures, with vectors computed by hand from its formulas."""

from __future__ import annotations

import pytest

from engine import indices as m
from engine import units as u


def counts(**orders: int) -> list[int]:
    """Free blocks per order, as counts(n0=512, n9=1)."""
    return [orders.get(f"n{order}", 0) for order in range(u.NR_PAGE_ORDERS)]


VECTORS = [
    (counts(n0=2048), 998, 1000, 100, 875, 1000),
    (counts(n0=512), 997, 1000, 100, 874, 1000),
    (counts(n0=10), 899, 1000, 100, 775, 1000),
    (counts(n9=1), -1000, 0, 0, -1000, 0),
    (counts(n0=512, n9=1), -1000, 500, 50, -1000, 500),
    (counts(n0=1024, n10=1), -1000, 500, 50, -1000, 500),
    ([100, 50, 25, 10, 5, 2, 1, 1, 1, 0, 0], 986, 1000, 100, -1000, 308),
    (counts(n8=2), 0, 1000, 100, -1000, 0),
    (counts(n8=1), -500, 1000, 100, -1000, 0),
    (counts(), 0, 1000, 0, 0, 1000),
]


@pytest.mark.parametrize(("n", "index9", "unusable9", "extfrag9", "index3", "unusable3"), VECTORS)
def test_figures_match_vectors_computed_by_hand(
    n: list[int], index9: int, unusable9: int, extfrag9: int, index3: int, unusable3: int
) -> None:
    assert m.fragmentation_index(n, 9) == index9
    assert m.unusable_index(n, 9) == unusable9
    assert m.extfrag_for_order(n, 9) == extfrag9
    assert m.fragmentation_index(n, 3) == index3
    assert m.unusable_index(n, 3) == unusable3


def test_pieces_are_counted_over_all_larger_blocks() -> None:
    assert m.contig_pages(counts(n0=3, n9=1, n10=2), 9) == (3 + 512 + 2048, 6, 5)
