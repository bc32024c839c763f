"""The guest's clock: simulated time, the cost of all work done so far and the idle time in between.

It stands still while nothing works, unless somebody lets time pass (commands.Wait). There is one
CPU, so the work of tasks and daemons adds up. Nothing here reads a real clock.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.cpu import (
    COST_BALLOON,
    COST_HUGE,
    COST_MIGRATE,
    COST_RECLAIM,
    COST_SPLIT,
    COST_WRITE,
    unit_ns,
)

MSEC = 1000  # the clock counts microseconds
NSEC_PER_USEC = 1000


@core_jit
def all_work(guest):
    """All work done in the guest so far, by tasks and daemons, in scanned pages.

    Args:
        guest: Guest.
    Returns:
        int64; grows with every piece of work, also of runs in progress.
    Source:
        kernel/sched/fair.c update_curr().
    Differs:
        Only what has been measured counts: pages scanned, migrated, looked at by reclaim, taken or
        given by the balloon, cleared for a 2 MiB page. An operation of the workload counts as a
        balloon page.
    """
    vm = guest.vm[0]
    scanned = np.int64(vm["compact_migrate_scanned"]) + np.int64(vm["compact_free_scanned"])
    for cc in range(u.NR_CC):
        c = guest.cc[cc]
        if c["active"]:  # published when the run ends
            scanned += np.int64(c["total_migrate_scanned"]) + np.int64(c["total_free_scanned"])
    return (
        scanned
        + COST_MIGRATE * vm["pgmigrate_success"]
        + vm["balloon_work"]
        + COST_BALLOON * vm["workload_ops"]
        + COST_RECLAIM * (vm["pgscan_direct"] + vm["pgscan_kswapd"])
        + COST_WRITE * vm["nr_written"]
        + COST_SPLIT * vm["thp_split_page"]
        + COST_HUGE * vm["htlb_buddy_alloc_success"]
    )


@core_jit
def clock_us(guest):
    """Simulated time since the start.

    Args:
        guest: Guest.
    Returns:
        int64, microseconds.
    Source:
        kernel/time/timekeeping.c ktime_get().
    """
    return all_work(guest) * unit_ns(guest) // NSEC_PER_USEC + guest.vm[0]["idle_us"]
