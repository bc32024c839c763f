"""Sharing one CPU: the cost of each kind of work, measured on a real kernel, and fair turns.

The scheduler gives equal time to every runnable task. While a task allocates or compacts, kcompactd
and kswapd get as much time as that takes, so different kinds of work need a common unit: the time
to look at one page during compaction.
"""

import numpy as np

from engine.core import core_jit

# Measured on one idle host with Linux 6.12.107, one emulated CPU and 1 GiB: CPU time of a task
# (/proc/PID/schedstat) and the deltas of /proc/vmstat, all kinds of work in the same guest, since
# hosts differ by a factor of 3 and only ratios carry over (docs/FIDELITY.md has figures). A page
# migrated took 15.25 us there, 30 us where the recordings were made.
COST_MIGRATE = 210

# A page taken by the balloon: 5.4 us; 7.9 us if it is made movable; 4.3 us as part of a pageblock.
COST_BALLOON = 75
COST_BALLOON_HOOK = 108
COST_BALLOON_BLOCK = 59

# A page given back: 0.39 us, 1.35 us if it was movable.
COST_DEFLATE = 5
COST_DEFLATE_HOOK = 19

# Traced, time between the events of one kswapd, 1,385 batches of 64 pages: 1.7 us a page that
# reclaim takes off the LRU, 0.03 ms more between two passes. A 2 MiB page split: 1.0 ms (0.95 to
# 1.07, thirty runs of 125) on two hosts, where a page took the balloon 6.6 and 8.1 us; between.
COST_RECLAIM = 23
COST_PASS = 450
COST_SPLIT = 10300

# A page written back: CPU time of the kworker that wrote 32,771 pages of ext4, 15 us each while the
# host gave the guest half of a CPU.
COST_WRITE = 52

# A page that kcompactd migrates for an order, beside a balloon that takes single pages: 25 to 28 us
# (five inflations) where a page taken by the balloon took 6.6 and one reclaimed 2.1. In proactive
# runs it is 16 to 19 us, as for compact_memory.
COST_KCOMPACTD = 300

# A huge page of the pool: cleared when it is taken, 1.03 times what 512 pages cost the balloon.
COST_HUGE = 39550

# A turn: 3.4 ms where the recordings were made. The unit of bounded steps, and of sharing time
# under profile 2012.
TURN = 24320

# The unit, a page scanned, where the first recordings were made; a guest may have a CPU of its own
# (vm.unit_ns).
UNIT_NS = 140

# A clock tick (CONFIG_HZ=250) and a slice (/sys/kernel/debug/sched/base_slice_ns on one CPU).
TICK_NS = np.int64(4_000_000)
SLICE_NS = np.int64(700_000)


@core_jit
def unit_ns(guest):
    """How long the guest's CPU takes for a unit of work.

    Args:
        guest: Guest.
    Returns:
        int64, nanoseconds.
    Source:
        not of the kernel.
    """
    given = np.int64(guest.vm[0]["unit_ns"])
    return given if given > 0 else np.int64(UNIT_NS)


@core_jit
def work_in(guest, ns):
    """What the guest's CPU does in a time.

    Args:
        guest: Guest.
        ns: int64, nanoseconds.
    Returns:
        int64, work.
    Source:
        include/linux/jiffies.h TICK_NSEC; kernel/sched/fair.c sysctl_sched_base_slice.
    """
    return ns // unit_ns(guest)


@core_jit
def work_done(guest):
    """Work that tasks other than the daemons have done so far, in scanned pages.

    Args:
        guest: Guest.
    Returns:
        int64; only differences mean something, and only while no daemon runs in between.
    Source:
        kernel/sched/fair.c update_curr().
    Differs:
        Scanned pages are left out: their share is small, and a run in progress has not published
        them yet.
    """
    vm = guest.vm[0]
    return (
        vm["balloon_work"]
        + COST_MIGRATE * vm["pgmigrate_success"]
        + COST_RECLAIM * vm["pgscan_direct"]
    )


@core_jit
def work_of_requests(guest):
    """Work that requests which wait have done: direct compaction and direct reclaim.

    Args:
        guest: Guest.
    Returns:
        int64; only differences mean something.
    Source:
        kernel/sched/fair.c update_curr().
    """
    vm = guest.vm[0]
    return vm["direct_work"] + COST_RECLAIM * vm["pgscan_direct"]


@core_jit
def work_of_task(guest):
    """Work that the task has done so far, whatever the request: what the scheduler accounts for.

    Args:
        guest: Guest.
    Returns:
        int64; only differences mean something.
    Source:
        kernel/sched/fair.c update_curr().
    Differs:
        A page taken from the free lists for anything but the balloon costs nothing.
    """
    vm = guest.vm[0]
    cleared = COST_HUGE * vm["htlb_buddy_alloc_success"]
    return work_of_requests(guest) + vm["balloon_work"] + cleared


@core_jit
def account_moves(guest, moved):
    """Count pages that the task has migrated, outside direct compaction, as its work.

    Args:
        guest: Guest. Writes vm.direct_work.
        moved: int64, vm.pgmigrate_success before it did.
    Source:
        kernel/sched/fair.c update_curr().
    """
    vm = guest.vm[0]
    if vm["law_eevdf"] == 1:
        vm["direct_work"] += COST_MIGRATE * (vm["pgmigrate_success"] - moved)
