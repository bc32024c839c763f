"""NUMA nodes: which zones are a node's, the zonelist of a request, and whose daemons are at work.

What the kernel keeps in struct pglist_data for kswapd, kcompactd and the shrinkers stands in
Guest.vm, for one node at a time: vm.node. That of the others waits in the row of each node's first
zone (guest.NODE_FIELDS), and select_node() exchanges the two. A machine of one node never does.

LRU lists need no exchange: reclaim takes only page cache, whose lists are by zone
(freelist.file_list), and a zone is of one node.
"""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit


@core_inline
def nr_nodes(guest):
    """NUMA nodes with memory.

    Args:
        guest: Guest.
    Returns:
        int64, at least 1.
    Source:
        include/linux/nodemask.h num_node_state(N_MEMORY).
    """
    return np.int64(guest.vm[0]["more_nodes"]) + 1


@core_inline
def in_node(guest, zone):
    """Whether a zone is one of the node whose daemons are at work.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
    Returns:
        bool.
    Source:
        include/linux/mmzone.h struct pglist_data: node_zones[].
    """
    return guest.zones[zone]["node"] == guest.vm[0]["node"]


@core_jit
def node_of(guest, pfn):
    """Node of a page.

    Args:
        guest: Guest.
        pfn: int64.
    Returns:
        int64, index of the node.
    Source:
        include/linux/mm.h page_to_nid().
    """
    zone = np.int64(guest.blocks[pfn >> u.PAGEBLOCK_ORDER]["zone"])
    return np.int64(guest.zones[zone]["node"])


@core_inline
def nth_node(guest, i):
    """A node of the zonelist of the request in progress.

    Args:
        guest: Guest.
        i: int64, position, 0 is the preferred node.
    Returns:
        int64, index of the node.
    Source:
        mm/page_alloc.c build_zonelists(), find_next_best_node().
    Differs:
        All distances are equal, since no capture holds them, and no node is preferred for having no
        CPU: from the preferred node upwards, then from the lowest.
    """
    return (np.int64(guest.vm[0]["local_node"]) + i) % nr_nodes(guest)


@core_inline
def node_allowed(guest, node):
    """Whether the request in progress may use a node.

    Args:
        guest: Guest.
        node: int64, index of the node.
    Returns:
        bool.
    Source:
        mm/page_alloc.c node_zonelist() of __GFP_THISNODE, prepare_alloc_pages(): ac->nodemask.
    """
    which = guest.vm[0]["node_mask"]
    is_local = node == guest.vm[0]["local_node"]
    return which == u.NODES_ALL or is_local == (which == u.NODES_LOCAL)


@core_inline
def zone_allowed(guest, zone):
    """Whether the request in progress may use a zone's node.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
    Returns:
        bool.
    Source:
        mm/page_alloc.c for_next_zone_zonelist_nodemask().
    """
    return guest.vm[0]["node_mask"] == u.NODES_ALL or node_allowed(
        guest, np.int64(guest.zones[zone]["node"])
    )


@core_jit
def zone_of_nodes(guest, i):
    """zonelist_zone() where there are several nodes: each node's zones, highest first.

    Args:
        guest: Guest.
        i: int64, position.
    Returns:
        int64, index of the zone.
    Source:
        mm/page_alloc.c build_zonerefs_node(), build_zonelists_in_node_order().
    Differs:
        3.8 may also order by zone first (default_zonelist_order()); here the node always counts.
    """
    nr_zones = guest.zones.shape[0]
    for k in range(nr_nodes(guest)):
        node = nth_node(guest, k)
        for j in range(nr_zones):
            zone = nr_zones - 1 - j
            if guest.zones[zone]["node"] == node:
                if i == 0:
                    return np.int64(zone)
                i -= 1
    return np.int64(0)


@core_inline
def zonelist_zone(guest, i):
    """A zone of the zonelist of the request in progress; zone_allowed() says whether it may use it.

    Args:
        guest: Guest.
        i: int64, position, 0 to the number of zones less 1.
    Returns:
        int64, index of the zone.
    Source:
        mm/page_alloc.c build_zonelists().
    """
    if guest.vm[0]["more_nodes"] == 0:
        return np.int64(guest.zones.shape[0] - 1 - i)
    return zone_of_nodes(guest, i)


@core_jit
def first_zone(guest, node):
    """The zone in whose row a node's daemons wait.

    Args:
        guest: Guest.
        node: int64, index of the node.
    Returns:
        int64, index of the zone.
    Source:
        not of the kernel.
    """
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["node"] == node:
            return np.int64(zone)
    return np.int64(0)


@core_jit
def top_zone(guest, zone):
    """The last zone of a zone's node.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
    Returns:
        int64, index of the zone.
    Source:
        not of the kernel.
    """
    for i in range(guest.zones.shape[0] - 1 - zone):
        other = np.int64(guest.zones.shape[0] - 1 - i)
        if guest.zones[other]["node"] == guest.zones[zone]["node"]:
            return other
    return np.int64(zone)


@core_jit
def _keep_node(guest, zone):
    """Put the daemons at work away.

    Args:
        guest: Guest. Writes zones.pgdat_*.
        zone: int64, first zone of their node.
    Source:
        include/linux/mmzone.h struct pglist_data.
    """
    vm = guest.vm[0]
    z = guest.zones[zone]
    z["pgdat_kswapd_order"] = vm["kswapd_order"]
    z["pgdat_kswapd_awake"] = vm["kswapd_awake"]
    z["pgdat_kswapd_failures"] = vm["kswapd_failures"]
    z["pgdat_kswapd_alloc_order"] = vm["kswapd_alloc_order"]
    z["pgdat_kswapd_run_order"] = vm["kswapd_run_order"]
    z["pgdat_kswapd_priority"] = vm["kswapd_priority"]
    z["pgdat_kswapd_boost"] = vm["kswapd_boost"]
    z["pgdat_kswapd_reclaimed"] = vm["kswapd_reclaimed"]
    z["pgdat_kswapd_seen"] = vm["kswapd_seen"]
    z["pgdat_kswapd_nap"] = vm["kswapd_nap"]
    z["pgdat_kcompactd_order"] = vm["kcompactd_order"]
    z["pgdat_kcompactd_awake"] = vm["kcompactd_awake"]
    z["pgdat_kcompactd_zone"] = vm["kcompactd_zone"]
    z["pgdat_kcompactd_ahead"] = vm["kcompactd_ahead"]
    z["pgdat_proactive_defer"] = vm["proactive_defer"]
    z["pgdat_proactive_score"] = vm["proactive_score"]
    z["pgdat_shrink_active"] = vm["shrink_active"]
    z["pgdat_shrink_scanned"] = vm["shrink_scanned"]
    z["pgdat_shrink_isolated"] = vm["shrink_isolated"]
    z["pgdat_shrink_dirty"] = vm["shrink_dirty"]
    z["pgdat_shrink_reclaimed"] = vm["shrink_reclaimed"]
    z["pgdat_split_deferred"] = vm["split_deferred"]
    z["pgdat_split_freeable"] = vm["split_freeable"]
    z["pgdat_split_total"] = vm["split_total"]
    z["pgdat_split_batch"] = vm["split_batch"]
    z["pgdat_split_block"] = vm["split_block"]
    z["pgdat_split_found"] = vm["split_found"]


@core_jit
def _fetch_node(guest, zone):
    """Put the daemons of a node to work.

    Args:
        guest: Guest. Writes the fields of guest.NODE_FIELDS.
        zone: int64, first zone of their node.
    Source:
        include/linux/mmzone.h struct pglist_data.
    """
    vm = guest.vm[0]
    z = guest.zones[zone]
    vm["kswapd_order"] = z["pgdat_kswapd_order"]
    vm["kswapd_awake"] = z["pgdat_kswapd_awake"]
    vm["kswapd_failures"] = z["pgdat_kswapd_failures"]
    vm["kswapd_alloc_order"] = z["pgdat_kswapd_alloc_order"]
    vm["kswapd_run_order"] = z["pgdat_kswapd_run_order"]
    vm["kswapd_priority"] = z["pgdat_kswapd_priority"]
    vm["kswapd_boost"] = z["pgdat_kswapd_boost"]
    vm["kswapd_reclaimed"] = z["pgdat_kswapd_reclaimed"]
    vm["kswapd_seen"] = z["pgdat_kswapd_seen"]
    vm["kswapd_nap"] = z["pgdat_kswapd_nap"]
    vm["kcompactd_order"] = z["pgdat_kcompactd_order"]
    vm["kcompactd_awake"] = z["pgdat_kcompactd_awake"]
    vm["kcompactd_zone"] = z["pgdat_kcompactd_zone"]
    vm["kcompactd_ahead"] = z["pgdat_kcompactd_ahead"]
    vm["proactive_defer"] = z["pgdat_proactive_defer"]
    vm["proactive_score"] = z["pgdat_proactive_score"]
    vm["shrink_active"] = z["pgdat_shrink_active"]
    vm["shrink_scanned"] = z["pgdat_shrink_scanned"]
    vm["shrink_isolated"] = z["pgdat_shrink_isolated"]
    vm["shrink_dirty"] = z["pgdat_shrink_dirty"]
    vm["shrink_reclaimed"] = z["pgdat_shrink_reclaimed"]
    vm["split_deferred"] = z["pgdat_split_deferred"]
    vm["split_freeable"] = z["pgdat_split_freeable"]
    vm["split_total"] = z["pgdat_split_total"]
    vm["split_batch"] = z["pgdat_split_batch"]
    vm["split_block"] = z["pgdat_split_block"]
    vm["split_found"] = z["pgdat_split_found"]


@core_jit
def select_node(guest, node):
    """Make vm speak of another node's daemons.

    Args:
        guest: Guest. Writes zones.pgdat_*, vm.node and the fields of guest.NODE_FIELDS.
        node: int64, index of the node.
    Returns:
        int64, the node selected before.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    before = np.int64(vm["node"])
    if node != before:
        _keep_node(guest, first_zone(guest, before))
        _fetch_node(guest, first_zone(guest, node))
        vm["node"] = node
    return before
