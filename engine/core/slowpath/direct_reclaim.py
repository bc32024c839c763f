"""Direct reclaim: an allocation frees pages for itself, node by node."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.nodes import in_node, node_allowed, nr_nodes, nth_node, select_node
from engine.core.slowpath.reclaim import DEF_PRIORITY, compaction_ready, shrink_lruvec


@core_jit
def shrink_zones(guest, priority, order):
    """Direct reclaim at one priority: every node that the request may use and that needs it.

    It does not if all its zones have enough free pages for compaction.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        priority: int64, DEF_PRIORITY to 0.
        order: int64.
    Returns:
        tuple of int64: pages freed; zones that are ready.
    Source:
        mm/vmscan.c shrink_zones().
    """
    total = np.int64(0)
    nr_ready = np.int64(0)
    before = np.int64(guest.vm[0]["node"])
    for i in range(nr_nodes(guest)):
        node = nth_node(guest, i)
        if not node_allowed(guest, node):
            continue
        select_node(guest, node)
        is_ready = True
        for zone in range(guest.zones.shape[0]):
            if not in_node(guest, zone):
                continue
            if order > u.PAGE_ALLOC_COSTLY_ORDER and compaction_ready(guest, zone, order):
                nr_ready += 1
            else:
                is_ready = False
        if not is_ready:
            total += shrink_lruvec(guest, priority, np.int64(u.SWAP_CLUSTER_MAX), order)
    select_node(guest, before)
    return total, nr_ready


@core_jit
def try_to_free_pages(guest, order, alloc_flags):
    """Direct reclaim for one request: a cluster of pages, or what compaction needs for its order.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        order: int64.
        alloc_flags: int64, ALLOC_*; has no effect.
    Returns:
        int64, pages freed; 1 if none were but a zone is ready for compaction.
    Source:
        mm/vmscan.c try_to_free_pages(), do_try_to_free_pages().
    """
    guest.vm[0]["allocstall"] += 1
    total = np.int64(0)
    nr_ready = np.int64(0)
    for i in range(DEF_PRIORITY + 1):
        freed, nr_ready = shrink_zones(guest, np.int64(DEF_PRIORITY - i), order)
        total += freed
        if total >= u.SWAP_CLUSTER_MAX or nr_ready > 0:
            break
    if total == 0 and nr_ready > 0:
        return np.int64(1)
    return total
