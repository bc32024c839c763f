"""Allocations for pages that are not the running task's: another node is the preferred one."""

import numpy as np

from engine.core import core_jit
from engine.core.slowpath.slowpath import alloc_pages


@core_jit
def alloc_pages_node(guest, node, mask, order, mt, gfp):
    """alloc_pages with a preferred node of its own, for pages that are not the task's.

    Args:
        guest: Guest. Writes all of it.
        node: int64, index of the preferred node.
        mask: int64, NODES_*: which nodes it may use; on a machine of one node, that one.
        order: int64.
        mt: int64, migratetype wanted.
        gfp: int64, GFP_*.
    Returns:
        int64 pfn in transit, or PFN_NONE.
    Source:
        include/linux/gfp.h __alloc_pages_node(), __folio_alloc() with a nodemask.
    """
    vm = guest.vm[0]
    if vm["more_nodes"] == 0:
        return alloc_pages(guest, order, mt, gfp)
    of_task, all_nodes = np.int64(vm["local_node"]), np.int64(vm["node_mask"])
    vm["local_node"], vm["node_mask"] = node, mask
    pfn = alloc_pages(guest, order, mt, gfp)
    vm["local_node"], vm["node_mask"] = of_task, all_nodes
    return pfn
