"""docs/TEACHING.md: every number in its tables is what the engine says, every click is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.race.era import Protocol
from engine.race.explorer import race
from engine.scenarios.catalog import SCENARIOS
from tests.engine.scenes import played

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "TEACHING.md").read_text(encoding="utf-8")
TABLES = re.findall(r"<!-- numbers: (\w+) (\d+) -->\n\n((?:\|.*\n)+)", TEXT)


def cells(line: str) -> list[str]:
    """The cells of one line of a table."""
    return [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]


def test_there_is_a_table_for_each_question_of_numbers() -> None:
    assert len(TABLES) == TEXT.count("<!-- numbers:") == 7


@pytest.mark.parametrize(("name", "step", "table"), TABLES, ids=[f"{n}-{s}" for n, s, _ in TABLES])
def test_a_table_says_what_the_engine_says(name: str, step: str, table: str) -> None:
    stats = {label: stat for stat, label in SCENARIOS[name].show}
    head, _, *rows = table.strip().split("\n")
    labels = cells(head)[1:]
    assert set(labels) <= set(stats)
    designs = played(name)["steps"][int(step) - 1]["designs"]
    told = {cells(row)[0]: [int(c.replace(",", "")) for c in cells(row)[1:]] for row in rows}
    assert told == {key: [designs[key][stats[label]] for label in labels] for key in told}


def test_the_race_breaks_where_the_lecture_says() -> None:
    without = race(Protocol(2, False, True, "v4"))
    both = race(Protocol(2, True, True, "v4"))
    assert f"in {without['states']:,} states, {len(without['violations'])} things break" in TEXT
    steps = {one["property"]: one["steps"] for one in without["violations"]}
    assert f"in mid-move*: {steps['newpage_isolated']} steps" in TEXT
    assert f"{both['states']:,} states, and nothing breaks" in TEXT
    assert both["violations"] == []


def test_a_small_balloon_does_what_the_lecture_says() -> None:
    last = played("small_balloon")["steps"][-1]["designs"]
    most = max(last.values(), key=lambda numbers: numbers["huge_best"])
    assert last["pinned"] == most
    assert last["dedicated_block"]["huge_best"] < most["huge_best"]


def test_every_scenario_and_its_label_exist() -> None:
    for label, name in re.findall(r"\*([^*]+?)\*\s+\(`(\w+)`\)", TEXT):
        assert SCENARIOS[name].label == " ".join(label.split()), name
    names = set(re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)`", TEXT))
    designs = {"lru_hook", "separate_pass", "dedicated_block"}
    assert names - designs <= set(SCENARIOS)


def test_every_button_exists() -> None:
    page = "".join(
        path.read_text(encoding="utf-8")
        for path in [*(ROOT / "web").glob("*.html"), *(ROOT / "web" / "src").rglob("*.js")]
    )
    for label in (
        "Scenarios", "The argument", "Race explorer", "Next step", "Start over", "With both",
        "What holds it", "Cost", "The claim", "How sure?", "Speed",
        "Guest and designs", "Content", "Target taken in mid-move",
    ):  # fmt: skip
        assert f"**{label}**" in TEXT or f"*{label}*" in TEXT, label
        assert f'"{label}"' in page or f">{label}<" in page or f"{label} <" in page, label


def test_the_list_of_scenarios_is_whole_and_says_what_was_borne_out() -> None:
    text = (ROOT / "docs" / "SCENARIOS.md").read_text(encoding="utf-8")
    for one in SCENARIOS.values():
        made_for = {"": "", "none": "none"}.get(one.favours, f"`{one.favours}`")
        verdict = "" if not one.favours else "yes" if one.borne_out else "no"
        assert f"| `{one.name}` | {one.question} | {made_for} | {verdict} |" in text, one.name
