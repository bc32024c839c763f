"""Constants: the integers read by the core agree with their names."""

from __future__ import annotations

from enum import IntEnum, IntFlag

import pytest

from engine import units as u


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("MIGRATE_", u.Migratetype),
        ("STATE_", u.PageState),
        ("PG_", u.PageFlag),
        ("HOLDER_", u.Holder),
    ],
)
def test_enums_repeat_the_integers(prefix: str, names: type[IntEnum] | type[IntFlag]) -> None:
    for member in names:
        assert member.value == getattr(u, prefix + str(member.name))
    assert len({member.value for member in names}) == len(list(names))


def test_every_number_has_its_name() -> None:
    assert len(u.PageState) == u.NR_STATES
    assert len(u.Migratetype) == u.NR_MIGRATETYPES
    assert sum(name.startswith("PG_") for name in vars(u)) == len(u.PageFlag)


def test_flags_are_single_bits_that_fit_their_fields() -> None:
    for prefix, width in (("PG_", 16), ("PB_", 8)):
        bits = [value for name, value in vars(u).items() if name.startswith(prefix)]
        assert sum(bits) == sum({1 << i for i in range(width)} & set(bits))
        assert len(bits) == len(set(bits))


def test_lists_do_not_overlap() -> None:
    free = [
        u.LIST_FREEPAGES + cc * u.NR_PAGE_ORDERS + order
        for cc in range(u.NR_CC)
        for order in range(u.NR_PAGE_ORDERS)
    ]
    assert max(free) < u.LIST_ZONES
    assert u.LIST_HUGE < u.LIST_MIGRATEPAGES
    assert u.LIST_MIGRATEPAGES + u.NR_CC == u.LIST_FREEPAGES == free[0]
    assert u.NR_PCP_LISTS == u.MIGRATE_PCPTYPES * (u.PAGE_ALLOC_COSTLY_ORDER + 1) + 2


def test_sizes_convert_to_pages_and_pageblocks() -> None:
    assert u.mib_to_pages(3) == 768
    assert [u.pfn_to_pageblock(pfn) for pfn in (0, 511, 512)] == [0, 0, 1]


def test_a_size_is_shown_in_the_largest_unit_of_which_it_is_whole() -> None:
    sizes = (256, 9 << 10, 64 << 10, (64 << 10) + 2, 1 << 20, 3 << 19)
    words = ["256 MiB", "9,216 MiB", "64 GiB", "65,538 MiB", "1 TiB", "1,536 GiB"]
    assert [u.mib_words(size) for size in sizes] == words
