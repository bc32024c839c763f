"""Commands as requests: fields in each guest's own records for the core to process.

A request is entered between two ticks; engine/core/run.py works on it tick by tick.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine import commands as c
from engine import units as u
from engine.core.balloon.balloon import balloon_size
from engine.core.memory.clock import MSEC, clock_us
from engine.core.ranges.range_job import at_work
from engine.core.slowpath.daemons import PHASE_COMMAND, PHASE_WAITING
from engine.errors import RefusedError
from engine.guest import DEMAND_FIELDS, RANGE_FIELDS, Guest
from engine.kernels import Kernel

Guests = Sequence[Guest]


@dataclass(frozen=True)
class Machine:
    """What the guests of a world have in common.

    Attributes:
        nr_pages: memory of each, holes not counted.
        kernel: the kernel whose rules they follow.
    """

    nr_pages: int
    kernel: Kernel


_BALLOON_COMMANDS = (c.BalloonTarget, c.BalloonInflate, c.BalloonDeflate)


def enter(guests: Guests, machine: Machine, command: c.Command) -> None:
    """Enter what ``command`` asks for into every guest.

    Args:
        guests: one per design, same memory map.
        machine: what they have in common.
        command: any except SetWorkload, which does not touch guests' records.

    Raises:
        RefusedError: the command does not fit these guests; nothing has changed then.
    """
    handler = _HANDLERS.get(type(command))
    if handler is None:
        raise RefusedError(f"unknown command {command!r:.60}")
    handler(guests, machine, command)
    if not isinstance(command, c.Wait):
        for guest in guests:
            if guest.vm[0]["proactive_phase"] == PHASE_WAITING:
                guest.vm[0]["proactive_phase"] = PHASE_COMMAND


def try_enter(guests: Guests, machine: Machine, command: c.Command) -> None:
    """Find out whether ``enter`` would refuse ``command``; nothing changes.

    Requests live in ``Guest.vm`` alone, so a copy of that record is all that it takes to try.

    Raises:
        RefusedError: see enter().
    """
    enter([guest._replace(vm=guest.vm.copy()) for guest in guests], machine, command)


def wake_balloons(guests: Guests, command: c.Command) -> None:
    """Let balloons that gave up retry, where their rules allow it after ``command``."""
    asked = isinstance(command, _BALLOON_COMMANDS)
    for guest in guests:
        vm = guest.vm[0]
        if asked or vm["rule_stop_on_failure"] == 0:
            vm["balloon_stopped"] = 0
            vm["balloon_idle_rounds"] = 0
        if asked:
            vm["balloon_singles"] = 0


def _check_size(verb: str, nr_pages: int, limit: int) -> None:
    if nr_pages > limit:
        # A capture's memory is rarely whole MiB; people think in MiB all the same.
        mib = f"{limit // u.MIB_PAGES} MiB"
        raise RefusedError(f"{verb} {c.format_size(nr_pages)}: the guest has {mib}")


# -- the balloon


def _balloon_target(guests: Guests, machine: Machine, command: c.BalloonTarget) -> None:
    _check_size("balloon target of", command.nr_pages, machine.nr_pages)
    for guest in guests:
        guest.vm[0]["balloon_target"] = command.nr_pages


def _balloon_inflate(guests: Guests, machine: Machine, command: c.BalloonInflate) -> None:
    _check_size("inflate by", command.nr_pages, machine.nr_pages)
    _move_targets(guests, machine.nr_pages, command.nr_pages)


def _balloon_deflate(guests: Guests, machine: Machine, command: c.BalloonDeflate) -> None:
    _check_size("deflate by", command.nr_pages, machine.nr_pages)
    _move_targets(guests, machine.nr_pages, -command.nr_pages)


def _move_targets(guests: Guests, nr_pages: int, change: int) -> None:
    """Move every balloon's target by ``change``.

    While any balloon is still moving, the change counts from the targets: slower designs must not
    get a different total. When all are at rest it counts from what each holds, so that a balloon
    that gave up short of its target can be deflated.
    """
    pending = any(_on_its_way(guest) for guest in guests)
    for guest in guests:
        start = guest.vm[0]["balloon_target"] if pending else balloon_size(guest)
        guest.vm[0]["balloon_target"] = min(max(int(start) + change, 0), nr_pages)


def _on_its_way(guest: Guest) -> bool:
    """Whether the balloon has neither reached its target nor given up."""
    vm = guest.vm[0]
    return bool(vm["balloon_stopped"] == 0 and vm["balloon_target"] != balloon_size(guest))


# -- compaction, huge pages, caches


def _compact(guests: Guests, machine: Machine, command: c.CompactMemory) -> None:
    for guest in guests:
        guest.vm[0]["compact_requests"] += 1


def _direct_compact(guests: Guests, machine: Machine, command: c.DirectCompact) -> None:
    for guest in guests:
        guest.vm[0]["direct_request"] = command.order + 1


def _huge(guests: Guests, machine: Machine, command: c.TakeHugePages) -> None:
    nr = min(command.nr, machine.nr_pages >> u.HPAGE_ORDER)
    for guest in guests:
        vm = guest.vm[0]
        vm["huge_target"] = max(nr, 1)
        vm["huge_attempt"] = vm["huge_idle"] = vm["huge_best"] = vm["huge_first"] = 0


def _drop_caches(guests: Guests, machine: Machine, command: c.DropCaches) -> None:
    for guest in guests:
        guest.vm[0]["drop_requests"] += 1


# -- time


def _wait(guests: Guests, machine: Machine, command: c.Wait) -> None:
    for guest in guests:
        vm = guest.vm[0]
        start = max(int(clock_us(guest)), int(vm["wait_until"]))
        vm["wait_until"] = start + command.ms * MSEC
        if vm["law_proactive_compaction"]:
            vm["proactive_phase"] = PHASE_WAITING


# -- ranges of pageblocks


def _ask_for_range(guests: Guests, words: str, kind: int, **fields: int) -> None:
    if any(at_work(guest, u.RANGE_NONE) for guest in guests):
        raise RefusedError(f"{words}: another range is being emptied, let it end first")
    for guest in guests:
        vm = guest.vm[0]
        for name in RANGE_FIELDS:
            if name != "offline_pages":
                vm[name] = 0
        vm["range_kind"] = kind
        vm["range_pfn"] = u.PFN_NONE
        for name, value in fields.items():
            vm[name] = value


def _offline(guests: Guests, machine: Machine, command: c.Offline) -> None:
    words = f"offline {command.start_mib} to {command.start_mib + command.size_mib} MiB"
    start = u.mib_to_pages(command.start_mib)
    end = start + u.mib_to_pages(command.size_mib)
    zones = guests[0].zones
    limit = int(zones["end_pfn"][-1])
    if end > limit:
        raise RefusedError(f"{words}: the memory ends at {limit // u.MIB_PAGES} MiB")
    inside = (zones["start_pfn"] <= start) & (end <= zones["end_pfn"])
    if not inside.any():
        spans = ", ".join(
            f"{u.ZONE_NAMES[zone['name']]} {int(zone['start_pfn']) // u.MIB_PAGES} to "
            f"{int(zone['end_pfn']) // u.MIB_PAGES} MiB"
            for zone in zones
        )
        raise RefusedError(f"{words}: a range lies in one zone: {spans}")
    _ask_for_range(guests, words, u.RANGE_OFFLINE, range_start_pfn=start, range_end_pfn=end)


def _alloc_contig(guests: Guests, machine: Machine, command: c.AllocContig) -> None:
    words = f"contiguous memory of {command.size_mib} MiB"
    wanted = u.mib_to_pages(command.size_mib)
    _check_size("contiguous memory of", wanted, machine.nr_pages)
    blocks = guests[0].blocks
    cma = int((blocks["migratetype"] == u.MIGRATE_CMA).sum()) * u.PAGEBLOCK_NR_PAGES
    if 0 < cma < wanted:
        raise RefusedError(f"{words}: the CMA area has {cma // u.MIB_PAGES} MiB")
    kernel = machine.kernel
    if not cma and not kernel.rules.contig_anywhere:
        raise RefusedError(f"{words}: there is no CMA area, and {kernel.version} had no other way")
    _ask_for_range(
        guests,
        words,
        u.RANGE_CONTIG,
        range_size=wanted,
        range_mt=u.MIGRATE_CMA if cma else u.MIGRATE_MOVABLE,
        range_zone=len(guests[0].zones) - 1,
    )


# -- kernel memory, pins


def _alloc_pages(guests: Guests, machine: Machine, command: c.AllocPages) -> None:
    words = f"{command.nr} requests of order {command.order}"
    _check_size(f"{words},", command.nr << command.order, machine.nr_pages)
    if any(guest.vm[0]["kmem_phase"] != u.KMEM_IDLE for guest in guests):
        raise RefusedError(f"{words}: others are being made, let them end first")
    for guest in guests:
        vm = guest.vm[0]
        for name in DEMAND_FIELDS:
            if name.startswith("kmem_") and name != "kmem_kept":
                vm[name] = 0
        vm["kmem_phase"] = u.KMEM_TAKING
        vm["kmem_kind"] = u.KMEM_KINDS.index(command.kind)
        vm["kmem_order"], vm["kmem_keep"] = command.order, int(command.keep)
        vm["kmem_asked"] = command.nr


def _pin(guests: Guests, machine: Machine, command: c.PinMemory) -> None:
    wanted = u.mib_to_pages(command.size_mib)
    _check_size("pins of", wanted, machine.nr_pages)
    if any(guest.vm[0]["pin_left"] for guest in guests):
        raise RefusedError(f"pins of {command.size_mib} MiB: others are being made, let them end")
    for guest in guests:
        vm = guest.vm[0]
        for name in ("pin_pos", "pin_got", "pin_moved", "pin_end"):
            vm[name] = 0
        vm["pin_asked"] = vm["pin_left"] = wanted


_HANDLERS: dict[type[c.Command], Callable[[Guests, Machine, Any], None]] = {
    c.BalloonTarget: _balloon_target,
    c.BalloonInflate: _balloon_inflate,
    c.BalloonDeflate: _balloon_deflate,
    c.CompactMemory: _compact,
    c.DirectCompact: _direct_compact,
    c.TakeHugePages: _huge,
    c.DropCaches: _drop_caches,
    c.Offline: _offline,
    c.AllocContig: _alloc_contig,
    c.AllocPages: _alloc_pages,
    c.PinMemory: _pin,
    c.Wait: _wait,
}
