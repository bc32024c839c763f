"""What sweeps/*/found.md say: every number in them is computed here from the published results.

A claim is a piece of the text with holes, and what fills them. A number that no claim fills fails,
and so does a claim whose piece is not in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from math import floor
from statistics import fmean
from typing import Any

import pytest

from engine.sweep.winners import winners_map
from scripts.docs.sweeps_again import AGAIN, FOUND, judged, sweep_of
from server.paths import sweeps_folder
from server.sweep.store import FACTS
from tests.project_files import ROOT

PINNED, HOOK, PASS = "pinned", "lru_hook", "separate_pass"
GATHER, PREVENT = "dedicated_block", "dedicated_block:prevent"
OWN_TYPE, GAIN = f"{PREVENT}+own_type", f"{GATHER}:gain"
UNMOVABLE, ON_FAILURE = f"{PASS}:type=unmovable", f"{PASS}:on_failure"
COUNT = dict(enumerate("no one two three four five six seven eight nine ten".split())) | {
    16: "sixteen"
}
# Not of the results: the year, the kernel, the size of a huge page and of the captured guests.
OTHER = re.compile(
    r"of 2012|Linux 6\.12|2 MiB|captured 1 GiB guests|of 1 GiB agree|(?:over|more than) 2 %"
)
NUMBER = re.compile(r"\d[\d,.]*\d|\d")


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


def pair_leads(t: Told) -> tuple[int, int]:
    """How far hook and pass are before all others, in the cells in which they lead together."""
    low, high = [], []
    for at in [(x, y) for x in ("5%", "10%") for y in WITH_WORK if (x, y) != ("5%", WITH_WORK[2])]:
        other = max(t.mean(key, *at) for key in (PINNED, GATHER, PREVENT))
        both = t.mean(HOOK, *at), t.mean(PASS, *at)
        low.append(min(both) - other)
        high.append(max(both) - other)
    return range_of([min(low), max(high)])


def messages(t: Told, design: str, guests: Iterable[str]) -> tuple[str, str]:
    """Least and most messages to the host, two digits of each."""
    sent = [mean for guest in guests for mean in t.of_rows("host_exits", design, guest)]
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
        ("at {} %, taken before the programs go on, pinned leaves {} huge page at all, the hook "
         "{}.",
         lambda t: [t.across[-1].strip("%"), COUNT[whole(t.mean(PINNED, "30%", "before"))],
                    whole(t.mean(HOOK, "30%", "before"))]),
        ("in four parts, from {} % up, pinned is not beaten",
         lambda t: [min(int(x.strip("%")) for x in t.across
                        if PINNED in t.leaders(x, "in four parts"))]),
        ("At {} % and {} % the hook and the separate pass lead together**, ahead of all others by "
         "{} to {} huge pages", lambda t: [5, 10, *pair_leads(t)]),
        ("**It fails at {} %.** It ends with {} to {} where the hook has {}",
         lambda t: [30, *range_of(t.mean(PASS, "30%", y) for y in WITH_WORK),
                    *{whole(t.mean(HOOK, "30%", y)) for y in WITH_WORK}]),
        ("in four parts at {} %** ({} against {})",
         lambda t: [5, *(whole(t.mean(key, "5%", "in four parts")) for key in (PASS, HOOK))]),
        ("The hook wins there, and at {} % taken last.",
         lambda t: [int(x.strip("%")) for (x, y), cell in t.cells.items()
                    if y == "after" and cell["state"] == "won" and cell["leaders"] == [HOOK]]),
        ("At {} % it is among the leaders where the balloon comes before or amid",
         lambda t: [int(x.strip("%")) for x in t.across[2:]
                    if all(PREVENT in t.leaders(x, y) for y in ("before", "amid"))]),
        ("the work (at {} % amid it)",
         lambda t: [int(x.strip("%")) for x in t.across if PREVENT in t.leaders(x, "amid")
                    and PREVENT not in t.leaders(x, "before")]),
        ("At {} % it is no better than pinned",
         lambda t: [int(x.strip("%")) for x in t.across[:1]
                    if all(t.lead(PREVENT, PINNED, x, y) < 1 for y in WITH_WORK)]),
        ("at {} MiB agrees with the captured", lambda t: [told("captured").across[2]]),
        ("the next map has {}", lambda t: [COUNT[len(told("size_fragmentation").down)]]),
    ],
    "captured": [
        ("{} captured 1 GiB guests, {} to {} MiB taken",
         lambda t: [COUNT[len(t.down)].capitalize(), t.across[0], t.across[-1]]),
        ("{} seeds draw", lambda t: [seeds(t).capitalize()]),
        ("All {} are level at every size",
         lambda t: {COUNT[len(t.leaders(x, "roomy"))] for x in t.across}),
        ("the hook pays {} to {} messages", lambda t: messages(t, HOOK, ["roomy"])),
        ("leave {} to {} huge pages from {} MiB up, moving them leaves {} to {}.",
         lambda t: [*range_of(t.mean(PINNED, x, y) for x in (200, 256) for y in ("runs", "cycles")),
                    200, *range_of(t.mean(key, x, y) for key in (HOOK, PASS)
                                   for x in (200, 256) for y in ("runs", "cycles"))]),
        ("With {} MiB in `cycles` nobody is clearly ahead ({} to {})",
         lambda t: [64, *range_of(t.mean(key, 64, "cycles") for key in t.leaders(64, "cycles"))]),
        ("within {} huge pages in all {} cells, with {} to {} messages to the host where the hook "
         "sends up to {}.",
         lambda t: [whole(max(abs(t.lead(HOOK, PASS, *at)) for at in t.cells)),
                    COUNT[len(t.cells)], *messages(t, PASS, t.down), messages(t, HOOK, t.down)[1]]),
        ("win `runs` at every size, by {} to {} huge pages, and `cycles` at {} MiB by {},",
         lambda t: [*range_of(t.cells[x, "runs"]["margin"] for x in t.across), 128,
                    whole(t.cells[128, "cycles"]["margin"])]),
        ("from {} MiB up {} to {} times what the hook copies", lambda t: [200, *shares(t)]),
        ("It wins at {} MiB ({} against {} and {})",
         lambda t: [64, *(whole(t.mean(key, 64, "tight")) for key in (PINNED, HOOK, PREVENT))]),
        ("at {} MiB whole blocks taken first do as well.",
         lambda t: [x for x in t.across if t.cells[x, "tight"]["state"] == "level"
                    and t.leaders(x, "tight") == {PINNED, PREVENT}]),
        ("the column of {} MiB", lambda t: [t.across[2]]),
        ("({} to {} at {} MiB)",
         lambda t: [*(t.cells[256, "tight"]["designs"][PREVENT][end] for end in ("low", "high")),
                    256]),
    ],
    "churn_toggles": [
        ("with {} to {} % of the guest's pages",
         lambda t: [t.across[0].strip("%"), t.across[-1].strip("%")]),
        ("{} designs and variants, {} guests of {} MiB, {} seeds.",
         lambda t: [COUNT[len(t.grid.designs)].capitalize(), COUNT[len(t.down)],
                    t.grid.guests[0].size_mib, seeds(t)]),
        ("leave {} huge pages in `tight` without any churn, where the hook leaves {} and pinned "
         "{},",
         lambda t: [whole(t.mean(key, "0%", "tight")) for key in (PREVENT, HOOK, PINNED)]),
        ("undecided with them there up to {} %",
         lambda t: [max(int(x.strip("%")) for x in t.across if {PINNED, PREVENT}
                        <= t.leaders(x, "tight"))]),
        ("and {} in `cycles` at {} %, where the hook has {}.",
         lambda t: [whole(t.mean(PREVENT, "10%", "cycles")), 10,
                    whole(t.mean(HOOK, "10%", "cycles"))]),
        ("At {} % the hook, the pass that also runs after a failure, and prevention with a type of "
         "its own are undecided",
         lambda t: [200 for y in t.down[:1] if all(
             t.cells["200%", one]["state"] == "undecided"
             and t.leaders("200%", one) >= {HOOK, ON_FAILURE, OWN_TYPE}
             for one in t.down)]),
        ("unmovable is ahead by {} at {} % and behind by {} to {} at {} % and more",
         lambda t: [whole(t.lead(UNMOVABLE, PASS, "10%", "cycles")), 10,
                    *range_of(t.lead(PASS, UNMOVABLE, x, "cycles") for x in ("50%", "200%")), 50]),
        ("up to {} huge pages more than the pass of the literal reading in {} of {} cells, the "
         "same in {}.", gain_of_failure),
        ("({} against {} in `tight` at {} %)",
         lambda t: [*(whole(t.mean(key, "50%", "tight")) for key in (OWN_TYPE, PREVENT)), 50]),
        ("In `tight` at {} % pinned and gathering end with a smaller balloon",
         lambda t: [int(x.strip("%")) for x in t.across if any(
             one["smaller"] for one in t.cells[x, "tight"]["designs"].values())]),
    ],
    "size_fragmentation": [
        ("{} kinds of fragmentation (recipes of docs/MODEL.md), {} MiB to {} GiB, {} seeds.",
         lambda t: [COUNT[len(t.down)].capitalize(), t.across[0], t.across[-1] // 1024, seeds(t)]),
        ("{} or {} huge pages at every size, against {} to {} at {} MiB and {} or {} at {} GiB",
         lambda t: [*range_of(t.mean(PINNED, x, "cycles") for x in t.across),
                    *range_of(t.mean(key, 512, "cycles") for key in (HOOK, PASS, PREVENT)), 512,
                    *range_of(t.mean(key, 1024, "cycles") for key in (HOOK, PASS, PREVENT)), 1]),
        ("which are level at {} GiB.",
         lambda t: [1] if t.cells[1024, "cycles"]["state"] == "level" else []),
        ("At {} MiB prevention wins, {} against {} for the hook.",
         lambda t: [256, *(whole(t.mean(key, 256, "cycles")) for key in (PREVENT, HOOK))]),
        ("leads in small guests, and the lead is gone at {} GiB",
         lambda t: [1 for y in t.down[:1] if t.cells[1024, "tight"]["leaders"][0] != PREVENT]),
        ("{} against {} for the hook at {} MiB, {} against {} at {} MiB; at {} GiB hook, "
         "prevention and pinned are undecided ({}, {}, {})",
         lambda t: [whole(t.mean(PREVENT, 256, "tight")), whole(t.mean(HOOK, 256, "tight")), 256,
                    whole(t.mean(PREVENT, 512, "tight")), whole(t.mean(HOOK, 512, "tight")), 512,
                    1, *(whole(t.mean(key, 1024, "tight")) for key in (HOOK, PREVENT, PINNED))]),
        ("(`no_balloon`: {}, {} and {} huge pages where the hook has {}, {} and {};",
         lambda t: [whole(t.mean(key, x, "no_balloon")) for key in (PASS, HOOK) for x in t.across]),
        ("`tight` at {} GiB: {} against {}; only gathering is below it there, with {})",
         lambda t: [1, *(whole(t.mean(key, 1024, "tight")) for key in (PASS, HOOK, GATHER))]),
        ("In `no_balloon` at {} GiB pinned and gathering end with a balloon",
         lambda t: [x // 1024 for (x, y), cell in t.cells.items() if any(
             one["smaller"] for one in cell["designs"].values())]),
        ("and {} and {} MiB were never recorded", lambda t: t.across[:2]),
    ],
}  # fmt: skip
NAMES = sorted(
    path.parent.name for path in sweeps_folder().glob(f"*/{FOUND}")
    if not path.parent.name.endswith(AGAIN)  # all of those is written by a script
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_the_text_comes_from_the_results(name: str) -> None:
    text = " ".join((sweeps_folder() / name / FOUND).read_text().split())
    for piece, fill in CLAIMS[name]:
        values = list(fill(told(name)))
        assert len(values) == piece.count("{}"), (piece, values)
        said = piece.format(*values)
        assert said in text, said
        text = text.replace(said, "…", 1)
    left = OTHER.sub("…", text)
    assert NUMBER.findall(left) == [], left


def test_what_is_said_without_numbers_holds() -> None:
    when, churn = told("balloon_when"), told("churn_toggles")
    assert all(when.mean(GATHER, *at) == when.mean(PINNED, *at) for at in when.cells)
    assert all(PINNED in told("captured").leaders(x, "tight") for x in told("captured").across)
    assert all(churn.mean(GAIN, x, "cycles") == churn.mean(PINNED, x, "cycles")
               for x in churn.across)  # fmt: skip
    assert all(churn.lead(GATHER, PINNED, x, y) < 0 for x in churn.across[1:] for y in churn.down)
    sizes = told("size_fragmentation")
    for y in ("roomy", "all_but_one"):
        assert all(sizes.cells[x, y]["state"] == "level" for x in sizes.across)


def test_the_document_says_what_was_confirmed_and_what_was_checked() -> None:
    text = (ROOT / "docs" / "SWEEPS.md").read_text()
    claims = stood = as_before = was_open = closed = 0
    for name in ("captured", "balloon_when"):
        every = judged(f"{name}{AGAIN}")
        here = sum(stands for _, _, stands, _ in every)
        assert f"[{here} of {len(every)}](../sweeps/{name}{AGAIN}/found.md)" in text
        claims, stood = claims + len(every), stood + here
        as_before += sum(c["state"] == cell["state"] and set(c["leaders"]) == set(cell["leaders"])
                         for c, _, _, cell in every)  # fmt: skip
        new, at_first = told(f"{name}{AGAIN}").cells, told(name).cells
        open_cells = [at for at, cell in at_first.items() if cell["state"] == "undecided"]
        was_open += len(open_cells)
        closed += sum(new[at]["state"] != "undecided" for at in open_cells)
    assert f"{COUNT[claims - as_before]} of the {claims} would be undecided now" in text
    assert f"{closed} of the {was_open} cells that had been undecided would be decided" in text
    assert f"{stood} of {claims} decided cells are confirmed" in text
    facts = [json.loads(path.read_text()) for path in sweeps_folder().glob(f"*/{FACTS}")]
    (engine,) = {one["engine"] for one in facts}
    assert f"the version `{engine}` played all {COUNT[len(facts)]}" in text
