"""Pages that are allocated for another node than the running task's."""

from engine import units as u
from engine.core.memory.nodes import node_of
from engine.core.slowpath.node_alloc import alloc_pages_node
from tests.engine.small_guest import BLOCK, all_free, on_two_nodes, settle, vm


def test_the_page_is_of_the_node_asked_for_and_the_task_stays_where_it_is() -> None:
    guest = on_two_nodes(2)
    for node in (1, 0):
        pfn = alloc_pages_node(guest, node, u.NODES_ALL, 0, u.MIGRATE_MOVABLE, u.GFP_HIGHUSER)
        assert node_of(guest, pfn) == node
    assert vm(guest, "local_node", "node_mask", "node") == (0, 0, 0)


def test_a_node_alone_fails_where_all_nodes_would_not() -> None:
    guest = on_two_nodes(4)
    guest.zones[1]["wmark_min"] = guest.zones[1]["wmark_low"] = 16 * BLOCK
    gfp = u.GFP_HIGHUSER
    assert alloc_pages_node(guest, 1, u.NODES_LOCAL, 9, u.MIGRATE_MOVABLE, gfp) == u.PFN_NONE
    assert node_of(guest, alloc_pages_node(guest, 1, u.NODES_ALL, 9, 1, gfp)) == 0
    assert node_of(guest, alloc_pages_node(guest, 1, u.NODES_OTHERS, 9, 1, gfp)) == 0


def test_on_a_machine_of_one_node_it_is_the_ordinary_allocation() -> None:
    guest = settle(all_free(2))
    assert alloc_pages_node(guest, 0, u.NODES_OTHERS, 9, u.MIGRATE_MOVABLE, u.GFP_HIGHUSER) == 0
