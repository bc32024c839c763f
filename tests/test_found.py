"""What sweeps/*/found.md say: every number in them is computed from the published results.

A number that no claim of tests/found_claims.py fills fails, and so does a claim whose piece is not
in the text.
"""

from __future__ import annotations

import json
import re
from statistics import fmean

import pytest

from engine.sweep.contest import LEVEL, UNDECIDED, WON
from scripts.docs.sweeps_again import AGAIN, FOUND, judged
from server.paths import sweeps_folder
from server.sweep.store import FACTS
from tests.found_claims import CLAIMS
from tests.found_told import (
    AT_ONCE,
    COUNT,
    GAIN,
    GATHER,
    HOOK,
    ON_FAILURE,
    PASS,
    PINNED,
    PREVENT,
    stands,
    told,
    whole,
)
from tests.project_files import ROOT

# Not of the results: the year, the kernel, the size of a huge page and of the captured guests.
OTHER = re.compile(
    r"of 2012|Linux 6\.12|2 MiB|captured 1 GiB guests|of 1 GiB agree|(?:over|more than) 2 %"
)
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
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


def test_what_is_said_without_numbers_of_moments_and_captures_holds() -> None:
    when, captured = told("balloon_when"), told("captured")
    assert all(when.mean(GATHER, *at) == when.mean(PINNED, *at) for at in when.cells)
    confirmed = [at for at in when.cells if stands("balloon_when", *at)]
    assert confirmed == [("30%", "after")], "of the claims fixed under an engine of before"
    assert not any(when.cells[x, y]["state"] == LEVEL for x in ("5%", "10%") for y in AT_ONCE)
    assert all(PINNED in captured.leaders(x, "tight") for x in captured.across)
    again = told(f"captured{AGAIN}")
    assert all(again.leaders(x, "tight") == captured.leaders(x, "tight") for x in captured.across)
    assert (
        captured.of_rows("host_exits", HOOK, "roomy")[0]
        == captured.of_rows("host_exits", PINNED, "roomy")[0]
    ), "no balloon page is moved at the smallest size"
    recorded = json.loads((ROOT / "examples" / "fidelity.json").read_text())["scenarios"]
    for guest, more in (("runs", 1), ("tight", 2)):
        kernel = {key: fmean(steps[2]["huge"]["kernel"])
                  for key, steps in recorded[guest]["designs"].items()}  # fmt: skip
        assert captured.leaders(200, guest) == {max(kernel, key=lambda key: kernel[key])}
        assert whole(captured.mean(PREVENT, 200, guest) - kernel[PREVENT]) == more
    just = [claim["at"] for claim, chance, held, _ in judged(f"captured{AGAIN}")
            if held and chance > 0.02]  # fmt: skip
    assert just == [{"balloon": 64, "guest": "runs"}], "confirmed, of 0.025 that Holm leaves it"


def test_what_is_said_without_numbers_of_churn_and_sizes_holds() -> None:
    churn, sizes = told("churn_toggles"), told("size_fragmentation")
    assert all(churn.mean(GAIN, x, "cycles") == churn.mean(PINNED, x, "cycles")
               for x in churn.across)  # fmt: skip
    for x in churn.across:
        lead = churn.paired(ON_FAILURE, PASS, x, "tight")
        assert lead.half is not None and lead.mean <= lead.half
    for y in ("roomy", "all_but_one"):
        assert all(sizes.cells[x, y]["state"] == LEVEL for x in sizes.across)
        assert all({PINNED, HOOK, PASS, PREVENT} <= sizes.leaders(x, y) for x in sizes.across)
        less = {x for x in sizes.across if GATHER not in sizes.leaders(x, y)}
        assert less == ({256} if y == "all_but_one" else set())
    lost = [sizes.best(x, "cycles") - sizes.mean(PINNED, x, "cycles") for x in sizes.across]
    assert lost == sorted(lost)
    whole_rows = {}
    for y in sizes.down:
        one, *others = ((sizes.cells[x, y]["state"], sizes.leaders(x, y)) for x in sizes.across)
        if one[0] == WON and all(other == one for other in others):
            whole_rows[y] = one[1]
    assert whole_rows == {"tight": {PREVENT}}
    moving = {HOOK, PASS, PREVENT}
    captured = told("captured")
    assert all(captured.leaders(x, "cycles") == moving for x in (200, 256))
    assert sizes.leaders(512, "cycles") == sizes.leaders(1024, "cycles") == moving
    assert all(captured.is_level(captured.grid.designs, x, "roomy") for x in captured.across)


def test_the_document_says_what_was_confirmed_and_what_was_checked() -> None:
    text = " ".join((ROOT / "docs" / "SWEEPS.md").read_text().split())
    claims = stood = as_claimed = was_open = closed = opened = 0
    for name in ("captured", "balloon_when"):
        every = judged(f"{name}{AGAIN}")
        here = sum(stands for _, _, stands, _ in every)
        assert f"[{here} of {len(every)}](../sweeps/{name}{AGAIN}/found.md)" in text
        claims, stood = claims + len(every), stood + here
        as_claimed += sum(c["state"] == cell["state"] and set(c["leaders"]) == set(cell["leaders"])
                          for c, _, _, cell in every)  # fmt: skip
        new, first = told(f"{name}{AGAIN}").cells, told(name).cells
        open_cells = {at for at, cell in first.items() if cell["state"] == UNDECIDED}
        was_open += len(open_cells)
        closed += sum(new[at]["state"] != UNDECIDED for at in open_cells)
        opened += sum(new[at]["state"] == UNDECIDED for at in first.keys() - open_cells)
    assert f"{as_claimed} of the {claims} come out as claimed" in text
    assert f"the fresh seeds decide {COUNT[closed]} of the {COUNT[was_open]} cells" in text
    assert f"leave {COUNT[opened]} open that they decide" in text
    assert f"{stood} of {claims} decided cells are confirmed" in text
    both = [one for name in ("captured", "balloon_when") for one in judged(f"{name}{AGAIN}")]
    level = [stands for claim, _, stands, _ in both if claim["state"] == LEVEL]
    won = [stands for claim, _, stands, _ in both if claim["state"] == WON]
    assert f"Of the {len(level)} claims that designs are level {level.count(False)} fall" in text
    assert f"Of the {len(won)} claims that one design wins {COUNT[won.count(False)]} falls" in text
    churn, captured, sizes, when = map(
        told, ("churn_toggles", "captured", "size_fragmentation", "balloon_when")
    )
    for t, one, other, at in (
        (churn, PREVENT, PINNED, ("0%", "tight")),
        (captured, PREVENT, PINNED, (256, "tight")),
        (sizes, HOOK, PREVENT, (512, "no_balloon")),
        (sizes, PREVENT, HOOK, (256, "tight")),
        (sizes, GATHER, HOOK, (1024, "tight")),
        (when, PASS, HOOK, ("10%", "before")),
    ):
        assert f"| {whole(t.mean(one, *at))} / {whole(t.mean(other, *at))}, " in text
    measured = json.loads((ROOT / "examples" / "fidelity.json").read_text())["summary"]["huge"]
    assert f"{measured['inside']} of {measured['total']} counts of 2 MiB pages" in text
    facts = [json.loads(path.read_text()) for path in sweeps_folder().glob(f"*/{FACTS}")]
    (engine,) = {one["engine"] for one in facts}
    assert f"the version `{engine}` played all {COUNT[len(facts)]}" in text
    (checked,) = {tuple(one["checked"].values()) for one in facts}
    assert checked[0] == engine
    assert f"{checked[1]} runs of each were played again by it, and {checked[2]} differ" in text
