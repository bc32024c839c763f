"""Sharing one CPU: the cost of each kind of work, measured on a real kernel, and fair turns.

The scheduler gives equal time to every runnable task. While a task allocates or compacts, kcompactd
and kswapd get as much time as that takes, so different kinds of work need a common unit: the time
to look at one page during compaction.
"""

from engine.core import core_jit

# Measured: CPU time (/proc/PID/schedstat) of the task that inflates or compacts and of kcompactd,
# with the deltas of /proc/vmstat, over 27 inflations and compactions of four guests of 1 GiB with
# Linux 6.12.107 and one emulated CPU. Least squares: 0.14 us a page scanned, 30 us a page migrated,
# 13.6 us (11 to 19) an order-0 balloon page. Costs differ between machines; their ratios vary less.
COST_MIGRATE = 210
COST_BALLOON = 95

# Traced, time between the events of one kswapd, 398 batches of 64 pages: 2.25 us a page that
# reclaim takes off the LRU, 0.3 ms for all shrinkers after a pass, 1.5 ms a 2 MiB page split.
COST_RECLAIM = 16
COST_PASS = 2100
COST_SPLIT = 11000

# A page written back: CPU time of the kworker that wrote 32,771 pages of ext4, 15 us each while the
# host gave the guest half of a CPU.
COST_WRITE = 52

# A turn: 256 balloon pages, or 3.5 ms at the measured costs; the kernel's is one clock tick of
# 4 ms (CONFIG_HZ=250; kernel/sched/fair.c update_deadline(), base_slice_ns 0.75 ms is less).
TURN = 256 * COST_BALLOON


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
        them yet. Direct compaction does its own sharing of time; it is in vm.turn_done.
    """
    vm = guest.vm[0]
    return (
        COST_BALLOON * (vm["balloon_inflate"] + vm["balloon_deflate"])
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
