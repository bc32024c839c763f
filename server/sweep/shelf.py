"""Sweeps to look at: those of the project and those of a folder that the settings name.

A folder with grid.toml and results.csv is one; sweep.json and found.md say more. Tables are read
when they are asked for and kept while their file stays the same.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from engine.core import engine_digest
from engine.designs import MAX_DESIGNS
from engine.errors import RefusedError
from engine.sweep.contest import Judge
from engine.sweep.courses import Value
from engine.sweep.grid import MAX_GRID_BYTES, Grid, SweepRun, grid_from_text
from engine.sweep.table import rows_from_csv
from engine.sweep.winners import axis_values_in, lettered, winners_map
from server.errors import NotFoundError
from server.paths import sweeps_folder
from server.settings import Settings
from server.sweep.paper import RULE, cell_mark, cell_words
from server.sweep.store import FACTS, GRID, RESULTS

MAX_TABLE_BYTES = 64 << 20
FOUND = "found.md"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_KEPT = 8  # tables


@dataclass(frozen=True)
class ShownSweep:
    """A sweep as it lies on disk.

    Attributes:
        name: of its folder.
        folder: where.
        grid: what was asked.
        rows: every run.
        facts: of sweep.json.
        text: what was found, Markdown; "" where nobody wrote it.
    """

    name: str
    folder: Path
    grid: Grid
    rows: list[dict[str, Any]]
    facts: dict[str, Any]
    text: str


class SweepShelf:
    """All sweeps that there are."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Nothing is read.

        Args:
            folders: looked through in this order; of two with one name the first counts.
        """
        self._folders = tuple(folders)
        self._kept: dict[str, tuple[tuple[Path, int, int], ShownSweep]] = {}
        self._lock = Lock()

    def names(self) -> list[str]:
        """Names of all sweeps."""
        found: dict[str, None] = {}
        for folder in self._folders:
            if folder.is_dir():
                for path in sorted(folder.iterdir()):
                    if _NAME.fullmatch(path.name) and (path / RESULTS).is_file():
                        found[path.name] = None
        return list(found)

    def get(self, name: str) -> ShownSweep:
        """A sweep.

        Raises:
            NotFoundError: there is none of that name.
            RefusedError: its files cannot be read; one sentence.
        """
        for folder in self._folders if _NAME.fullmatch(name) else ():
            path = folder / name
            if (path / RESULTS).is_file():
                return self._read(name, path)
        raise NotFoundError(f"there is no sweep {name!r:.80}")

    def _read(self, name: str, folder: Path) -> ShownSweep:
        state = (folder / RESULTS).stat()
        stamp = (folder, state.st_mtime_ns, state.st_size)
        with self._lock:
            kept = self._kept.get(name)
            if kept is not None and kept[0] == stamp:
                return kept[1]
        shown = _load(name, folder, state.st_size)
        with self._lock:
            self._kept.pop(name, None)
            self._kept[name] = (stamp, shown)
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return shown

    def describe(self) -> dict[str, Any]:
        """Every sweep in a few words, and the rule; those that cannot be read say why."""
        sweeps = []
        for name in self.names():
            try:
                sweeps.append(describe_sweep(self.get(name)))
            except (RefusedError, NotFoundError) as error:
                sweeps.append({"name": name, "error": str(error)})
        return {"sweeps": sweeps, "rule": RULE}


def shelf_of(settings: Settings) -> SweepShelf:
    """The project's sweeps, and those of the folder that the settings name."""
    own = [Path(settings.sweeps_dir)] if settings.sweeps_dir else []
    return SweepShelf([*own, sweeps_folder()])


def _load(name: str, folder: Path, size: int) -> ShownSweep:
    """Read a sweep's files."""
    if size > MAX_TABLE_BYTES:
        raise RefusedError(f"sweep {name}: its table is over {MAX_TABLE_BYTES >> 20} MiB")
    try:
        grid_text = (folder / GRID).read_bytes()
        if len(grid_text) > MAX_GRID_BYTES:
            raise RefusedError(f"sweep {name}: its grid is over {MAX_GRID_BYTES >> 20} MiB")
        grid = grid_from_text(grid_text.decode())
        rows = rows_from_csv((folder / RESULTS).read_text("utf-8"))
    except OSError as error:
        raise RefusedError(f"sweep {name} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise RefusedError(f"sweep {name}: {error}") from None
    facts, text = {}, ""
    if (folder / FACTS).is_file():
        facts = json.loads((folder / FACTS).read_text("utf-8"))
    if (folder / FOUND).is_file():
        text = (folder / FOUND).read_text("utf-8")
    known = set(grid.designs)
    return ShownSweep(name, folder, grid, [r for r in rows if r["design"] in known], facts, text)


def describe_sweep(shown: ShownSweep) -> dict[str, Any]:
    """A sweep in a few words: axes, designs, seeds, numbers that can decide, what was found."""
    grid = shown.grid
    return {
        "name": shown.name,
        "title": grid.title or shown.name,
        "question": grid.question,
        "axes": list(grid.axes),
        "values": {k: list(v) for k, v in axis_values_in(grid, shown.rows).items() if v},
        "designs": lettered(grid),
        "seeds": list(grid.seeds),
        "judge": {
            "stat": grid.judge.stat, "better": grid.judge.better, "margin": grid.judge.margin,
            "margin_percent": grid.judge.margin_percent,
        },
        "runs": len(shown.rows),
        "this_engine": shown.facts.get("engine") == engine_digest(),
        "checked": _checked(shown.facts),
        "text": shown.text,
    }  # fmt: skip


def _checked(facts: Mapping[str, Any]) -> int | None:
    """Runs that came out the same under this engine (scripts/docs/sweeps.py), if all did."""
    found = facts.get("checked")
    if not isinstance(found, dict) or found.get("differ") != 0:
        return None
    runs = found.get("runs")
    return runs if found.get("engine") == engine_digest() and isinstance(runs, int) else None


def shown_map(
    shown: ShownSweep,
    axes: tuple[str, str] | None = None,
    fixed: Mapping[str, Value] | None = None,
    judge: Judge | None = None,
) -> dict[str, Any]:
    """The map of a sweep with its marks and sentences; see winners_map."""
    found = winners_map(shown.grid, shown.rows, axes, fixed, judge)
    letters = {one["key"]: one["letter"] for one in found["designs"]}
    for line in found["cells"]:
        for cell in line:
            cell |= {"mark": cell_mark(cell, letters), "words": cell_words(cell)}
    return found


def live_run(shown: ShownSweep, at: Mapping[str, str]) -> dict[str, Any]:
    """What a session needs to become one run of a sweep, for all designs side by side.

    Args:
        shown: which sweep.
        at: coordinates as text: guest, size_mib, course, profile, seed and parameters; of what is
            not named the first. ``first``: the design that must be among them.

    Returns:
        ``{"config", "commands", "rows"}``: as POST /api/sessions and its commands take them, and
        the rows that the session will come to.

    Raises:
        RefusedError: there is no such run, or its guest is a file of whoever played it.
    """
    run, size_mib = _run_at(shown, at)
    guest = run.guest
    if guest.kind == "synthetic":
        area = {"cma_mib": guest.cma_mib} if guest.cma_mib else {}
        source: dict[str, Any] = {
            "kind": "synthetic", "preset": guest.name, "size_mib": guest.size_mib,
            "seed": run.seed, **area,
        }  # fmt: skip
    elif guest.kind == "capture":
        source = {"kind": "capture", "name": guest.name}
    else:
        raise RefusedError(f"guest {guest.label} is a file of whoever played this sweep")
    first = [key for key in at.get("first", "").split(",") if key in shown.grid.designs]
    designs = list(dict.fromkeys([*first, *shown.grid.designs]))[:MAX_DESIGNS]
    designs.sort(key=shown.grid.designs.index)
    where = {
        "guest": guest.label, "size_mib": size_mib, "course": run.course.name,
        "profile": run.profile, "seed": run.seed, **dict(run.values),
    }  # fmt: skip
    rows = [
        row for row in shown.rows
        if row["design"] in designs and all(row[name] == value for name, value in where.items())
    ]  # fmt: skip
    rows.sort(key=lambda row: designs.index(row["design"]))
    commands = run.course.commands(dict(run.values), size_mib)
    return {
        "config": {
            "source": source, "designs": designs, "seed": run.seed, "profile": run.profile,
        },
        "commands": [command.to_dict() for command in commands],
        "rows": rows,
    }  # fmt: skip


def _run_at(shown: ShownSweep, at: Mapping[str, str]) -> tuple[SweepRun, int]:
    """The first run that has the coordinates, and the size of its guest in MiB."""
    known = {"guest", "size_mib", "course", "profile", "seed", "first", *shown.grid.values}
    for name in at:
        if name not in known:
            raise RefusedError(f"{name[:40]!r} is no coordinate: {', '.join(sorted(known))}")
    sizes = {row["guest"]: row["size_mib"] for row in shown.rows}
    for run in shown.grid.runs():
        size = run.guest.size_mib or sizes.get(run.guest.label) or 0
        here = {
            "guest": run.guest.label, "size_mib": size, "course": run.course.name,
            "profile": run.profile, "seed": run.seed, **dict(run.values),
        }  # fmt: skip
        if all(str(here.get(name)) == text for name, text in at.items() if name in here):
            return run, size
    raise RefusedError("this sweep has no such run")
