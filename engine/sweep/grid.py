"""A grid: what a sweep runs, read from TOML (docs/SWEEPS.md).

Guests, courses, values of the parameters, kernel profiles, designs and seeds, each with each. A
seed is a coordinate like any other: it is the same for every design, so that designs are compared
on the same guest under the same programs, and it never depends on who runs it.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from engine.designs import DEFAULT_DESIGNS, parse_design
from engine.errors import RefusedError
from engine.kernels import KERNELS, kernel_named
from engine.presets import check_cma
from engine.recipes import PRESETS
from engine.scenarios.catalog import scenario
from engine.spread import MAX_SEEDS
from engine.sweep.contest import Judge, judge_from
from engine.sweep.courses import CourseSpec, Value, course_from

MAX_GRID_BYTES = 1 << 20
MAX_RUNS = 1_000_000
MAX_GRID_DESIGNS = 26  # a letter each on the map
_FIELDS = (
    "title", "question", "designs", "seeds", "profiles", "axes", "judge", "values", "guests",
    "courses",
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
FIXED_AXES = ("guest", "size_mib", "course", "profile", "family")
GUEST_FIELDS = {
    "synthetic": ("preset", "size_mib", "cma_mib"),
    "capture": ("name",),
    "file": ("path",),
    "report": ("path",),
}


@dataclass(frozen=True)
class GuestSpec:
    """A guest as a grid names it.

    Attributes:
        kind: a key of GUEST_FIELDS.
        label: a value of the axis ``guest``.
        name: preset, example, or path of a capture or a report.
        size_mib: its memory; 0 where only the file says it.
        cma_mib: its CMA area.
    """

    kind: str
    label: str
    name: str
    size_mib: int = 0
    cma_mib: int = 0


@dataclass(frozen=True)
class SweepRun:
    """One run: one design through one course on one guest under one seed.

    Attributes:
        guest: where it starts.
        course: what is done.
        values: of the parameters that the course uses, by name, in the grid's order.
        profile: whose rules.
        design: key.
        seed: of the guest and of the programs.
    """

    guest: GuestSpec
    course: CourseSpec
    values: tuple[tuple[str, Value], ...]
    profile: str
    design: str
    seed: int


@dataclass(frozen=True)
class Grid:
    """A grid, checked.

    Attributes:
        title: a few words.
        question: what the sweep asks, one sentence.
        designs: keys.
        seeds: each.
        profiles: each.
        axes: the two that the map begins with.
        judge: the number that decides.
        values: parameters and their values.
        guests: each; empty where scenarios bring their own.
        courses: each.
    """

    title: str
    question: str
    designs: tuple[str, ...]
    seeds: tuple[int, ...]
    profiles: tuple[str, ...]
    axes: tuple[str, str]
    judge: Judge
    values: dict[str, tuple[Value, ...]]
    guests: tuple[GuestSpec, ...]
    courses: tuple[CourseSpec, ...]

    def axis_values(self) -> dict[str, tuple[Value, ...]]:
        """Every axis that the map can have, and its values in the grid's order."""
        guests = self.guests or tuple(_guest_of(course) for course in self.courses)
        found: dict[str, tuple[Value, ...]] = {
            "guest": tuple(dict.fromkeys(guest.label for guest in guests)),
            "size_mib": tuple(sorted({guest.size_mib for guest in guests})),
            "course": tuple(course.name for course in self.courses),
            "profile": self.profiles,
            "family": tuple(dict.fromkeys(key.partition(":")[0] for key in self.designs)),
        }
        return found | self.values

    def runs(self) -> Iterator[SweepRun]:
        """Every run; those on one guest under one seed stand together."""
        for guest, seed in product(self.guests or (None,), self.seeds):
            for course, profile in product(self.courses, self.profiles):
                names = [name for name in self.values if name in course.wanted()]
                for values in product(*(self.values[name] for name in names)):
                    for design in self.designs:
                        given = tuple(zip(names, values, strict=True))
                        start = guest or _guest_of(course)
                        yield SweepRun(start, course, given, profile, design, seed)


def grid_from_text(text: str) -> Grid:
    """Read a grid.

    Args:
        text: TOML.

    Raises:
        RefusedError: one sentence with what, the value and what is allowed.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RefusedError(f"the grid is not TOML: {error}") from None
    unknown = [name for name in data if name not in _FIELDS]
    if unknown:
        raise RefusedError(
            f"the grid has no field {unknown[0]!r:.60}: its fields are {', '.join(_FIELDS)}"
        )
    courses = tuple(course_from(one, i) for i, one in enumerate(_list(data, "courses"), 1))
    guests = tuple(_guests(_list(data, "guests", may_lack=True)))
    values = _values(data.get("values", {}))
    grid = Grid(
        _text(data, "title", 100),
        _text(data, "question", 400),
        tuple(_list(data, "designs", may_lack=True) or DEFAULT_DESIGNS),
        _seeds(data.get("seeds", 3)),
        tuple(_list(data, "profiles", may_lack=True) or ("modern",)),
        ("guest", "course"),
        judge_from(data.get("judge", {})),
        values,
        guests,
        courses,
    )
    _check(grid)
    return _with_axes(grid, data.get("axes"))


def _text(data: dict[str, Any], name: str, most: int) -> str:
    value = data.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise RefusedError(f"{name} of the grid is {value!r:.60}: at most {most} characters")
    return value


def _list(data: dict[str, Any], name: str, may_lack: bool = False) -> list[Any]:
    value = data.get(name, [] if may_lack else None)
    if not isinstance(value, list) or (not value and not may_lack):
        raise RefusedError(f"{name} of the grid: a list with something in it is needed")
    return value


def _seeds(value: object) -> tuple[int, ...]:
    """A number of seeds, from 1 up, or the seeds themselves."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_SEEDS:
        return tuple(range(1, value + 1))
    if isinstance(value, list) and 1 <= len(value) <= MAX_SEEDS:
        whole = all(isinstance(s, int) and not isinstance(s, bool) and s >= 0 for s in value)
        if whole and len(set(value)) == len(value):
            return tuple(value)
    raise RefusedError(
        f"seeds is {value!r:.60}: a number from 1 to {MAX_SEEDS}, or a list of different seeds"
    )


def _values(data: object) -> dict[str, tuple[Value, ...]]:
    """The parameters."""
    if not isinstance(data, dict):
        raise RefusedError("values of the grid: a table of lists is needed")
    for name, values in data.items():
        if not _NAME.fullmatch(name) or name in FIXED_AXES or name in ("design", "seed"):
            raise RefusedError(
                f"parameter {name!r:.60}: small letters, digits and _ are allowed, and none of "
                f"{', '.join(FIXED_AXES)}, design, seed"
            )
        fits = isinstance(values, list) and values and all(type(v) in (int, str) for v in values)
        if not fits or len(set(values)) != len(values):
            raise RefusedError(f"parameter {name}: a list of different numbers or shares is needed")
    return {name: tuple(values) for name, values in data.items()}


def _guests(items: list[Any]) -> Iterator[GuestSpec]:
    """Every guest; lists of presets and sizes are multiplied out."""
    for place, item in enumerate(items, 1):
        kind = item.get("kind") if isinstance(item, dict) else None
        if kind not in GUEST_FIELDS:
            raise RefusedError(
                f"guest {place} has the kind {kind!r:.60}: {', '.join(GUEST_FIELDS)}"
            )
        fields = GUEST_FIELDS[kind]
        wrong = [name for name in item if name not in (*fields, "kind", "label")]
        if wrong:
            raise RefusedError(
                f"guest {place} has no field {wrong[0]!r:.60}: its fields are kind, label, "
                f"{', '.join(fields)}"
            )
        if kind == "synthetic":
            yield from _synthetic(item, place)
            continue
        name = item.get(fields[0])
        if not isinstance(name, str) or not name:
            raise RefusedError(f"guest {place} needs a {fields[0]}")
        yield GuestSpec(kind, str(item.get("label", name)), name)


def _synthetic(item: dict[str, Any], place: int) -> Iterator[GuestSpec]:
    presets, sizes = item.get("preset", "tight"), item.get("size_mib", 512)
    cma = item.get("cma_mib", 0)
    for preset in presets if isinstance(presets, list) else [presets]:
        if preset not in PRESETS:
            raise RefusedError(f"guest {place} has the preset {preset!r:.60}: {', '.join(PRESETS)}")
        for size in sizes if isinstance(sizes, list) else [sizes]:
            if isinstance(size, bool) or not isinstance(size, int):
                raise RefusedError(f"guest {place} has the size {size!r:.60}: whole MiB are needed")
            check_cma(cma, size)
            yield GuestSpec("synthetic", str(item.get("label", preset)), preset, size, cma)


def _guest_of(course: CourseSpec) -> GuestSpec:
    """The guest that a scenario brings along."""
    source = scenario(course.scenario).source
    if source["kind"] == "capture":
        return GuestSpec("capture", source["name"], source["name"])
    return GuestSpec(
        "synthetic", source["preset"], source["preset"], source["size_mib"],
        source.get("cma_mib", 0),
    )  # fmt: skip


def _check(grid: Grid) -> None:
    """What fits together."""
    for profile in grid.profiles:
        if not isinstance(profile, str) or profile not in KERNELS:
            raise RefusedError(f"profile {profile!r:.60}: one of {', '.join(KERNELS)} is needed")
        kernel_named(profile)
    if len(grid.designs) > MAX_GRID_DESIGNS:
        raise RefusedError(f"{len(grid.designs)} designs: at most {MAX_GRID_DESIGNS} fit on a map")
    for key in grid.designs:
        parse_design(key)
    for what, names in (
        ("design", grid.designs),
        ("profile", grid.profiles),
        ("course", tuple(course.name for course in grid.courses)),
        ("guest", tuple((guest.label, guest.size_mib) for guest in grid.guests)),
    ):
        if len(set(names)) != len(names):
            raise RefusedError(f"two {what}s of the grid have the same name")
    for course in grid.courses:
        lacking = course.wanted() - set(grid.values)
        if lacking:
            raise RefusedError(f"course {course.name}: there is no parameter {min(lacking)!r:.60}")
        if not grid.guests and not course.scenario:
            raise RefusedError(f"course {course.name}: the grid has no guests to play it on")
    unused = set(grid.values) - {name for course in grid.courses for name in course.wanted()}
    if unused:
        raise RefusedError(f"parameter {min(unused)}: no course uses it")
    if nr_runs(grid) > MAX_RUNS:
        raise RefusedError(f"the grid has {nr_runs(grid)} runs: at most {MAX_RUNS} are possible")


def nr_runs(grid: Grid) -> int:
    """How many runs a grid has."""
    courses = sum(
        prod(len(grid.values[name]) for name in course.wanted()) for course in grid.courses
    )
    guests = max(1, len(grid.guests))
    return guests * len(grid.seeds) * len(grid.profiles) * len(grid.designs) * courses


def _with_axes(grid: Grid, axes: object) -> Grid:
    """The grid with the axes that its map begins with: those named, else those that vary most."""
    every = grid.axis_values()
    if axes is None:
        order = sorted(every, key=lambda name: (name == "family", -len(every[name])))
        return replace(grid, axes=(order[0], order[1]))
    if not isinstance(axes, list) or len(axes) != 2 or axes[0] == axes[1]:
        raise RefusedError("axes of the grid: two different ones are needed")
    for name in axes:
        if name not in every:
            raise RefusedError(f"axis {name!r:.60}: one of {', '.join(every)} is needed")
    return replace(grid, axes=(axes[0], axes[1]))
