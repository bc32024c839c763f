"""Waking kswapd and kcompactd: which of them runs because a watermark is not met.

A daemon is woken by setting a field of Guest.vm.
"""

import numpy as np

from engine.core import core_jit
from engine.core.memory.nodes import in_node, node_allowed, nr_nodes, nth_node, select_node
from engine.core.memory.suitable import kcompactd_node_suitable
from engine.core.memory.watermark import (
    MAX_RECLAIM_RETRIES,
    pgdat_balanced,
    pgdat_watermark_boosted,
    zone_watermark_ok,
)

# vm.kswapd_awake
KSWAPD_ASLEEP = 0
KSWAPD_WOKEN = 1
KSWAPD_BALANCING = 2

# vm.kcompactd_awake
KCOMPACTD_ASLEEP = 0
KCOMPACTD_WOKEN = 1
KCOMPACTD_COMPACTING = 2


@core_jit
def wakeup_kcompactd(guest, order):
    """Ask kcompactd for free pages of an order; it wakes up if there is something to compact.

    Else it finds the request when its timer expires.

    Args:
        guest: Guest. Writes vm.kcompactd_order, vm.kcompactd_awake.
        order: int64; 0 asks for nothing.
    Source:
        mm/compaction.c wakeup_kcompactd().
    """
    if order == 0:
        return
    vm = guest.vm[0]
    vm["kcompactd_order"] = max(np.int64(vm["kcompactd_order"]), order)
    if vm["kcompactd_awake"] == KCOMPACTD_ASLEEP and kcompactd_node_suitable(guest):
        vm["kcompactd_awake"] = KCOMPACTD_WOKEN


@core_jit
def wakeup_kswapd_2012(guest, order):
    """Wake kswapd if some zone does not meet its low watermark for an order.

    Args:
        guest: Guest. Writes vm.kswapd_order, vm.kswapd_awake.
        order: int64.
    Source:
        3.8 mm/vmscan.c wakeup_kswapd(), called for each zone by wake_all_kswapd().
    """
    vm = guest.vm[0]
    vm["kswapd_order"] = max(np.int64(vm["kswapd_order"]), order)
    for zone in range(guest.zones.shape[0]):
        z = guest.zones[zone]
        if z["managed"] == 0 or not in_node(guest, zone):
            continue
        if not zone_watermark_ok(guest, zone, order, z["wmark_low"], 0):
            vm["kswapd_awake"] = max(np.int64(vm["kswapd_awake"]), KSWAPD_WOKEN)
            return


@core_jit
def wakeup_node(guest, order, direct_reclaim):
    """Wake the node's kswapd unless it is balanced, in which case kcompactd may help instead.

    Args:
        guest: Guest. Writes vm.kswapd_order, vm.kswapd_awake, vm.kcompactd_*.
        order: int64.
        direct_reclaim: int64, 1 = the request may reclaim and compact for itself.
    Source:
        mm/vmscan.c wakeup_kswapd().
    """
    vm = guest.vm[0]
    if vm["law_wake_below_low"] == 1:
        wakeup_kswapd_2012(guest, order)
        return
    vm["kswapd_order"] = max(np.int64(vm["kswapd_order"]), order)
    if vm["kswapd_awake"]:
        return
    if vm["kswapd_failures"] >= MAX_RECLAIM_RETRIES or (
        pgdat_balanced(guest, order) and not pgdat_watermark_boosted(guest)
    ):
        if not direct_reclaim:
            wakeup_kcompactd(guest, order)
        return
    vm["kswapd_awake"] = KSWAPD_WOKEN


@core_jit
def wakeup_kswapd_of(guest, zone, order, direct_reclaim):
    """wakeup_node for the node of a zone.

    Args:
        guest: Guest. Writes vm.kswapd_order, vm.kswapd_awake, vm.kcompactd_*.
        zone: int64, index of the zone.
        order: int64.
        direct_reclaim: int64, 1 = the request may reclaim and compact for itself.
    Source:
        mm/vmscan.c wakeup_kswapd().
    """
    before = select_node(guest, np.int64(guest.zones[zone]["node"]))
    wakeup_node(guest, order, direct_reclaim)
    select_node(guest, before)


@core_jit
def wakeup_kswapd(guest, order, direct_reclaim):
    """wakeup_node for every node that the request in progress may use.

    Args:
        guest: Guest. Writes vm.kswapd_order, vm.kswapd_awake, vm.kcompactd_*.
        order: int64.
        direct_reclaim: int64, 1 = the request may reclaim and compact for itself.
    Source:
        mm/page_alloc.c wake_all_kswapds().
    """
    before = np.int64(guest.vm[0]["node"])
    for i in range(nr_nodes(guest)):
        node = nth_node(guest, i)
        if node_allowed(guest, node):
            select_node(guest, node)
            wakeup_node(guest, order, direct_reclaim)
    select_node(guest, before)


@core_jit
def wake_kswapd(guest, order):
    """wakeup_kswapd for a request that may reclaim directly.

    Args:
        guest: Guest. Writes vm.kswapd_order, vm.kswapd_awake.
        order: int64.
    Source:
        mm/page_alloc.c wake_all_kswapds().
    """
    wakeup_kswapd(guest, order, 1)
