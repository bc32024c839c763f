"""Published sweeps as the claims of found_claims.py ask them: means, leaders, how they are said."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import floor
from statistics import fmean
from typing import Any

from engine.sweep.contest import LEVEL, UNDECIDED, WON, Lead, lead_of
from engine.sweep.winners import winners_map
from scripts.docs.sweeps_again import AGAIN, judged, sweep_of

PINNED, HOOK, PASS = "pinned", "lru_hook", "separate_pass"
GATHER, PREVENT = "dedicated_block", "dedicated_block:prevent"
OWN_TYPE, GAIN = f"{PREVENT}+own_type", f"{GATHER}:gain"
GATHER_OWN = f"{GATHER}:own_type"
UNMOVABLE, ON_FAILURE = f"{PASS}:type=unmovable", f"{PASS}:on_failure"
COUNT = dict(enumerate("no one two three four five six seven eight nine ten".split())) | {
    16: "sixteen"
}


class Told:
    """A published sweep: its map, by place, and its rows."""

    def __init__(self, name: str) -> None:
        self.grid, self.rows = sweep_of(name)
        self.map = winners_map(self.grid, self.rows)
        self.across, self.down = (axis["values"] for axis in self.map["axes"])
        self.cells = {
            tuple(cell["at"].values()): cell for line in self.map["cells"] for cell in line
        }

    def mean(self, design: str, *at: Any) -> float:
        return float(self.cells[at]["designs"][design]["mean"])

    def lead(self, one: str, other: str, *at: Any) -> float:
        return self.mean(one, *at) - self.mean(other, *at)

    def paired(self, one: str, other: str, *at: Any) -> Lead:
        """The lead of one design, seed by seed."""
        names = [axis["name"] for axis in self.map["axes"]]
        here = [row for row in self.rows if tuple(row[name] for name in names) == at]
        first, second = (
            {row["seed"]: row["huge_best"] for row in here if row["design"] == design}
            for design in (one, other)
        )
        found = lead_of(first, second, "high")
        assert found is not None
        return found

    def leaders(self, *at: Any) -> set[str]:
        return set(self.cells[at]["leaders"])

    def best(self, *at: Any) -> float:
        return self.mean(self.cells[at]["leaders"][0], *at)

    def is_level(self, designs: Iterable[str], *at: Any) -> bool:
        return self.cells[at]["state"] == LEVEL and self.leaders(*at) == set(designs)

    def is_open(self, designs: Iterable[str], *at: Any) -> bool:
        return self.cells[at]["state"] == UNDECIDED and self.leaders(*at) == set(designs)

    def of_rows(self, stat: str, design: str, guest: str) -> list[float]:
        """Means of another number, by what is across."""
        axis = self.map["axes"][0]["name"]
        return [
            fmean(row[stat] for row in self.rows
                  if row["design"] == design and row["guest"] == guest and row[axis] == value)
            for value in self.across
        ]  # fmt: skip


told = cache(Told)


@cache
def standing(name: str) -> dict[tuple[Any, ...], bool]:
    """Whether fresh seeds confirm what was claimed, by place."""
    return {tuple(claim["at"].values()): stands for claim, _, stands, _ in judged(f"{name}{AGAIN}")}


def stands(name: str, *at: Any) -> bool:
    """Whether there was a claim, and fresh seeds confirm it."""
    return standing(name).get(at, False)


def whole(value: float) -> int:
    """As people round: halves up."""
    return floor(value + 0.5)


def range_of(values: Iterable[float]) -> tuple[int, int]:
    found = [whole(value) for value in values]
    return min(found), max(found)


def two_digits(value: float) -> str:
    return f"{int(float(f'{value:.2g}')):,}"


WITH_WORK = ("before", "amid", "in four parts", "after")
AT_ONCE = ("before", "amid", "after")


def pass_leads(t: Told) -> str:
    """In how many of the cells at 5 and 20 % taken at once the pass has the highest mean, alone in
    one of them, undecided with the hook in the others."""
    cells = [(x, y) for x in ("5%", "20%") for y in AT_ONCE]
    assert all(t.cells[at]["leaders"][0] == PASS for at in cells)
    assert [at for at in cells if t.cells[at]["state"] == WON] == [("5%", "amid")]
    assert all(HOOK in t.leaders(*at) for at in cells if at != ("5%", "amid"))
    return COUNT[len(cells)]


def of_all_seeds(t: Told, key: str) -> tuple[int, int]:
    """Least and most of all seeds, at 5 and 10 % before and amid the work."""
    found = [t.cells[x, y]["designs"][key] for x in ("5%", "10%") for y in ("before", "amid")]
    return min(one["low"] for one in found), max(one["high"] for one in found)


def _after_a_compaction(t: Told) -> list[tuple[str, int]]:
    """Each run after a compaction: its design, and how far it ends below the best of its seed."""
    rows = [row for row in t.rows if row["course"] == "after a compaction"]
    best: dict[tuple[Any, Any], int] = {}
    for row in rows:
        place = row["balloon"], row["seed"]
        best[place] = max(best.get(place, 0), row["huge_best"])
    return [(row["design"], best[row["balloon"], row["seed"]] - row["huge_best"]) for row in rows]


def falls(t: Told) -> list[int]:
    """Runs after a compaction that end below the best of their seed by more than the margin, of
    how many, and by how much at least and at most."""
    below = [lead for _, lead in _after_a_compaction(t)]
    found = [lead for lead in below if lead > t.grid.judge.margin]
    return [len(found), len(below), min(found), max(found)]


def who_falls(t: Told) -> set[str]:
    """The designs of those runs."""
    return {key for key, lead in _after_a_compaction(t) if lead > t.grid.judge.margin}


def cost_of_pinning(t: Told, across: Iterable[str], down: Iterable[str]) -> list[int]:
    """Least and most that pinned is behind the leader, in order; what is said twice, once."""
    return list(range_of(
        t.best(x, y) - t.mean(PINNED, x, y) for x in across for y in down
    ))  # fmt: skip


def messages(t: Told, design: str, guests: Iterable[str], since: int = 0) -> tuple[str, str]:
    """Least and most messages to the host, two digits of each, from a place across on."""
    sent = [mean for guest in guests for mean in t.of_rows("host_exits", design, guest)[since:]]
    return two_digits(min(sent)), two_digits(max(sent))


def shares(t: Told) -> tuple[str, str]:
    """Pages that prevention copies by those that the hook does, from 200 MiB up."""
    found = [
        prevent / hook
        for guest in ("runs", "cycles")
        for prevent, hook in list(zip(t.of_rows("pages_copied", PREVENT, guest),
                                      t.of_rows("pages_copied", HOOK, guest), strict=True))[2:]
    ]  # fmt: skip
    low, high = range_of(found)
    return COUNT[low], COUNT[high]


def seeds(t: Told) -> str:
    return COUNT[len(t.grid.seeds)]


def gain_of_failure(t: Told) -> tuple[int, str, str, str]:
    """The most that on_failure brings; in how many cells it brings any, of how many, none."""
    leads = [t.lead(ON_FAILURE, PASS, *at) for at in t.cells]
    assert min(leads) >= 0
    # A fifth of a page, as a mean over the seeds, is none.
    some = sum(lead > 0.2 for lead in leads)
    return whole(max(leads)), COUNT[some], COUNT[len(leads)], COUNT[len(leads) - some]


MOVED_OR_WHOLE = {HOOK, PASS, PREVENT}


def took_less(t: Told, size: int) -> set[int]:
    """By how many percent pinned and gathering end with a smaller balloon than the hook."""
    rows = [row for row in t.rows if (row["size_mib"], row["guest"]) == (size, "no_balloon")]
    found = {
        key: fmean(row["balloon_actual"] for row in rows if row["design"] == key)
        for key in (PINNED, GATHER, HOOK)
    }
    return {whole(100 - 100 * found[key] / found[HOOK]) for key in (PINNED, GATHER)}
