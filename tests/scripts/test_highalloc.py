"""Published figures of stress-highalloc: whole, within bounds, and the ones that the pages show."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from engine.stress.params import ESTIMATED
from engine.stress.phases import PASSES
from engine.stress.summary import PUBLISHED_SCORES
from scripts.docs import highalloc_parts as parts
from scripts.docs.generated import part_of
from scripts.docs.highalloc import DESIGNS, FIGURES, base_of, gather, jobs_of, key_of, params_of
from server.cli.main import main

SEEDS = 3 if os.environ.get("FRAGSCOPE_HYPOTHESIS") == "soak" else 1


def figures() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return found


def part(path: Path, name: str) -> list[str]:
    return part_of(path.read_text(encoding="utf-8"), name)


def test_every_seed_of_every_design_is_there_and_is_a_percentage() -> None:
    made = figures()
    assert list(made["presets"]) == list(PUBLISHED_SCORES)
    for preset in made["presets"].values():
        seeds = preset["seeds"]
        assert seeds == list(range(1, len(seeds) + 1))
        assert len(seeds) >= 3
        assert tuple(preset["designs"]) == DESIGNS
        for design in preset["designs"].values():
            for name in PASSES:
                assert len(design[name]) == len(seeds)
                assert all(0 <= score <= 100 for score in design[name])


def test_every_estimated_number_was_varied_and_the_repair_tried_under_the_same_seeds() -> None:
    made = figures()
    assert list(made["variation"]["v11"]) == list(ESTIMATED)
    for changes in made["variation"]["v11"].values():
        assert set(changes) == {"-30", "30"}
        assert all(len(d["pass1"]) == 3 for c in changes.values() for d in c.values())
    for preset, one in made["repaired"].items():
        assert one["seeds"] == made["presets"][preset]["seeds"]
        assert set(one["designs"]) == {"pinned", "lru_hook"}


def test_the_pages_show_these_figures() -> None:
    made = figures()
    assert part(parts.DOCUMENT, "results") == parts.results(made)
    assert part(parts.DOCUMENT, "variation") == parts.variation_table(made)
    assert part(parts.DOCUMENT, "repaired") == parts.repaired_table(made)
    assert part(parts.FIDELITY, "highalloc") == parts.scores(made)
    assert parts.PICTURE.read_text(encoding="utf-8") == parts.plot(made)


def test_published_points_stand_beside_ours() -> None:
    made = figures()
    for preset, designs in PUBLISHED_SCORES.items():
        assert made["published"][preset] == {name: list(p) for name, p in designs.items()}
        rows = parts.score_table(made, preset)[2:]
        for i, row in enumerate(rows):
            assert row.endswith(" | ".join(f"**{p[i]}**" for p in designs.values()) + " |")


def test_runs_of_many_seeds_become_one_file() -> None:
    runs = {
        key_of(job): {**dict.fromkeys(PASSES, job[2]), "compact_stall": 3}
        for job in jobs_of(2, False)
    }
    made: dict[str, Any] = {}
    gather(runs, made)
    assert made["presets"]["v11"]["seeds"] == [1, 2]
    assert made["presets"]["v10"]["designs"]["lru_hook"]["rested"] == [1, 2]
    runs = {key_of(job): dict.fromkeys(PASSES, 1.0) for job in jobs_of(1, True)}
    gather(runs, made)
    assert made["variation"]["v11"]["cc1_pages"]["-30"]["pinned"]["pass1"] == [1.0]
    assert base_of(made, 1)["v11"]["lru_hook"] == {name: [1] for name in PASSES}


def test_a_varied_run_differs_in_one_number() -> None:
    assert params_of(("v11", "pinned", 1, "cc1_pages", -30)).cc1_pages == 2800
    assert params_of(("v10", "pinned", 1, "", 0)).balloon_mib == 1024


@pytest.mark.slow
@pytest.mark.parametrize("preset", PUBLISHED_SCORES)
def test_the_command_comes_out_as_published_here(preset: str, capsys: Any) -> None:
    """As a person runs it; ten points of room for a changed engine; three seeds in `make soak`."""
    arguments = ["--preset", preset, "--seeds", str(SEEDS), "--designs", "pinned,lru_hook"]
    assert main(["stress-highalloc", *arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["preset"], answer["profile"], answer["seed"]) == (preset, "2012", 1)
    made = figures()["presets"][preset]["designs"]
    for name, design in answer["designs"].items():
        each = {key: [value] if SEEDS == 1 else value["each"] for key, value in design.items()}
        for score in PASSES:
            ours = made[name][score]
            assert len(each[score]) == SEEDS
            assert min(ours) - 10 <= min(each[score]), (name, score)
            assert max(each[score]) <= max(ours) + 10, (name, score)
        assert min(each["compact_stall"]) > 0
        assert min(each["pages_moved"]) > 0
