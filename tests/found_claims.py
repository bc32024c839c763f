"""The claims of sweeps/*/found.md: pieces of the texts with holes, and what fills them.

What fills a hole is computed from the published results. Where a claim rests on more than its
numbers (who leads, what is undecided), it fills nothing once that no longer holds, and fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from math import floor
from statistics import fmean
from typing import Any

from engine.sweep.contest import Lead, lead_of
from engine.sweep.winners import winners_map
from scripts.docs.sweeps_again import sweep_of

PINNED, HOOK, PASS = "pinned", "lru_hook", "separate_pass"
GATHER, PREVENT = "dedicated_block", "dedicated_block:prevent"
OWN_TYPE, GAIN = f"{PREVENT}+own_type", f"{GATHER}:gain"
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

    def of_rows(self, stat: str, design: str, guest: str) -> list[float]:
        """Means of another number, by what is across."""
        axis = self.map["axes"][0]["name"]
        return [
            fmean(row[stat] for row in self.rows
                  if row["design"] == design and row["guest"] == guest and row[axis] == value)
            for value in self.across
        ]  # fmt: skip


told = cache(Told)
Claim = tuple[str, Callable[[Told], Iterable[Any]]]


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


# Where the hook and the pass do not lead together: one of them leads alone.
ALONE = {("5%", "in four parts"): HOOK, ("10%", "before"): PASS}


def pair_leads(t: Told) -> tuple[int, int]:
    """How far hook and pass are before all others, in the cells in which they lead together."""
    low, high = [], []
    for at in ((x, y) for x in ("5%", "10%") for y in WITH_WORK):
        if at in ALONE:
            assert t.cells[at]["leaders"] == [ALONE[at]]
            continue
        assert t.leaders(*at) == {HOOK, PASS}
        other = max(t.mean(key, *at) for key in (PINNED, GATHER, PREVENT))
        both = t.mean(HOOK, *at), t.mean(PASS, *at)
        low.append(min(both) - other)
        high.append(max(both) - other)
    return range_of([min(low), max(high)])


def cost_of_pinning(t: Told, across: Iterable[str], down: Iterable[str]) -> list[int]:
    """Least and most that pinned is behind the leader, in order; what is said twice, once."""
    return list(range_of(
        t.mean(t.cells[x, y]["leaders"][0], x, y) - t.mean(PINNED, x, y)
        for x in across for y in down
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


CLAIMS: dict[str, list[Claim]] = {
    "balloon_when": [
        ("A {} MiB guest", lambda t: [t.grid.guests[0].size_mib]),
        ("`cycles`), {} to {} % taken",
         lambda t: [t.across[0].strip("%"), t.across[-1].strip("%")]),
        ("around it. {} seeds.", lambda t: [seeds(t).capitalize()]),
        ("all {} designs are level in all {} columns: {}, {}, {} and {} huge pages",
         lambda t: [COUNT[len(t.leaders("5%", "after a compaction"))], COUNT[len(t.across)],
                    *(whole(t.mean(HOOK, x, "after a compaction")) for x in t.across)]),
        ("{} to {} of them at {} % in every course",
         lambda t: [*cost_of_pinning(t, ["5%"], WITH_WORK), 5]),
        ("{} to {} at {} and {} % taken at once, {} to {} at {} %.",
         lambda t: [*range_of(cost for x in ("10%", "20%") for y in AT_ONCE
                              if (x, y) != ("20%", "before")
                              for cost in cost_of_pinning(t, [x], [y])), 10, 20,
                    *cost_of_pinning(t, ["30%"], AT_ONCE), 30]),
        ("The exception is {} % taken before the programs go on, which costs {}.",
         lambda t: [20, *{*cost_of_pinning(t, ["20%"], ["before"])}]),
        ("At {} %, taken before the programs go on, pinned leaves {} huge page at all, the hook "
         "{}.",
         lambda t: [t.across[-1].strip("%"), COUNT[whole(t.mean(PINNED, "30%", "before"))],
                    whole(t.mean(HOOK, "30%", "before"))]),
        ("in four parts, from {} % up, pinned is not beaten",
         lambda t: [min(int(x.strip("%")) for x in t.across
                        if PINNED in t.leaders(x, "in four parts"))]),
        ("At {} % and {} % the hook and the separate pass lead, together in {} of {} cells**, "
         "ahead of all others by {} to {} huge pages there",
         lambda t: [5, 10, COUNT[8 - len(ALONE)], COUNT[8], *pair_leads(t)]),
        ("with up to {} % taken at once",
         lambda t: [max(int(x.strip("%")) for x in t.across if all(
             whole(t.mean(PASS, x, y)) == whole(t.mean(PASS, x, "after a compaction"))
             for y in AT_ONCE))]),
        ("At {} % taken before, it is now in front alone ({} against {} for the hook)",
         lambda t: [10, *(whole(t.mean(key, "10%", "before")) for key in (PASS, HOOK))]),
        ("**It fails at {} %.** It ends with {} to {} where the hook has {}",
         lambda t: [30, *range_of(t.mean(PASS, "30%", y) for y in WITH_WORK),
                    *{whole(t.mean(HOOK, "30%", y)) for y in WITH_WORK}]),
        ("in four parts at {} %** ({} against {})",
         lambda t: [5, *(whole(t.mean(key, "5%", "in four parts")) for key in (PASS, HOOK))]),
        ("The hook wins there, and at {} % taken last.",
         lambda t: [int(x.strip("%")) for (x, y), cell in t.cells.items()
                    if y == "after" and cell["state"] == "won" and cell["leaders"] == [HOOK]]),
        ("At {} % they are level with the hook where the balloon comes before or amid",
         lambda t: [int(x.strip("%")) for x in t.across[2:]
                    if all(t.cells[x, y]["state"] == "level" and t.leaders(x, y) == {HOOK, PREVENT}
                           for y in ("before", "amid"))]),
        ("at {} % among the leaders amid it",
         lambda t: [int(x.strip("%")) for x in t.across if PREVENT in t.leaders(x, "amid")
                    and PREVENT not in t.leaders(x, "before")]),
        ("among the undecided in parts from {} % up",  # with the engine before
         lambda t: [20] if not any(PREVENT in t.leaders(x, y) for x in t.across
                                   for y in ("in four parts", "after")) else []),
        ("At {} % they are no better than pinned",
         lambda t: [int(x.strip("%")) for x in t.across[:1]
                    if all(t.lead(PREVENT, PINNED, x, y) < 1 for y in WITH_WORK)]),
        ("captured, {} MiB from", lambda t: [told("captured").across[2]]),
        ("as {} % taken before the work does here",
         lambda t: [20] if all(
             min(one.mean(key, *at) for key in (HOOK, PASS, PREVENT))
             > 9 * max(one.mean(key, *at) for key in (PINNED, GATHER))
             for one, at in ((t, ("20%", "before")), (told("captured"), (200, "cycles")),
                             (told("captured"), (200, "runs")))) else []),
        ("the next map has {}", lambda t: [COUNT[len(told("size_fragmentation").down)]]),
    ],
    "captured": [
        ("{} captured 1 GiB guests, {} to {} MiB taken",
         lambda t: [COUNT[len(t.down)].capitalize(), t.across[0], t.across[-1]]),
        ("{} seeds draw", lambda t: [seeds(t).capitalize()]),
        ("All {} are level at every size",
         lambda t: {COUNT[len(t.leaders(x, "roomy"))] for x in t.across}),
        ("from {} MiB up the hook pays {} to {} messages",
         lambda t: [t.across[1], *messages(t, HOOK, ["roomy"], 1)]),
        ("leave {} to {} huge pages from {} MiB up, moving them leaves {} to {}.",
         lambda t: [*range_of(t.mean(PINNED, x, y) for x in (200, 256) for y in ("runs", "cycles")),
                    200, *range_of(t.mean(key, x, y) for key in (HOOK, PASS)
                                   for x in (200, 256) for y in ("runs", "cycles"))]),
        ("With {} MiB in `cycles` all {} are level ({} to {})",
         lambda t: [64, COUNT[len(t.grid.designs)], *range_of(
             t.mean(key, 64, "cycles") for key in t.leaders(64, "cycles"))]
         if t.cells[64, "cycles"]["state"] == "level" else []),
        ("within {} huge pages in all {} cells, with {} to {} messages to the host where the hook "
         "sends up to {}.",
         lambda t: [whole(max(abs(t.lead(HOOK, PASS, *at)) for at in t.cells)),
                    COUNT[len(t.cells)], *messages(t, PASS, t.down), messages(t, HOOK, t.down)[1]]),
        ("but for `runs` at {} MiB ({} against {}, and {} for the hook)",
         lambda t: [x for (x, y) in t.cells if t.lead(GATHER, PINNED, x, y) > 0]
         + [whole(t.mean(key, 128, "runs")) for key in (GATHER, PINNED, HOOK)]),
        ("win `runs` at every size, by {} to {} huge pages, and `cycles` at {} MiB by {},",
         lambda t: [*range_of(t.cells[x, "runs"]["margin"] for x in t.across), 128,
                    whole(t.cells[128, "cycles"]["margin"])]),
        ("from {} MiB up {} to {} times what the hook copies", lambda t: [200, *shares(t)]),
        ("and for `runs` at {} MiB the recorded kernel", lambda t: [t.across[2]]),
        ("It wins at {} MiB ({} against {} for the hook and {} for whole blocks)",
         lambda t: [64, *(whole(t.mean(key, 64, "tight")) for key in (PINNED, HOOK, PREVENT))]),
        ("and at {} and {} MiB ({} and {} against {} and {});",
         lambda t: [*(x for x in t.across[1:] if t.cells[x, "tight"]["state"] == "won"),
                    *(whole(t.mean(key, x, "tight")) for key in (PINNED, PREVENT)
                      for x in t.across[2:])]),
        ("at {} MiB whole blocks taken first do as well.",
         lambda t: [x for x in t.across if t.cells[x, "tight"]["state"] == "level"
                    and t.leaders(x, "tight") == {PINNED, PREVENT}]),
        ("left {} MiB undecided between the two",  # the engine before
         lambda t: [200]),
        ("by seed, at {} MiB; now they leave {} or {}",
         lambda t: [256, *(t.cells[256, "tight"]["designs"][PREVENT][end]
                           for end in ("low", "high"))]),
        ("the column of {} MiB", lambda t: [t.across[2]]),
        ("in every cell but `cycles` at {} MiB, where they find whole blocks, hook and pass level.",
         lambda t: [x for (x, y) in t.cells if (told("captured_again").leaders(x, y)
                    != t.leaders(x, y) or told("captured_again").cells[x, y]["state"]
                    != t.cells[x, y]["state"])]),
    ],
    "churn_toggles": [
        ("with {} to {} % of the guest's pages",
         lambda t: [t.across[0].strip("%"), t.across[-1].strip("%")]),
        ("{} designs and variants, {} guests of {} MiB, {} seeds.",
         lambda t: [COUNT[len(t.grid.designs)].capitalize(), COUNT[len(t.down)],
                    t.grid.guests[0].size_mib, seeds(t)]),
        ("leave {} huge pages in `tight` without any churn, where pinned leaves {} and the hook "
         "{}, and {} at {} %, against {} and {}.",
         lambda t: [*(whole(t.mean(key, "0%", "tight")) for key in (PREVENT, PINNED, HOOK)),
                    whole(t.mean(PREVENT, "10%", "tight")), 10,
                    *(whole(t.mean(key, "10%", "tight")) for key in (PINNED, HOOK))]
         if all(t.cells[x, "tight"]["state"] == "level" and t.leaders(x, "tight")
                == {PREVENT, OWN_TYPE} for x in ("0%", "10%")) else []),
        ("In `cycles` they have {} at {} %, where the hook has {}: undecided.",
         lambda t: [whole(t.mean(PREVENT, "10%", "cycles")), 10,
                    whole(t.mean(HOOK, "10%", "cycles"))]
         if t.cells["10%", "cycles"]["state"] == "undecided" else []),
        ("has a lower mean than pinned in {} of {} cells, and is near whole blocks taken first "
         "only in `cycles` without churn ({} against {}).",
         lambda t: [COUNT[sum(t.lead(GATHER, PINNED, *at) < 0 for at in t.cells)],
                    COUNT[len(t.cells)],
                    *(whole(t.mean(key, x, y)) for (x, y) in t.cells
                      if t.mean(GATHER, x, y) > 0.7 * t.mean(PREVENT, x, y)
                      for key in (GATHER, PREVENT))]),
        ("At {} % the hook and the pass that also runs after a failure are level there, with {} "
         "and {} against {} for prevention with a type of its own",
         lambda t: [200, *(whole(t.mean(key, "200%", "cycles"))
                           for key in (HOOK, ON_FAILURE, OWN_TYPE))]
         if t.cells["200%", "cycles"]["state"] == "level"
         and t.leaders("200%", "cycles") == {HOOK, ON_FAILURE} else []),
        ("In `tight` all but pinned and `gain` are undecided, between {} and {}.",
         lambda t: range_of(t.mean(key, "200%", "tight") for key in t.leaders("200%", "tight"))
         if t.leaders("200%", "tight") == {*t.grid.designs} - {PINNED, GAIN} else []),
        ("unmovable is ahead by {} at {} % and behind by {} to {} at {} % and more; in `tight` it "
         "is ahead by {} to {} up to {} %.",
         lambda t: [whole(t.lead(UNMOVABLE, PASS, "10%", "cycles")), 10,
                    *range_of(t.lead(PASS, UNMOVABLE, x, "cycles") for x in ("50%", "200%")), 50,
                    *range_of(t.lead(UNMOVABLE, PASS, x, "tight") for x in t.across[:3]), 50]),
        ("up to {} huge pages more than the pass of the literal reading in {} of {} cells, the "
         "same in {}.", gain_of_failure),
        ("{} against {} in `tight` at {} %, {} against {} at {} %, less elsewhere",
         lambda t: [value for x in (50, 200) for value in (
             *(whole(t.mean(key, f"{x}%", "tight")) for key in (OWN_TYPE, PREVENT)), x)]
         if all(abs(t.lead(OWN_TYPE, PREVENT, x, y)) < t.lead(OWN_TYPE, PREVENT, "50%", "tight")
                for (x, y) in t.cells if (x, y) not in {("50%", "tight"), ("200%", "tight")})
         else []),
        ("In `tight` at {} % pinned and gathering end with a smaller balloon",
         lambda t: [int(x.strip("%")) for x in t.across if any(
             one["smaller"] for one in t.cells[x, "tight"]["designs"].values())]),
    ],
    "size_fragmentation": [
        ("{} kinds of fragmentation (recipes of docs/MODEL.md), {} MiB to {} GiB, {} seeds.",
         lambda t: [COUNT[len(t.down)].capitalize(), t.across[0], t.across[-1] // 1024, seeds(t)]),
        ("{} or {} huge pages at every size, against {} to {} at {} MiB and {} at {} GiB",
         lambda t: [*range_of(t.mean(PINNED, x, "cycles") for x in t.across),
                    *range_of(t.mean(key, 512, "cycles") for key in (HOOK, PASS, PREVENT)), 512,
                    *{whole(t.mean(key, 1024, "cycles")) for key in (HOOK, PASS, PREVENT)}, 1]),
        ("which are level at {} GiB.",
         lambda t: [1] if t.cells[1024, "cycles"]["state"] == "level" else []),
        ("At {} MiB prevention wins, {} against {} for the hook.",
         lambda t: [256, *(whole(t.mean(key, 256, "cycles")) for key in (PREVENT, HOOK))]),
        ("`no_balloon`: {} against {} for the hook at {} MiB, where gathering is level with it "
         "({}); the hook wins with {} against {} at {} MiB, and has {} against {} at {} GiB, "
         "undecided.",
         lambda t: [*(whole(t.mean(key, 256, "no_balloon")) for key in (PREVENT, HOOK)), 256,
                    whole(t.mean(GATHER, 256, "no_balloon")),
                    *(whole(t.mean(key, 512, "no_balloon")) for key in (HOOK, PREVENT)), 512,
                    *(whole(t.mean(key, 1024, "no_balloon")) for key in (HOOK, PREVENT)), 1]
         if [t.cells[x, "no_balloon"]["state"] for x in t.across]
         == ["level", "won", "undecided"] else []),
        ("`tight`: {} against {} for the hook at {} MiB, {} against {} at {} MiB, {} against {} at "
         "{} GiB, all undecided.",
         lambda t: [value for x in t.across for value in (
             *(whole(t.mean(key, x, "tight")) for key in (PREVENT, HOOK)),
             x if x < 1024 else x // 1024)]
         if {t.cells[x, "tight"]["state"] for x in t.across} == {"undecided"} else []),
        ("prevention won `tight` at {} MiB, was well in front at {} MiB",  # the engine before
         lambda t: t.across[:2]),
        ("in `tight` from {} MiB up it is undecided with the leaders ({} and {}).",
         lambda t: [min(x for x in t.across if PINNED in t.leaders(x, "tight")),
                    *(whole(t.mean(PINNED, x, "tight")) for x in t.across[1:])]),
        ("In `no_balloon` from {} MiB up pinned and gathering end with a balloon",
         lambda t: [min(x for (x, y), cell in t.cells.items() if any(
             one["smaller"] for one in cell["designs"].values()))]),
        ("That the hook wins at {} MiB owes something to this: gathering, with {},",
         lambda t: [512, whole(t.mean(GATHER, 512, "no_balloon"))]),
        ("(`no_balloon`: {}, {} and {} huge pages where the hook has {}, {} and {};",
         lambda t: [whole(t.mean(key, x, "no_balloon")) for key in (PASS, HOOK) for x in t.across]),
        ("`tight` at {} GiB: {} against {}; only gathering is below it there, with {})",
         lambda t: [1, *(whole(t.mean(key, 1024, "tight")) for key in (PASS, HOOK, GATHER))]),
        ("and {} and {} MiB were never recorded", lambda t: t.across[:2]),
    ],
}  # fmt: skip
