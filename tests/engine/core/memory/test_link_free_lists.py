"""Free lists for a guest that was just made."""

from engine import units as u
from engine.core.memory.freelist import free_list, list_add_tail
from engine.core.memory.link_free_lists import link_free_lists, shuffle_list
from engine.core.observe.check import validate
from tests.engine.small_guest import all_free, every, list_of, put, settle

ORDER0 = free_list(0, 0, u.MIGRATE_MOVABLE)


def test_blocks_are_linked_lowest_first_and_counted() -> None:
    guest = all_free(2)
    put(guest, every(2, 0, 200))
    settle(guest)
    assert list_of(guest, ORDER0) == list(range(1, 200, 2))
    assert guest.zones[0]["nr_free"] == 1024 - 100
    assert validate(guest) == (0, u.PFN_NONE)


def test_shuffled_lists_hold_the_same_blocks_in_an_order_of_the_seed() -> None:
    found = []
    for seed in (1, 1, 2):
        guest = all_free(2)
        put(guest, every(2, 0, 200))
        settle(guest)
        guest.vm[0]["rng"] = seed
        for array in (guest.pages["next"], guest.pages["prev"], guest.lists["first"]):
            array[...] = u.PFN_NONE
        guest.lists["last"], guest.lists["nr"] = u.PFN_NONE, 0
        guest.pages["flags"] = 0
        for name in ("nr_zone_inactive_anon", "nr_free"):
            guest.zones[name] = 0
        assert link_free_lists(guest, 1) > 100
        assert validate(guest) == (0, u.PFN_NONE)
        found.append(list_of(guest, ORDER0))
    assert found[0] == found[1] != found[2]
    assert sorted(found[0]) == sorted(found[2]) == list(range(1, 200, 2))


def test_short_lists_survive_shuffling() -> None:
    guest = all_free(1)
    shuffle_list(guest, u.LIST_HUGE)
    assert list_of(guest, u.LIST_HUGE) == []
    list_add_tail(guest, u.LIST_HUGE, 7)
    shuffle_list(guest, u.LIST_HUGE)
    assert list_of(guest, u.LIST_HUGE) == [7]
