"""What real kernels did from the examples' states: numbers of every repetition, pictures of one.

Reads ``result.json`` beside an example's capture, and the captures taken after the recorded steps
(``DESIGN-STEP-OPERATION.tar.xz``). Quantities have the names of the statistics on the wire and are
counted as engine/replay.py counts them, so that a page can hold them against a frame. Nothing is
simulated here: a picture is a real machine's memory, read as a guest only to be shown.
"""

import json
import statistics
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import commands as c
from engine import units as u
from engine.capture.load import guest_from_capture, load_capture
from engine.capture.text import MIGRATETYPE_NAMES, ZoneKey, parse_buddyinfo
from engine.core.memory.metrics import contig_pages
from engine.designs import parse_design
from engine.recordings.fidelity import CAPTURE_NAME, LEAST_BAND, RECORDED_AS, RESULT_NAME
from engine.replay import Op, command_of, parse_ops
from engine.view import FLAG_DEDICATED
from engine.world import World, WorldConfig
from server.errors import NotFoundError
from server.wire.frames import DecodedPanel, Picture, encode_key


@dataclass(frozen=True)
class Recipe:
    """How a design was recorded on a real kernel.

    Attributes:
        name: in result.json and in the names of the captures.
        key: the design here.
        text: how the kernel was made to do it.
    """

    name: str
    key: str
    text: str


_TEXTS = {
    "pinned": "A kernel module that takes single unmovable pages, as virtio_balloon did before "
    "Linux 3.8.",
    "hook": "The virtio_balloon driver of Linux 6.12 as it is.",
    "literal": "A kernel module that takes single unmovable pages and, after each compaction, "
    "moves them into pageblocks that are free.",
    "dedicated": "A kernel module that takes whole pageblocks first and single unmovable pages "
    "for the rest.",
}
RECIPES = tuple(Recipe(name, key, _TEXTS[name]) for name, key in RECORDED_AS.items())


@dataclass(frozen=True)
class Quantity:
    """A number that was recorded, and how near is near.

    The band is the spread of the repetitions, but at least ``least`` and ``share`` of their mean.

    Attributes:
        stat: statistic of the wire that it is held against.
        least: in the statistic's unit.
        share: of the mean.
        only: design that has it, empty = all.
    """

    stat: str
    least: float
    share: float
    only: str = ""


def _quantity(stat: str, like: str, unit: int = 1, only: str = "") -> Quantity:
    """A statistic judged like a quantity of recordings/fidelity.py, given in another unit."""
    least, share = LEAST_BAND[like]
    return Quantity(stat, least * unit, share, only)


STATE = (
    _quantity("free_blocks_all", "blocks"),
    _quantity("nr_free_pages", "free"),
    _quantity("unusable_index_9", "unusable", 1000),
    _quantity("balloon_actual", "gained", u.MIB_PAGES),
)
COUNTERS = (
    _quantity("compact_migrate_scanned", "scanned"),
    _quantity("compact_free_scanned", "scanned"),
    _quantity("compact_isolated", "isolated"),
    _quantity("pgmigrate_success", "isolated"),
    _quantity("balloon_migrate", "moved", only="lru_hook"),
)
HUGE = (_quantity("huge_best", "huge"), _quantity("huge_first", "huge"))
QUANTITIES: dict[str, Quantity] = {q.stat: q for q in (*STATE, *COUNTERS, *HUGE)}

_LETTERS = {name[0]: t for name, t in MIGRATETYPE_NAMES.items()}


def spread(quantity: Quantity, each: list[float]) -> dict[str, Any]:
    """Lowest, mean and highest of the repetitions, and the band round the mean.

    Args:
        quantity: whose.
        each: one value a repetition.
    """
    mean = statistics.fmean(each)
    near = max(quantity.least, quantity.share * abs(mean), max(each) - min(each))
    return {
        "low": min(each), "mean": round(mean, 3), "high": max(each),
        "band": [round(mean - near, 3), round(mean + near, 3)], "each": each,
    }  # fmt: skip


def _words(op: Op) -> str:
    """An operation for people."""
    name, number = op[0], op[1]
    if name == "huge":
        return f"take up to {number:,} huge pages"
    return {
        "inflate": f"inflate by {number} MiB", "deflate": f"deflate by {number} MiB",
        "compact": "compact", "drop": "drop caches",
    }[name]  # fmt: skip


class Recording:
    """The recorded outcomes of one example."""

    def __init__(self, folder: Path) -> None:
        """Read ``result.json``; captures are read when a picture is asked for.

        Raises:
            ValueError: it is not what it should be; one sentence.
        """
        self.folder = folder
        data = json.loads((folder / RESULT_NAME).read_text(encoding="utf-8"))
        try:
            self.scenario: dict[str, Any] = data["scenario"]
            self.start: dict[str, Any] = data["s1"]
            self.repetitions: dict[str, list[list[dict[str, Any]]]] = data["designs"]
            self.ops = parse_ops(self.scenario["ops"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"{folder.name}/{RESULT_NAME} lacks {error}") from error
        self.recipes = {r.key: r for r in RECIPES if r.name in self.repetitions}

    @cached_property
    def main_zone(self) -> ZoneKey:
        """The zone with the most managed pages."""
        capture = load_capture(self.folder / CAPTURE_NAME, self.folder.name)
        return max(capture.zones, key=lambda zone: zone.number("managed")).key

    # -- numbers
    def _state(self, step: Mapping[str, Any], recipe: Recipe) -> dict[str, float]:
        """What memory looked like after a step, and the counters since the start."""
        zones = parse_buddyinfo(step["buddyinfo"].encode())
        now, first = step["vmstat"], self.start["vmstat"]
        since = {name: now[name] - first[name] for name in first if name in now}
        free, _, pieces = contig_pages(zones[self.main_zone], u.PAGEBLOCK_ORDER)
        taken, _ = self._lab(step)
        if recipe.key == "lru_hook":
            taken = since["balloon_inflate"] - since["balloon_deflate"]
        unusable = 1000 * (1 - pieces * u.PAGEBLOCK_NR_PAGES / free) if free else 1000.0
        out: dict[str, float] = {
            "free_blocks_all": sum(counts[9] + 2 * counts[10] for counts in zones.values()),
            "nr_free_pages": sum(n << o for counts in zones.values() for o, n in enumerate(counts)),
            "unusable_index_9": round(unusable, 1),
            "balloon_actual": taken,
        }
        for quantity in COUNTERS:
            if quantity.only in ("", recipe.key):
                out[quantity.stat] = since[quantity.stat]
        return out

    @staticmethod
    def _lab(step: Mapping[str, Any]) -> tuple[int, int]:
        """Pages that the module's balloon held: all, and those in whole pageblocks."""
        words = step["lab"].split()
        held = dict(zip(words[::2], map(int, words[1::2]), strict=True))
        return held["scattered"] + held["dedicated"], held["dedicated"]

    def _values(self, recipe: Recipe, index: int) -> dict[str, dict[str, Any]]:
        """What was recorded after ``index`` operations, by statistic."""
        if index == 0:
            state = self._state(self.start, recipe)
            return {q.stat: spread(q, [state[q.stat]]) for q in STATE}
        found = []
        for repetition in self.repetitions[recipe.name]:
            step = repetition[index - 1]
            if step["op"][0] == "huge":
                best, first = step["got"]
                found.append({"huge_best": best, "huge_first": first})
            else:
                found.append(self._state(step, recipe))
        return {
            stat: spread(QUANTITIES[stat], [values[stat] for values in found]) for stat in found[0]
        }

    def _capture(self, recipe: Recipe, index: int) -> Path:
        """The capture after ``index`` operations, whether there is one or not."""
        if index == 0:
            return self.folder / CAPTURE_NAME
        return self.folder / f"{recipe.name}-{index - 1}-{self.ops[index - 1][0]}.tar.xz"

    def describe(self) -> dict[str, Any]:
        """The answer of GET /api/recorded/{example}."""
        operations = []
        for i, op in enumerate(self.ops):
            command = command_of(op)
            if command is None:
                raise ValueError(f"{self.folder.name}: operation {i} asks for nothing")
            same = [command]
            if isinstance(command, c.BalloonInflate) and i == 0:
                same.append(c.BalloonTarget(command.nr_pages))  # from an empty balloon
            operations.append(
                {
                    "command": command.to_dict(),
                    "same": [each.to_dict() for each in same],
                    "text": _words(op),
                }
            )
        designs = []
        for key, recipe in self.recipes.items():
            steps = []
            picture = None
            for index in range(len(self.ops) + 1):
                if self._capture(recipe, index).is_file():
                    picture = index
                steps.append({"picture": picture, "values": self._values(recipe, index)})
            designs.append(
                {
                    "key": key,
                    "name": key.partition(":")[0],
                    "toggles": dict(parse_design(key).params),
                    "text": recipe.text,
                    "repetitions": len(self.repetitions[recipe.name]),
                    "steps": steps,
                }
            )
        return {
            "example": self.folder.name,
            "kernel": str(self.scenario.get("kernel", "")),
            "profile": "modern",
            "operations": operations,
            "designs": designs,
        }

    # -- pictures
    def picture(self, key: str, index: int) -> bytes:
        """The memory after ``index`` operations, first repetition, as a key frame of one design.

        Raises:
            NotFoundError: nothing was recorded there.
        """
        name = self.folder.name
        recipe = self.recipes.get(key)
        if recipe is None:
            raise NotFoundError(f"{name} was not recorded under {key!r:.60}")
        if not 0 <= index <= len(self.ops):
            raise NotFoundError(f"{name} has steps 0 to {len(self.ops)}, not {index}")
        path = self._capture(recipe, index)
        if not path.is_file():
            raise NotFoundError(f"memory was not recorded after step {index} of {name}")
        guest = guest_from_capture(load_capture(path, f"{name} {path.name}"), 1)
        # The design's rules decide which pageblocks compaction could empty.
        view = World(guest, WorldConfig((key,))).view(0)
        step = self.start if index == 0 else self.repetitions[recipe.name][0][index - 1]
        planes = dict(view.planes)
        planes["migratetype"] = self._migratetypes(step, len(planes["migratetype"]))
        planes["flags"] = self._flags(step, planes["flags"], planes["balloon"])
        panel = DecodedPanel(planes, view.stats)
        return encode_key(Picture(index, 0, 0, index, (panel,)))

    @staticmethod
    def _migratetypes(step: Mapping[str, Any], nr: int) -> NDArray[np.uint8]:
        """The true types of all pageblocks, which only a module could read off."""
        types = np.full(nr, u.MIGRATE_MOVABLE, np.uint8)
        known = [_LETTERS.get(letter, u.MIGRATE_MOVABLE) for letter in step["blocks"][:nr]]
        types[: len(known)] = known
        return types

    def _flags(
        self,
        step: Mapping[str, Any],
        flags: NDArray[np.generic],
        balloon: NDArray[np.generic],
    ) -> NDArray[np.uint8]:
        """The flags plane, dedicated pageblocks marked where the count shows which they are."""
        out = flags.astype(np.uint8)
        full = balloon == u.PAGEBLOCK_NR_PAGES
        _, dedicated = self._lab(step)
        if dedicated and int(full.sum()) * u.PAGEBLOCK_NR_PAGES == dedicated:
            out[full] |= FLAG_DEDICATED
        return out


class Recordings:
    """All recordings by example; what was read or made once is kept. For any thread."""

    def __init__(self, folder: Path) -> None:
        """Look which examples come with recorded outcomes.

        Args:
            folder: one folder an example.
        """
        self._folders = {path.parent.name: path.parent for path in folder.glob(f"*/{RESULT_NAME}")}
        self._lock = threading.Lock()
        self._recordings: dict[str, Recording] = {}
        self._described: dict[str, dict[str, Any]] = {}
        self._pictures: dict[tuple[str, str, int], bytes] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._folders

    def _recording(self, name: str) -> Recording:
        if name not in self._folders:
            raise NotFoundError(f"nothing was recorded for {name!r:.60}")
        if name not in self._recordings:
            self._recordings[name] = Recording(self._folders[name])
        return self._recordings[name]

    def describe(self, name: str) -> dict[str, Any]:
        """Operations and numbers of one example.

        Raises:
            NotFoundError: nothing was recorded.
        """
        with self._lock:
            if name not in self._described:
                self._described[name] = self._recording(name).describe()
            return self._described[name]

    def picture(self, name: str, key: str, index: int) -> bytes:
        """One picture; see Recording.picture.

        Raises:
            NotFoundError: nothing was recorded.
        """
        place = (name, key, index)
        with self._lock:  # one at a time: a capture takes memory while it is read
            if place not in self._pictures:
                self._pictures[place] = self._recording(name).picture(key, index)
            return self._pictures[place]
