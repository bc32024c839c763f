"""World: one guest per design, all at the same tick, fed the same commands and workload.

Commands become requests in each guest's own records; the core processes them tick by tick; a design
is asked for its plan after each cause. No design can see another, or a clock: the same base,
configuration and commands at the same ticks give the same bytes.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from engine import commands as c
from engine import units as u
from engine.core import run
from engine.core.balloon.balloon import balloon_size
from engine.core.observe import check
from engine.core.profile_2012 import adopt_kernel
from engine.core.ranges.range_job import at_work
from engine.designs import parse_designs
from engine.designs.base import Cause, Design, rules_dict
from engine.guest import COST_FIELDS, RANGE_FIELDS, VMSTAT_FIELDS, Guest
from engine.kernels import kernel_named
from engine.snapshot import copy_guest, digest
from engine.view import GuestView
from engine.workload import NO_OPS, Workload, WorkloadParams, adopt, live_objects

MAX_BUDGET = 16
_BUDGET_SHIFT = 18  # one unit of work a tick per 2**18 pages: 1 GiB


class BrokenInvariantError(RuntimeError):
    """A guest's records contradict each other: a defect of the simulator, never of the input."""


@dataclass(frozen=True)
class WorldConfig:
    """What a world starts from, in addition to its base guest.

    Attributes:
        designs: keys as engine.designs.parse_design reads them.
        seed: of the workload; the base guest may come from the same or another seed.
        source: the base guest in words for people.
        workload: its parameters.
        profile: whose rules the guests follow, a name in kernels.KERNELS.
    """

    designs: tuple[str, ...]
    seed: int = 1
    source: str = ""
    workload: WorkloadParams = field(default_factory=WorkloadParams)
    profile: str = u.PROFILES[u.PROFILE_MODERN]


def profile_number(profile: str) -> int:
    """The value of Guest.vm.profile for a profile's name.

    Raises:
        ValueError: there is no such profile.
    """
    return kernel_named(profile).profile


def _prepare(guest: Guest, design: Design) -> None:
    """Adapt a copy of the base guest to a design: set its rules, zero counters, settle the balloon.

    Args:
        guest: vm and the flags of the base's balloon pages are written.
        design: whose rules.
    """
    vm = guest.vm[0]
    for name, value in rules_dict(design.rules()).items():
        vm[name] = value
    # kcompactd's back-off is kept in events (core/slowpath/daemons.py), which start over with the
    # counters.
    vm["proactive_defer"] -= vm["pgalloc"] + vm["pgfree"]
    for name in (*VMSTAT_FIELDS, *COST_FIELDS, "causes", "tick"):
        vm[name] = 0
    vm["huge_first"] = vm["huge_best"] = vm["direct_result"] = 0
    vm["balloon_target"] = balloon_size(guest)
    if vm["balloon_target"] == 0:
        return
    flags = guest.pages["flags"]
    balloon = guest.pages["state"] == u.STATE_BALLOON
    flags[balloon] &= 0xFFFF & ~(u.PG_MOVABLE_OPS | u.PG_MOVED)
    if vm["rule_hook"]:
        flags[balloon & ((flags & u.PG_DEDICATED) == 0)] |= u.PG_MOVABLE_OPS


class World:
    """Guests in lockstep.

    Attributes:
        config: as given.
        designs: in panel order.
        keys: their keys, as the user wrote them.
        tick: ticks that every guest has run.
        nr_pages: pages of memory in each guest, holes not counted.
    """

    def __init__(self, base: Guest, config: WorldConfig) -> None:
        """Copy ``base`` once per design; it is not written.

        Raises:
            ValueError: designs that cannot be parsed, or an unknown profile.
        """
        self.config = config
        kernel = kernel_named(config.profile)
        self.designs: tuple[Design, ...] = parse_designs(config.designs, config.profile)
        self.keys: tuple[str, ...] = tuple(d.key for d in self.designs)
        self.tick = 0
        self.nr_pages = int(base.zones["present"].sum())
        self._budget = max(1, min(MAX_BUDGET, self.nr_pages >> _BUDGET_SHIFT))
        first = copy_guest(base)
        adopt_kernel(first, kernel)
        adopt(first)
        # Taken from the base: what a design moves or loses later must not affect the stream of
        # operations.
        self._objects = live_objects(first.pages["handle"], first.pages["order"])
        self._guests = [first, *(copy_guest(first) for _ in self.designs[1:])]
        for guest, design in zip(self._guests, self.designs, strict=True):
            _prepare(guest, design)
        self._plans = [type(d).plan is not Design.plan for d in self.designs]
        self._workload_left = -1  # ticks until it ends by itself; negative: never
        self._workload: Workload | None = None
        self._params = config.workload
        if config.workload.enabled:
            self._set_workload(True, config.workload.rate, 0)

    # -- commands

    def apply(self, command: c.Command) -> None:
        """Enter a command into every guest; the work is done by ``step``.

        Raises:
            ValueError: the command does not fit these guests; nothing has changed then.
        """
        handler = _HANDLERS.get(type(command))
        if handler is None:
            raise ValueError(f"unknown command {command!r:.60}")
        handler(self, command)
        for guest in self._guests:
            vm = guest.vm[0]
            if vm["rule_stop_on_failure"] == 0 or isinstance(command, _BALLOON_COMMANDS):
                vm["balloon_stopped"] = 0
                vm["balloon_idle_rounds"] = 0
            if isinstance(command, _BALLOON_COMMANDS):
                vm["balloon_singles"] = 0

    def _check_size(self, verb: str, nr_pages: int) -> None:
        if nr_pages > self.nr_pages:
            # A capture's memory is rarely whole MiB; people think in MiB all the same.
            limit = f"{self.nr_pages // u.MIB_PAGES} MiB"
            raise ValueError(f"{verb} {c.format_size(nr_pages)}: the guest has {limit}")

    def _balloon_target(self, command: c.BalloonTarget) -> None:
        self._check_size("balloon target of", command.nr_pages)
        for guest in self._guests:
            guest.vm[0]["balloon_target"] = command.nr_pages

    def _balloon_inflate(self, command: c.BalloonInflate) -> None:
        self._check_size("inflate by", command.nr_pages)
        for guest in self._guests:
            wanted = int(balloon_size(guest)) + command.nr_pages
            guest.vm[0]["balloon_target"] = min(wanted, self.nr_pages)

    def _balloon_deflate(self, command: c.BalloonDeflate) -> None:
        self._check_size("deflate by", command.nr_pages)
        for guest in self._guests:
            guest.vm[0]["balloon_target"] = max(int(balloon_size(guest)) - command.nr_pages, 0)

    def _compact(self, command: c.CompactMemory) -> None:
        for guest in self._guests:
            guest.vm[0]["compact_requests"] += 1

    def _direct_compact(self, command: c.DirectCompact) -> None:
        for guest in self._guests:
            guest.vm[0]["direct_request"] = command.order + 1

    def _huge(self, command: c.TakeHugePages) -> None:
        nr = min(command.nr, self.nr_pages >> u.PAGEBLOCK_ORDER)
        for guest in self._guests:
            vm = guest.vm[0]
            vm["huge_target"] = max(nr, 1)
            vm["huge_attempt"] = vm["huge_idle"] = vm["huge_best"] = vm["huge_first"] = 0

    def _drop_caches(self, command: c.DropCaches) -> None:
        for guest in self._guests:
            guest.vm[0]["drop_requests"] += 1

    def _ask_for_range(self, words: str, kind: int, **fields: int) -> None:
        """Enter a request for a range of pageblocks into every guest."""
        if any(at_work(guest, u.RANGE_NONE) for guest in self._guests):
            raise ValueError(f"{words}: another range is being emptied, let it end first")
        for guest in self._guests:
            vm = guest.vm[0]
            for name in RANGE_FIELDS:
                if name != "offline_pages":
                    vm[name] = 0
            vm["range_kind"] = kind
            vm["range_pfn"] = u.PFN_NONE
            for name, value in fields.items():
                vm[name] = value

    def _offline(self, command: c.Offline) -> None:
        words = f"offline {command.start_mib} to {command.start_mib + command.size_mib} MiB"
        start = u.mib_to_pages(command.start_mib)
        end = start + u.mib_to_pages(command.size_mib)
        zones = self._guests[0].zones
        limit = int(zones["end_pfn"][-1])
        if end > limit:
            raise ValueError(f"{words}: the memory ends at {limit // u.MIB_PAGES} MiB")
        inside = (zones["start_pfn"] <= start) & (end <= zones["end_pfn"])
        if not inside.any():
            spans = ", ".join(
                f"{u.ZONE_NAMES[zone['name']]} {int(zone['start_pfn']) // u.MIB_PAGES} to "
                f"{int(zone['end_pfn']) // u.MIB_PAGES} MiB"
                for zone in zones
            )
            raise ValueError(f"{words}: a range lies in one zone: {spans}")
        self._ask_for_range(words, u.RANGE_OFFLINE, range_start_pfn=start, range_end_pfn=end)

    def _alloc_contig(self, command: c.AllocContig) -> None:
        words = f"contiguous memory of {command.size_mib} MiB"
        nr_pages = u.mib_to_pages(command.size_mib)
        self._check_size("contiguous memory of", nr_pages)
        blocks = self._guests[0].blocks
        cma = int((blocks["migratetype"] == u.MIGRATE_CMA).sum()) * u.PAGEBLOCK_NR_PAGES
        if 0 < cma < nr_pages:
            raise ValueError(f"{words}: the CMA area has {cma // u.MIB_PAGES} MiB")
        kernel = kernel_named(self.config.profile)
        if not cma and not kernel.rules.contig_anywhere:
            raise ValueError(
                f"{words}: there is no CMA area, and {kernel.version} had no other way"
            )
        self._ask_for_range(
            words,
            u.RANGE_CONTIG,
            range_size=nr_pages,
            range_mt=u.MIGRATE_CMA if cma else u.MIGRATE_MOVABLE,
            range_zone=len(self._guests[0].zones) - 1,
        )

    def _workload_command(self, command: c.SetWorkload) -> None:
        self._set_workload(command.enabled, command.rate, command.ticks)

    def _set_workload(self, enabled: bool, rate: int, ticks: int) -> None:
        self._params = replace(self._params, rate=rate, enabled=enabled)
        self._workload_left = ticks or -1
        if self._workload is None and enabled:
            nr_handles = len(self._guests[0].pages)
            handles, orders = self._objects
            self._workload = Workload(self._params, self.config.seed, handles, orders, nr_handles)
        elif self._workload is not None:
            self._workload.params = self._params

    # -- time

    def step(self, nr_ticks: int = 1) -> None:
        """Advance every guest by ``nr_ticks``, each a fixed budget of work."""
        self.tick += nr_ticks
        while nr_ticks > 0 and self._workload is not None and self._params.enabled:
            ops = self._workload.tick()
            for i, guest in enumerate(self._guests):
                run.run_ticks(guest, ops, len(ops), 1, self._budget)
                self._plan(i)
            nr_ticks -= 1
            self._workload_left -= 1
            if self._workload_left == 0:
                self._set_workload(False, self._params.rate, 0)
        for i in range(len(self._guests)):
            self._advance(i, nr_ticks)

    def _advance(self, i: int, nr_ticks: int) -> None:
        """Advance one guest without workload, asking its design whenever a cause has come up."""
        while nr_ticks > 0:
            nr_ticks -= int(run.run_ticks(self._guests[i], NO_OPS, 0, nr_ticks, self._budget))
            self._plan(i)

    def _plan(self, i: int) -> None:
        """Tell a design what has happened and enter the work that it asks for."""
        vm = self._guests[i].vm[0]
        causes = int(vm["causes"])
        if not causes:
            return
        vm["causes"] = 0
        if not self._plans[i]:
            return
        view = self.view(i)
        for cause in Cause:
            if not causes & cause:
                continue
            for work in self.designs[i].plan(view, cause):
                if work.kind == "balloon_pass":
                    vm["pass_pending"] = 1
                    vm["pass_budget"] = work.budget
                elif work.kind == "gather":
                    vm["gather_pending"] = work.budget
                else:
                    vm["compact_requests"] += 1

    def busy_of(self, i: int) -> bool:
        """Whether a further tick would change guest ``i`` (beyond counting the tick)."""
        return self._params.enabled or bool(run.busy(self._guests[i]))

    def busy(self) -> bool:
        """Whether a further tick would change any guest."""
        return any(self.busy_of(i) for i in range(len(self._guests)))

    def run_until_idle(self, max_ticks: int = 10_000_000) -> int:
        """Run until nothing is left to do; for replay and tests.

        Returns:
            Ticks run.

        Raises:
            ValueError: the workload is on and has no end.
            RuntimeError: still busy after ``max_ticks``.
        """
        if self._params.enabled and self._workload_left < 0:
            raise ValueError("the workload is on: a world with a workload never becomes idle")
        done = 0
        while self.busy():
            if done >= max_ticks:
                raise RuntimeError(f"still busy after {done} ticks")
            self.step(256)
            done += 256
        return done

    def alone(self, i: int) -> "World":
        """A world with only a copy of guest ``i``; nothing done to it affects this one."""
        twin = copy.copy(self)
        twin.designs, twin.keys = (self.designs[i],), (self.keys[i],)
        twin.config = replace(self.config, designs=twin.keys)
        twin._guests, twin._plans = [copy_guest(self._guests[i])], [self._plans[i]]
        twin._workload = copy.deepcopy(self._workload)
        return twin

    # -- looking

    @property
    def workload(self) -> WorkloadParams:
        """Parameters of the current workload."""
        return self._params

    def guest(self, i: int) -> Guest:
        """Guest ``i`` itself; do not write to it."""
        return self._guests[i]

    def view(self, i: int) -> GuestView:
        """The current view of guest ``i``."""
        return GuestView(self._guests[i], self.busy_of(i))

    def digest(self, i: int) -> str:
        """Digest over all bytes of guest ``i``."""
        return str(digest(self._guests[i]))

    def validate(self) -> None:
        """Recount every guest the slow way.

        Raises:
            BrokenInvariantError: naming the design, the broken rule and the page.
        """
        for key, guest in zip(self.keys, self._guests, strict=True):
            code, pfn = check.validate(guest)
            if int(code):
                raise BrokenInvariantError(
                    f"{key}, tick {self.tick}: {check.explain_check(int(code), int(pfn))}"
                )


_BALLOON_COMMANDS = (c.BalloonTarget, c.BalloonInflate, c.BalloonDeflate)
_HANDLERS: dict[type[c.Command], Callable[[World, Any], None]] = {
    c.BalloonTarget: World._balloon_target,
    c.BalloonInflate: World._balloon_inflate,
    c.BalloonDeflate: World._balloon_deflate,
    c.CompactMemory: World._compact,
    c.DirectCompact: World._direct_compact,
    c.TakeHugePages: World._huge,
    c.DropCaches: World._drop_caches,
    c.Offline: World._offline,
    c.AllocContig: World._alloc_contig,
    c.SetWorkload: World._workload_command,
}
