"""One tick: a fixed budget for requests, then for the daemons. A World's only entry point.

A tick is measured in simulated work, never in real time: ``budget`` units (world.py derives them
from the guest's size), each one balloon round or some compaction rounds; the daemons run in between
and within, as the scheduler decides (slowpath/sched.py). A request continues
until it is done or can gain nothing more; after that a tick only changes vm.tick, and the guest's
clock (memory/clock.py) stands still, so results do not depend on how many idle ticks pass between
two commands.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.balloon.balloon import balloon_size, fill_block, fill_chunk, leak_chunk
from engine.core.balloon.balloon_pass import balloon_pass_step
from engine.core.balloon.gather import gather_block
from engine.core.compact.compact_nodes import step_compact
from engine.core.memory.cpu import TURN, account_moves, work_done, work_of_task
from engine.core.ranges.contig import step_contig
from engine.core.ranges.offline import step_offline
from engine.core.ranges.range_job import at_work
from engine.core.slowpath.catch_up import catch_up, next_request, settle_kcompactd
from engine.core.slowpath.daemons import PHASE_COMMAND, PHASE_WAITING, daemons_idle
from engine.core.slowpath.drop_caches import drop_caches
from engine.core.slowpath.sched import cond_resched, task_leaves, task_sleeps
from engine.core.slowpath.sched_2012 import share_time_2012
from engine.core.slowpath.waiting import let_pass, waiting
from engine.core.workload.hugepages import step_direct, step_huge
from engine.core.workload.kmem import step_kmem
from engine.core.workload.pinning import step_pin
from engine.core.workload.workload_ops import run_ops

NONE = u.PFN_NONE

COMPACT_ROUNDS = 8  # rounds of 32 pages per unit: 256 pages, as much as a balloon round
BALLOON_RETRIES = 32  # rounds without gain after which a retrying driver counts as idle


@core_jit
def _balloon_ends(guest, cause):
    """Tell the design, once, that the balloon has reached its target or given up.

    Args:
        guest: Guest. Writes vm.causes, vm.balloon_event.
        cause: int64, CAUSE_INFLATED or CAUSE_DEFLATED.
    Source:
        drivers/virtio/virtio_balloon.c update_balloon_size_func().
    """
    vm = guest.vm[0]
    if vm["balloon_event"] != 0:
        vm["causes"] |= cause
        vm["balloon_event"] = 0


@core_jit
def _inflate(guest, missing):
    """One round of inflation: a whole pageblock if the rules want it, else single pages.

    Args:
        guest: Guest. Writes all of it.
        missing: int64, pages to go.
    Returns:
        int64, pages gained.
    Source:
        drivers/virtio/virtio_balloon.c fill_balloon().
    """
    vm = guest.vm[0]
    want_blocks = vm["rule_whole_blocks"] == 1 and vm["balloon_singles"] == 0
    if want_blocks and missing >= u.PAGEBLOCK_NR_PAGES:
        got = fill_block(guest)
        if got > 0:
            return got
        vm["balloon_singles"] = 1  # refused once: single pages until the next command
    return fill_chunk(guest, missing)


@core_jit
def step_balloon(guest, budget):
    """Move the balloon towards its target.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, rounds of 256 pages.
    Source:
        drivers/virtio/virtio_balloon.c update_balloon_size_func().
    Differs:
        After a failed allocation the driver sleeps 200 ms, here until the next tick; it retries for
        ever, here until BALLOON_RETRIES rounds in a row have gained nothing, and again once a
        command or the workload changes something.
    """
    vm = guest.vm[0]
    for _ in range(budget):
        missing = vm["balloon_target"] - balloon_size(guest)
        if missing == 0 or vm["balloon_stopped"] == 1:
            return
        if missing < 0:
            vm["balloon_event"] = 2
            if leak_chunk(guest, -missing) == 0:
                # The rest is lost to the LRU lists: profile 2012, the hook as merged.
                vm["balloon_stopped"] = 1
                _balloon_ends(guest, u.CAUSE_DEFLATED)
                return
            if vm["balloon_target"] == balloon_size(guest):
                _balloon_ends(guest, u.CAUSE_DEFLATED)
            continue
        vm["balloon_event"] = 1
        got = _inflate(guest, missing)
        if vm["balloon_target"] == balloon_size(guest):
            vm["balloon_idle_rounds"] = 0
            _balloon_ends(guest, u.CAUSE_INFLATED)
            return
        if got >= min(missing, u.BALLOON_ARRAY_PFNS_MAX):
            vm["balloon_idle_rounds"] = 0
            continue
        if got > 0:
            vm["balloon_idle_rounds"] = 0
        else:
            vm["balloon_idle_rounds"] += 1
        idle = vm["balloon_idle_rounds"] >= BALLOON_RETRIES
        if vm["rule_stop_on_failure"] == 1 or idle:
            vm["balloon_stopped"] = 1
            _balloon_ends(guest, u.CAUSE_INFLATED)
        return


@core_jit
def step_design_work(guest, budget):
    """Continue the design's requests: the balloon pass, gathering.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, units: 256 pages of the pass, one pageblock to gather.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    pages = budget * u.BALLOON_ARRAY_PFNS_MAX
    if vm["pass_pending"] == 1 and balloon_pass_step(guest, pages) == 0:
        vm["pass_pending"] = 0
        if vm["rule_pass_lru"] == 1:
            vm["compact_requests"] += 1
    for _ in range(budget):
        if vm["gather_pending"] == 0:
            return
        if gather_block(guest) == 0:
            vm["gather_pending"] = 0
        elif vm["gather_pending"] != NONE:
            vm["gather_pending"] -= 1


@core_jit
def step_range(guest, budget):
    """Continue a range request: memory offlining or contiguous allocation.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, units of 256 pages.
    Source:
        mm/memory_hotplug.c offline_pages(); mm/page_alloc.c alloc_contig_range().
    """
    if at_work(guest, u.RANGE_OFFLINE):
        step_offline(guest, budget)
    elif at_work(guest, u.RANGE_CONTIG):
        step_contig(guest, budget)


@core_jit
def has_jobs(guest):
    """Whether any request is unfinished, a wait included.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        not of the kernel.
    """
    return waiting(guest) or _jobs(guest)


@core_jit
def _jobs(guest):
    """Whether any request for work is unfinished.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    if vm["balloon_target"] != balloon_size(guest) and vm["balloon_stopped"] == 0:
        return True
    if vm["compact_requests"] > 0 or vm["drop_requests"] > 0 or vm["direct_request"] > 0:
        return True
    if vm["pass_pending"] == 1 or vm["gather_pending"] > 0:
        return True
    if vm["kmem_phase"] != u.KMEM_IDLE or vm["pin_left"] > 0:
        return True
    return vm["huge_target"] > 0 or at_work(guest, u.RANGE_NONE)


@core_jit
def busy(guest):
    """Whether a further tick would change anything but vm.tick.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        not of the kernel.
    """
    if has_jobs(guest) or not daemons_idle(guest):
        return True
    phase = guest.vm[0]["proactive_phase"]
    if phase == PHASE_COMMAND or phase == PHASE_WAITING:
        return True  # the next tick records that the command is over
    for block in range(guest.blocks.size):
        if np.int64(guest.blocks[block]["flags"]) & u.PB_TOUCHED:
            return True  # the next tick clears the mark
    return False


@core_jit
def _clear_touched(guest):
    """Clear the marks on pageblocks that the previous tick changed.

    Args:
        guest: Guest. Writes blocks.flags.
    Source:
        not of the kernel.
    """
    for block in range(guest.blocks.size):
        b = guest.blocks[block]
        b["flags"] = np.int64(b["flags"]) & ~u.PB_TOUCHED


@core_jit
def step_jobs(guest):
    """Continue all requests, one unit of each.

    Args:
        guest: Guest. Writes all of it.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    step_balloon(guest, 1)
    moved = np.int64(vm["pgmigrate_success"])
    step_compact(guest, COMPACT_ROUNDS)
    step_design_work(guest, 1)
    account_moves(guest, moved)
    step_huge(guest, 1)
    step_direct(guest)
    moved = np.int64(vm["pgmigrate_success"])
    step_range(guest, 1)
    account_moves(guest, moved)
    step_kmem(guest, 1)
    step_pin(guest, 1)


@core_jit
def run_tick(guest, ops, nr_ops, budget):
    """One tick.

    Args:
        guest: Guest. Writes all of it.
        ops: int32[n, 4], workload operations of this tick: kind, handle, order, class.
        nr_ops: int64, how many of them to run.
        budget: int64, units of work.
    Returns:
        bool, whether the guest is still busy.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    _clear_touched(guest)
    vm["tick"] += 1
    if nr_ops > 0:
        run_ops(guest, ops, nr_ops)
        vm["balloon_stopped"] &= vm["rule_stop_on_failure"]
    if catch_up(guest, has_jobs(guest), budget * TURN):
        return True
    if vm["drop_requests"] > 0:
        vm["drop_requests"] -= 1
        drop_caches(guest)
    for _ in range(budget):
        if vm["balloon_target"] < balloon_size(guest) or vm["gather_pending"] > 0:
            settle_kcompactd(guest)
        done, accounted = work_done(guest), work_of_task(guest)
        step_jobs(guest)
        if vm["law_eevdf"] == 0:
            share_time_2012(guest, work_done(guest) - done)
        elif work_of_task(guest) == accounted:
            task_sleeps(guest)
        else:
            cond_resched(guest)
    if not _jobs(guest):
        task_leaves(guest)
        next_request(guest)
        if nr_ops == 0:
            let_pass(guest)
    return busy(guest)


@core_jit
def run_ticks(guest, ops, nr_ops, nr, budget):
    """Several ticks, up to the first event that the design is to be told of.

    Args:
        guest: Guest. Writes all of it.
        ops: int32[n, 4], workload operations of the first tick: kind, handle, order, class.
        nr_ops: int64, how many of them to run.
        nr: int64, ticks; 0 = the operations alone, outside any tick.
        budget: int64, units of work per tick.
    Returns:
        int64, ticks run; fewer than ``nr`` if vm.causes is not empty. Idle ticks are counted, not
        run.
    Source:
        not of the kernel.
    """
    if nr == 0:
        run_ops(guest, ops, nr_ops)
    done = 0
    while done < nr:
        if nr_ops == 0 and not busy(guest):
            guest.vm[0]["tick"] += nr - done
            return nr
        run_tick(guest, ops, nr_ops, budget)
        nr_ops = np.int64(0)
        done += 1
        if guest.vm[0]["causes"] != 0:
            return done
    return done
