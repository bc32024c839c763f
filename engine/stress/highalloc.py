"""One run of stress-highalloc under one design: the world, the balloon's cycle, the scores.

The same seed gives every design the same rows and the same balloon targets at the same time. A slot
is the rows, then TICKS ticks of the world: the balloon, the design's work, the daemons.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import commands as c
from engine import units as u
from engine.core.workload import stress_builds as b
from engine.kernels import kernel_named
from engine.stress.machine import make_machine, set_min_free
from engine.stress.params import SLOTS_PER_SECOND, HighallocParams
from engine.stress.phases import PASSES, Timetable
from engine.stress.stream import as_array
from engine.workload import RandomBits
from engine.world import World, WorldConfig

TICKS = 8  # ticks of the world in a slot: 32 MiB of balloon at 4 GiB, i.e. 256 MiB a second
_RETRY_SLOTS = 2  # the driver sleeps 200 ms after a failed allocation; here two slots, 250 ms

PhaseReport = Callable[[str, float], None]

RUN_COUNTERS = {
    "compact_stall": "compact_stall",
    "compact_success": "compact_success",
    "compact_fail": "compact_fail",
    "pages_moved": "pgmigrate_success",
    "pages_move_failed": "pgmigrate_fail",
    "balloon_pages_moved": "balloon_migrate",
    "balloon_pages_in": "balloon_inflate",
    "balloon_pages_out": "balloon_deflate",
    "balloon_out_of_puff": "balloon_out_of_puff",
    "host_exits": "host_exits",
    "kswapd_pages_scanned": "pgscan_kswapd",
    "kswapd_pages_reclaimed": "pgsteal_kswapd",
    "direct_pages_scanned": "pgscan_direct",
    "direct_pages_reclaimed": "pgsteal_direct",
    "thp_fault_alloc": "thp_fault_alloc",
    "thp_fault_fallback": "thp_fault_fallback",
    "extfrag_claim": "extfrag_claim",
    "extfrag_steal": "extfrag_steal",
    "pages_refused": "workload_failed",
}


@dataclass
class BalloonCycle:
    """The balloon's cycle: up by a chunk every period, then down by a chunk every period, for ever.

    Attributes:
        chunk: pages moved at a time.
        steps: movements from empty to full.
        at: movements made so far, counted from empty.
        next_slot: slot of the next movement.
        period: slots from one to the next.
    """

    chunk: int
    steps: int
    at: int
    next_slot: int
    period: int

    def target(self, slot: int) -> int | None:
        """The new target in pages if the balloon moves in this slot."""
        if slot != self.next_slot or self.steps == 0:
            return None
        self.next_slot += self.period
        place = self.at % (2 * self.steps)
        self.at += 1
        return self.chunk * (place if place <= self.steps else 2 * self.steps - place)


def make_balloon_cycle(params: HighallocParams, seed: int) -> BalloonCycle:
    """A cycle whose phase at the start is drawn from the seed: it was never published."""
    bits = RandomBits(seed ^ 0x62616C6C6F6F6E)
    steps = params.balloon_mib // params.chunk_mib if params.chunk_mib else 0
    period = params.period_s * SLOTS_PER_SECOND
    return BalloonCycle(
        chunk=u.mib_to_pages(params.chunk_mib),
        steps=steps,
        at=int(bits.below(max(2 * steps, 1), 1)[0]),
        next_slot=1 + int(bits.below(period, 1)[0]),
        period=period,
    )


class HighallocRun:
    """The benchmark under one design.

    Attributes:
        world: one guest, one design.
        scores: percent of each finished pass.
        done: finished slots.
    """

    def __init__(self, design: str, params: HighallocParams, seed: int, profile: str) -> None:
        """Boot the guest; nothing is running yet.

        Args:
            design: key, as engine.designs.parse_design reads it.
            params: see there.
            seed: of the builds, the balloon's place in its cycle, and the guest.
            profile: ``2012`` or ``modern``.

        Raises:
            RefusedError: an unknown design or profile, or a guest too small for the builds.
        """
        base = make_machine(params.memory_mib, seed)
        self.world = World(base, WorldConfig((design,), seed, profile=profile))
        self._params = params
        self._guest = self.world.guest(0)
        self._rules = kernel_named(profile).rules
        # Whatever was recorded elsewhere: the driver of 2012 tries again under every design.
        self._guest.vm[0]["rule_stop_on_failure"] = 0
        # __GFP_NO_KSWAPD: until 2012 a fault for a huge page woke nobody (include/linux/gfp.h).
        thp = u.GFP_HIGHUSER | u.GFP_NORETRY | u.GFP_NOMEMALLOC
        if not self._rules.thp_wakes_kswapd:
            thp &= ~u.GFP_KSWAPD_RECLAIM
        managed = int(base.zones["managed"].sum())
        self._timetable = Timetable(params, seed, managed, len(base.pages), thp)
        self._balloon = make_balloon_cycle(params, seed)
        self._state = np.zeros(b.NR_STATE, np.int64)
        self._state[b.LOG_BASE] = self._timetable.log
        self._state[b.STUCK_IN] = max(100 // max(params.stuck_percent, 1), 1)
        self.scores: dict[str, float] = {}
        self.done = 0

    def _tick(self, slot: int) -> None:
        """The world's share of a slot. The driver retries only every other slot.

        Args:
            slot: number of the slot.
        """
        vm = self._guest.vm[0]
        vm["balloon_stopped"] = 1 if slot % _RETRY_SLOTS and vm["balloon_idle_rounds"] else 0
        vm["balloon_idle_rounds"] = 0
        self.world.step(1)
        if vm["balloon_idle_rounds"]:
            vm["balloon_stopped"] = 1
        idle = vm["balloon_idle_rounds"]
        self.world.step(TICKS - 1)
        vm["balloon_idle_rounds"] = max(idle, vm["balloon_idle_rounds"])

    def _event(self, event: str) -> None:
        """A one-off event."""
        if event == "drop":
            self.world.apply(c.DropCaches())
        elif event == "min_free":
            percent = 25 if self._rules.marks_from_min else 0
            set_min_free(self._guest, self._params.rested_min_free_kb, percent)
        elif event == "score":
            name = PASSES[len(self.scores)]
            attempts = max(int(self._state[b.ATTEMPTS]), 1)
            self.scores[name] = round(100 * int(self._state[b.SUCCESSES]) / attempts, 1)
            self._state[b.ATTEMPTS] = self._state[b.SUCCESSES] = 0

    def run(
        self, progress: PhaseReport | None = None, check: Callable[[World], None] | None = None
    ) -> dict[str, Any]:
        """Run the benchmark from start to finish.

        Args:
            progress: called about once a simulated second with the phase and the share of it done.
            check: called with the world after each phase, for tests.

        Returns:
            Scores in percent and the counters of RUN_COUNTERS.
        """
        phase = ""
        for slot in self._timetable.slots():
            if slot.phase != phase and phase and check is not None:
                check(self.world)
            phase = slot.phase
            rows = as_array(slot.rows)
            target = self._balloon.target(self.done)
            if target is not None:
                self.world.apply(c.BalloonTarget(target))
                self._guest.vm[0]["balloon_idle_rounds"] = 0
            b.run_builds(self._guest, rows, len(rows), self._state)
            self._event(slot.event)
            self._tick(self.done)
            self.done += 1
            if progress is not None and self.done % SLOTS_PER_SECOND == 0:
                progress(phase, slot.at)
        if check is not None:
            check(self.world)
        return self.result()

    def result(self) -> dict[str, Any]:
        """Scores and counters so far."""
        vm = self._guest.vm[0]
        return {**self.scores, **{name: int(vm[field]) for name, field in RUN_COUNTERS.items()}}
