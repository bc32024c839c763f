"""Direct reclaim: how much it takes, what it leaves alone, and from which node."""

from engine import units as u
from engine.core.slowpath import reclaim as r
from engine.core.slowpath.direct_reclaim import shrink_zones, try_to_free_pages
from tests.engine.core.slowpath.test_reclaim import cached
from tests.engine.small_guest import BLOCK, all_free, on_two_nodes, settle, vm


def test_direct_reclaim_takes_a_cluster() -> None:
    guest = cached(2048)
    assert try_to_free_pages(guest, 0, 0) == 64
    assert vm(guest, "allocstall", "pgsteal_direct") == (1, 64)
    assert try_to_free_pages(settle(all_free(2)), 0, 0) == 0


def test_a_zone_ready_for_compaction_is_left_alone() -> None:
    guest = cached(4 * BLOCK)
    assert r.compaction_ready(guest, 0, 9)
    assert try_to_free_pages(guest, 9, 0) == 1
    assert vm(guest, "pgscan_direct") == (0,)


def test_every_node_that_the_request_may_use_is_reclaimed() -> None:
    guest = on_two_nodes(2, cache=True)
    assert try_to_free_pages(guest, 0, 0) == 128
    assert list(guest.zones["nr_zone_inactive_file"]) == [BLOCK - 64, BLOCK - 64]
    guest.vm[0]["local_node"], guest.vm[0]["node_mask"] = 1, u.NODES_LOCAL
    assert try_to_free_pages(guest, 0, 0) == 64
    assert list(guest.zones["nr_zone_inactive_file"]) == [BLOCK - 64, BLOCK - 128]
    assert vm(guest, "node") == (0,)


def test_a_node_that_is_ready_for_compaction_is_left_alone_and_the_other_is_not() -> None:
    guest = on_two_nodes(4, cache=True)
    guest.zones[1]["wmark_min"] = guest.zones[1]["wmark_high"] = 4 * BLOCK
    assert r.compaction_ready(guest, 0, 9)
    assert not r.compaction_ready(guest, 1, 9)
    freed, nr_ready = shrink_zones(guest, 0, 9)
    assert nr_ready == 1 and freed > 0
    assert guest.zones[0]["nr_zone_inactive_file"] == BLOCK
    assert guest.zones[1]["nr_zone_inactive_file"] < BLOCK
