"""A watched machine as pages ask for it: one look serves all, and each is told what it lacks."""

import base64
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine.capture.pages import COUNTS
from engine.errors import RefusedError
from server.live.counters import Reading, ZoneCounts
from server.live.history import KeptLook, LookHistory, machine_record
from server.live.kept_file import KEPT_PLANES
from server.live.rows import history_csv
from server.live.sampler import MachineLook, Sampler

INTERVAL_S = 1.0  # between two looks, however many ask
LINE_POINTS = 600  # of a line over the whole history
_SCANNED = ("compact_migrate_scanned", "compact_free_scanned")
_TAKEN = ("pgsteal_kswapd", "pgsteal_direct")

log = logging.getLogger("fragscope")


class LiveFeed:
    """Looks when somebody asks, at most once a second; with a history also when nobody does.

    For any thread. Nobody asks and nothing is kept: nothing is read, and a look after a long pause
    takes what the pause has saved up of its budget.
    """

    def __init__(
        self,
        make: Callable[[], Sampler] = Sampler,
        clock: Callable[[], float] = time.monotonic,
        history: LookHistory | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            make: the sampler, at the first question.
            clock: seconds that pass.
            history: where looks are kept, by this process; None: nowhere.
        """
        self._make, self._clock = make, clock
        self.history = history
        self._lock = threading.Lock()
        self._sampler: Sampler | None = None
        self._look: MachineLook | None = None
        self._number = 0  # of the last look
        self._kept = -1  # its number in the history
        self._changed = np.zeros(0, np.int64)  # number of the look that read each pageblock last
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    # -- looking by itself

    def begin(self) -> None:
        """Look once a second from now on, whether somebody asks or not."""
        self._thread = threading.Thread(target=self._look_on, name="watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop looking; another process may write the history then."""
        self._ended.set()
        if self._thread:
            self._thread.join()
        if self.history:
            self.history.close()

    def _look_on(self) -> None:
        told = ""
        while not self._ended.wait(self._due_in()):
            try:
                with self._lock:
                    self._refresh()
                said = self.history.stopped if self.history else ""
            except RefusedError as error:
                said = str(error)
            if said != told:
                log.warning("%s", said or "looks are kept again")
            told = said

    def _due_in(self) -> float:
        """Seconds until the next look."""
        look = self._look
        # A look that failed is tried again in a second.
        left = look.at + INTERVAL_S - self._clock() if look else -INTERVAL_S
        return INTERVAL_S if left <= -INTERVAL_S else max(0.0, left)

    def _refresh(self) -> tuple[Sampler, MachineLook]:
        """The last look; a new one when it is due. With the lock held."""
        sampler = self._sampler = self._sampler or self._make()
        if self._look is not None and self._clock() - self._look.at < INTERVAL_S:
            return sampler, self._look
        before = self._look.seen_at.copy() if self._look else None
        look = self._look = sampler.look()
        self._number += 1
        if before is None:
            self._changed = np.ones(len(look.seen_at), np.int64)
        else:
            self._changed[look.seen_at != before] = self._number
        if self.history:
            with sampler.charged():
                self._kept = self.history.add(look, sampler.blocks, sampler.blind)
        return sampler, look

    # -- answers

    def since(self, number: int) -> dict[str, Any]:
        """What a page lacks that has seen the looks up to ``number``; -1: all.

        Returns:
            JSON-able dict; see docs/PROTOCOL.md.

        Raises:
            RefusedError: the machine cannot be watched; one sentence.
        """
        with self._lock:
            sampler, look = self._refresh()
            wanted = np.flatnonzero((self._changed > number) & np.isfinite(look.seen_at))
            machine = machine_record(look, sampler.blocks, sampler.blind, began=False)
            rows = [COUNTS.index(name) for name in KEPT_PLANES]
            return {
                "look": self._number,
                "kept": self._kept,
                "kept_first": self.history.first if self.history else 0,
                "unkept": self.history.stopped if self.history else "",
                "at": round(look.at, 3),
                "wall": round(time.time(), 3),
                **_told(look.reading, look.cost, machine),
                "blocks": _packed(wanted.astype("<u4")),
                "ages": _packed(look.ages[wanted].astype("<f4")),
                "planes": _packed(look.counts[rows][:, wanted].astype("<u2")),
            }

    def past(self, number: int) -> dict[str, Any]:
        """A kept look, in the form of ``since(-1)``.

        Raises:
            RefusedError: it is not kept.
        """
        history = self._kept_history()
        look = history.look(number)
        before = next(history.looks([number - 1]), None)
        wanted = np.flatnonzero(np.isfinite(look.ages))
        return {
            "look": look.number,
            "kept": look.number,
            "kept_first": history.first,
            "unkept": "",
            "before": before and {"at": before.wall, "events": dict(before.reading.events)},
            "at": look.wall,
            "wall": round(look.wall, 3),
            **_told(look.reading, look.cost, look.machine),
            "blocks": _packed(wanted.astype("<u4")),
            "ages": _packed(look.ages[wanted].astype("<f4")),
            "planes": _packed(look.planes[:, wanted].astype("<u2")),
        }

    def lines(self) -> Iterator[str]:
        """The whole history as CSV.

        Raises:
            RefusedError: none is kept.
        """
        return history_csv(self._kept_history())

    def summary(self) -> dict[str, Any]:
        """The whole history in a few hundred points, for a bar of time and lines over it."""
        history = self.history
        if history is None or history.last < history.first:
            return {"first": 0, "last": -1, "bytes": 0, "marks": [], "maps": [], "points": {}}
        first, last = history.first, history.last
        step = max(1, -(-(last - first + 1) // LINE_POINTS))
        looks = list(history.looks([*range(first, last, step), last]))
        return {
            "first": first,
            "last": last,
            "bytes": history.size,
            "marks": history.marks(),
            "maps": history.maps(),
            "points": _points(looks),
        }

    def _kept_history(self) -> LookHistory:
        if self.history is None:
            raise RefusedError("no history is kept here: FRAGSCOPE_WATCH_HISTORY_MIB is 0")
        return self.history


def _told(reading: Reading, cost: float, machine: dict[str, Any]) -> dict[str, Any]:
    return {
        "cost": round(cost, 5),
        "blind": machine["blind"],
        "zones": [
            {
                "node": zone.node, "zone": zone.zone, "counts": list(zone.counts),
                "free_pages": zone.free_pages, "free_blocks": zone.free_blocks,
                "unusable_index": zone.unusable, "fragmentation_index": zone.fragmentation,
            }
            for zone in reading.zones
        ],
        "events": dict(reading.events),
        "nr_pageblocks": machine["nr_pageblocks"],
        "spans": machine["spans"],
    }  # fmt: skip


def _points(looks: list[KeptLook]) -> dict[str, list[float]]:
    """Lists of equal length: what the page draws lines of."""
    readings = [look.reading for look in looks]
    return {
        "look": [look.number for look in looks],
        "wall": [round(look.wall, 1) for look in looks],
        "free_blocks": [sum(zone.free_blocks for zone in one.zones) for one in readings],
        "free_pages": [sum(zone.free_pages for zone in one.zones) for one in readings],
        "scanned": [sum(one.events.get(name, 0) for name in _SCANNED) for one in readings],
        "unusable": [_largest(look).unusable for look in looks],
        "fragmentation": [_largest(look).fragmentation for look in looks],
        "taken": [sum(one.events.get(name, 0) for name in _TAKEN) for one in readings],
    }


def _largest(look: KeptLook) -> ZoneCounts:
    """The zone with most pageblocks, whose indices are drawn."""
    sizes = {
        (span["node"], span["zone"]): span["end"] - span["first"] for span in look.machine["spans"]
    }
    return max(look.reading.zones, key=lambda zone: sizes.get((zone.node, zone.zone), 0))


def _packed(values: np.ndarray[Any, Any]) -> str:
    """Little-endian in base64, as every plane on the wire."""
    return base64.b64encode(values.tobytes()).decode()
