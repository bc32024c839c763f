"""World: one guest per design, all at the same tick, fed the same commands and workload.

Commands become requests in each guest's own records; the core processes them tick by tick; a design
is asked for its plan after each cause. No design can see another, or a clock: the same base,
configuration and commands at the same ticks give the same bytes.
"""

import copy
import hashlib
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine import commands as c
from engine import requests
from engine import units as u
from engine.core import run
from engine.core.balloon.balloon import balloon_size
from engine.core.memory import clock
from engine.core.observe import check
from engine.core.observe.observe import free_counts
from engine.core.profile_2012 import adopt_kernel
from engine.core.slowpath import kcompactd
from engine.designs import parse_designs
from engine.designs.base import Cause, Design, rules_dict
from engine.errors import RefusedError
from engine.guest import COST_FIELDS, TASK_FIELDS, TIME_FIELDS, VMSTAT_FIELDS, Guest
from engine.kernels import kernel_named
from engine.snapshot import copy_guest, digest, frozen_copy, restore
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
        RefusedError: there is no such profile.
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
    now = clock.clock_us(guest)
    at_nought = (*VMSTAT_FIELDS, *COST_FIELDS, *TIME_FIELDS, *TASK_FIELDS, "causes", "tick")
    for name in (*at_nought, "direct_work", "task_paid", "sched_now"):
        vm[name] = 0
    kcompactd.restart_timers(guest, now)
    vm["huge_first"] = vm["huge_best"] = vm["direct_result"] = 0
    vm["balloon_target"] = balloon_size(guest)
    if vm["balloon_target"] == 0:
        return
    flags = guest.pages["flags"]
    balloon = guest.pages["state"] == u.STATE_BALLOON
    flags[balloon] &= 0xFFFF & ~(u.PG_MOVABLE_OPS | u.PG_MOVED)
    if vm["rule_hook"]:
        flags[balloon & ((flags & u.PG_DEDICATED) == 0)] |= u.PG_MOVABLE_OPS


def _budget(nr_pages: int) -> int:
    """Units of work per tick of a guest."""
    return max(1, min(MAX_BUDGET, nr_pages >> _BUDGET_SHIFT))


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Everything that determines what a world does next, taken between two ticks.

    Immutable: its arrays are read-only, and no world writes to it.

    Attributes:
        config: of the world.
        tick: ticks run so far.
        nr_pages: memory of each guest at the start.
        guests: one per design.
        objects: int32[n] handles and uint8[n] orders that a first workload starts from.
        params: of the workload at that time.
        workload_left: ticks until it ends by itself; negative: never.
        workload: position in its stream of operations; None: it has never been on.
    """

    config: WorldConfig
    tick: int
    nr_pages: int
    guests: tuple[Guest, ...]
    objects: tuple[NDArray[np.int32], NDArray[np.uint8]]
    params: WorkloadParams
    workload_left: int
    workload: Workload | None


class World:
    """Guests in lockstep.

    Attributes:
        config: as given.
        designs: in panel order.
        keys: their keys, as the user wrote them.
        tick: ticks that every guest has run.
        nr_pages: pages of memory in each guest, holes not counted.
    """

    def __init__(self, base: Guest, config: WorldConfig, owned: bool = False) -> None:
        """Copy ``base`` once per design; it is not written, unless ``owned``: given away.

        Raises:
            RefusedError: designs that cannot be parsed, or an unknown profile.
        """
        self.config = config
        kernel = kernel_named(config.profile)
        self.designs: tuple[Design, ...] = parse_designs(config.designs, config.profile)
        self.keys: tuple[str, ...] = tuple(d.key for d in self.designs)
        self.tick = 0
        self.nr_pages = int(base.zones["present"].sum())
        self._budget = _budget(self.nr_pages)
        first = base if owned else copy_guest(base)
        adopt_kernel(first, kernel)
        adopt(first)
        # Taken from the base: what a design moves or loses later must not affect the stream of
        # operations.
        self._objects = live_objects(first.pages["handle"], first.pages["order"])
        for array in self._objects:
            array.flags.writeable = False
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
            RefusedError: the command does not fit these guests; nothing has changed then.
        """
        if isinstance(command, c.SetWorkload):
            self._set_workload(command.enabled, command.rate, command.ticks)
        else:
            requests.enter(self._guests, self._machine(), command)
        requests.wake_balloons(self._guests, command)

    def check(self, command: c.Command) -> None:
        """Find out whether apply() would refuse ``command``; nothing changes.

        Raises:
            RefusedError: see apply().
        """
        if not isinstance(command, c.SetWorkload):
            requests.try_enter(self._guests, self._machine(), command)

    def _machine(self) -> requests.Machine:
        return requests.Machine(self.nr_pages, kernel_named(self.config.profile))

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

    def run_until_done(self, max_ticks: int = 10_000_000) -> int:
        """Run until every request is done; daemons may still be at work.

        Returns:
            Ticks run.

        Raises:
            RuntimeError: not done after ``max_ticks``.
        """
        done = 0
        while any(run.has_jobs(guest) for guest in self._guests):
            if done >= max_ticks:
                raise RuntimeError(f"still at work after {done} ticks")
            self.step()
            done += 1
        return done

    def run_until_idle(self, max_ticks: int = 10_000_000) -> int:
        """Run until nothing is left to do; for replay and tests.

        Returns:
            Ticks run.

        Raises:
            ValueError: the workload is on and has no end.
            RuntimeError: still busy after ``max_ticks``.
        """
        if self.endless:
            raise ValueError("the workload is on: a world with a workload never becomes idle")
        done = 0
        while self.busy():
            if done >= max_ticks:
                raise RuntimeError(f"still busy after {done} ticks")
            self.step(256)
            done += 256
        return done

    def alone(self, i: int, copied: bool = True) -> "World":
        """A world with only guest ``i``; with a copy of it, nothing done there affects this one."""
        twin = copy.copy(self)
        twin.designs, twin.keys, twin._plans = (self.designs[i],), (self.keys[i],), [self._plans[i]]
        twin.config = replace(self.config, designs=twin.keys)
        twin._guests = [copy_guest(self._guests[i]) if copied else self._guests[i]]
        twin._workload = self._workload and self._workload.copy()
        return twin

    # -- keeping and going back

    def glance(self) -> Checkpoint:
        """What checkpoint() saves, over this world's own arrays: until the next command or tick."""
        return Checkpoint(
            self.config,
            self.tick,
            self.nr_pages,
            tuple(self._guests),
            self._objects,
            self._params,
            self._workload_left,
            self._workload,
        )

    def checkpoint(self) -> Checkpoint:
        """Save what determines this world's future, to return to it later."""
        guests = tuple(frozen_copy(guest) for guest in self._guests)
        workload = self._workload and self._workload.copy(frozen=True)
        return replace(self.glance(), guests=guests, workload=workload)

    def restore(self, point: Checkpoint) -> None:
        """Continue from ``point``, taken from this world or another one with the same config.

        Raises:
            RefusedError: it is from a world with another config or memory map; nothing has
                changed then.
        """
        if point.config != self.config:
            raise RefusedError("restore: the checkpoint is of a world with another config")
        mine, kept = self._guests[0], point.guests[0]
        if mine.pages.shape != kept.pages.shape or mine.zones.shape != kept.zones.shape:
            raise RefusedError("restore: the checkpoint is of a guest with another memory map")
        for guest, source in zip(self._guests, point.guests, strict=True):
            restore(guest, source)
        self.tick = point.tick
        self.nr_pages, self._budget = point.nr_pages, _budget(point.nr_pages)
        self._objects = point.objects
        self._params = point.params
        self._workload_left = point.workload_left
        self._workload = point.workload and point.workload.copy()

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

    def zone_counts(self, i: int) -> list[tuple[str, list[int]]]:
        """Name and free blocks per order of each zone of guest ``i``, ascending."""
        guest = self._guests[i]
        return [
            (u.ZONE_NAMES[int(zone["name"])], free_counts(guest, at).tolist())
            for at, zone in enumerate(guest.zones)
        ]

    def digest(self, i: int) -> str:
        """Digest over all bytes of guest ``i``."""
        return str(digest(self._guests[i]))

    def state_digest(self) -> str:
        """One digest over all guests: equal worlds have equal ones, on every machine."""
        found = hashlib.blake2b(digest_size=16)
        for key, guest in zip(self.keys, self._guests, strict=True):
            found.update(f"{key} {digest(guest)}\n".encode())
        return found.hexdigest()

    @property
    def endless(self) -> bool:
        """Whether a workload is on that does not end by itself: such a world is never idle."""
        return self._params.enabled and self._workload_left < 0

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
