"""A watched machine as pages ask for it: one look serves all, and each is told what it lacks."""

import base64
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.capture.pages import COUNTS
from server.live.sampler import MachineLook, Sampler

INTERVAL_S = 1.0  # between two looks, however many ask
_PLANES = ("free", "movable", "balloon", "unmovable")


class LiveFeed:
    """Looks when somebody asks, at most once a second. For any thread.

    Nobody asks: nothing is read, and a look after a long pause takes what the pause has saved up
    of its budget.
    """

    def __init__(
        self, make: Callable[[], Sampler] = Sampler, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is read yet.

        Args:
            make: the sampler, at the first question.
            clock: seconds that pass.
        """
        self._make, self._clock = make, clock
        self._lock = threading.Lock()
        self._sampler: Sampler | None = None
        self._look: MachineLook | None = None
        self._number = 0  # of the last look
        self._changed = np.zeros(0, np.int64)  # number of the look that read each pageblock last

    def since(self, number: int) -> dict[str, Any]:
        """What a page lacks that has seen the looks up to ``number``; -1: all.

        Returns:
            JSON-able dict; see docs/PROTOCOL.md.

        Raises:
            RefusedError: the machine cannot be watched; one sentence.
        """
        with self._lock:
            sampler = self._sampler = self._sampler or self._make()
            if self._look is None or self._clock() - self._look.at >= INTERVAL_S:
                before = self._look.seen_at.copy() if self._look else None
                self._look = sampler.look()
                self._number += 1
                if before is None:
                    self._changed = np.ones(len(self._look.seen_at), np.int64)
                else:
                    self._changed[self._look.seen_at != before] = self._number
            return self._told(sampler, self._look, number)

    def _told(self, sampler: Sampler, look: MachineLook, number: int) -> dict[str, Any]:
        wanted = np.flatnonzero((self._changed > number) & np.isfinite(look.seen_at))
        rows = [COUNTS.index(name) for name in _PLANES]
        return {
            "look": self._number,
            "at": round(look.at, 3),
            "cost": round(look.cost, 5),
            "blind": sampler.blind,
            "zones": [
                {
                    "node": zone.node, "zone": zone.zone, "counts": list(zone.counts),
                    "free_pages": zone.free_pages, "free_blocks": zone.free_blocks,
                    "unusable_index": zone.unusable, "fragmentation_index": zone.fragmentation,
                }
                for zone in look.reading.zones
            ],
            "events": dict(look.reading.events),
            "nr_pageblocks": len(look.seen_at),
            "spans": [
                {
                    "node": node, "zone": zone, "first": first, "end": end,
                    "start_pfn": int(sampler.blocks.pfns[first]) if first < end else 0,
                }
                for node, zone, first, end in sampler.blocks.zones
            ],
            # Little-endian, as every plane on the wire.
            "blocks": _packed(wanted.astype("<u4")),
            "ages": _packed(look.ages[wanted].astype("<f4")),
            "planes": _packed(look.counts[rows][:, wanted].astype("<u2")),
        }  # fmt: skip


def _packed(values: np.ndarray[Any, Any]) -> str:
    return base64.b64encode(values.tobytes()).decode()
