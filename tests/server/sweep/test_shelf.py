"""Sweeps to look at: found in folders, read once, and each run can become a session."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine.commands import command_from_dict
from engine.core import engine_digest
from engine.errors import RefusedError
from engine.presets import make_synthetic
from engine.sweep.contest import Judge
from engine.sweep.table import NUMBERS
from engine.world import World, WorldConfig
from server.errors import NotFoundError
from server.paths import sweeps_folder
from server.settings import Settings
from server.sweep.shelf import SweepShelf, describe_sweep, live_run, shelf_of, shown_map
from server.sweep.sweep import run_sweep
from server.wire.config import config_from_dict
from tests.server.sweep.grids import GRID, RUNS, HerePool


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> SweepShelf:
    folder = tmp_path_factory.mktemp("shelf")
    run_sweep(GRID, folder / "mine", HerePool())
    (folder / "mine" / "found.md").write_text("# Found\n\nNothing.\n")
    (folder / "empty").mkdir()
    (folder / ".hidden").mkdir()
    return SweepShelf([folder])


def test_a_folder_with_a_table_is_a_sweep(shelf: SweepShelf) -> None:
    assert shelf.names() == ["mine"]
    (told,) = shelf.describe()["sweeps"]
    assert (told["title"], told["runs"], told["this_engine"]) == ("For tests", RUNS, True)
    assert told["text"].startswith("# Found")
    assert told["values"]["size_mib"] == [256]
    shown = shelf.get("mine")
    assert shelf.get("mine") is shown
    os.utime(shown.folder / "results.csv", (1, 1))
    assert shelf.get("mine") is not shown
    for name in ("none", "..", "../mine", ""):
        with pytest.raises(NotFoundError):
            shelf.get(name)


def test_another_version_counts_if_runs_drawn_again_came_out_the_same(shelf: SweepShelf) -> None:
    shown = shelf.get("mine")
    good = {"engine": engine_digest(), "runs": 9, "differ": 0}
    for checked, told in (
        (good, 9), ({**good, "differ": 1}, None), ({**good, "engine": "other"}, None),
        ({**good, "runs": "all"}, None), ([], None),
    ):  # fmt: skip
        old = replace(shown, facts={"engine": "old", "checked": checked})
        assert describe_sweep(old)["this_engine"] is False
        assert describe_sweep(old)["checked"] == told


def test_the_map_has_marks_and_sentences(shelf: SweepShelf) -> None:
    found = shown_map(shelf.get("mine"), judge=Judge("host_exits", "low"))
    cells = [cell for line in found["cells"] for cell in line]
    assert len(cells) == 4
    # The hook pays with messages to the host, whatever else it does.
    assert {cell["mark"][0] for cell in cells} == {"A"}
    assert any("pinned wins with" in cell["words"] for cell in cells)


def test_a_run_made_live_comes_to_the_numbers_of_its_rows(shelf: SweepShelf) -> None:
    at = {"guest": "cycles", "balloon": "20%", "seed": "3"}
    live = live_run(shelf.get("mine"), at)
    config = config_from_dict(live["config"])
    base = make_synthetic("cycles", 256, live["config"]["source"]["seed"])
    world = World(base, WorldConfig(config.designs, config.seed, profile=config.profile))
    for command in live["commands"]:
        world.apply(command_from_dict(command))
        world.run_until_idle()
    assert [row["design"] for row in live["rows"]] == list(world.keys)
    for i, row in enumerate(live["rows"]):
        stats = world.view(i).stat_dict()
        assert {name: stats[name] for name in NUMBERS} == {name: row[name] for name in NUMBERS}


def test_a_run_that_is_not_there_is_refused(shelf: SweepShelf) -> None:
    shown = shelf.get("mine")
    with pytest.raises(RefusedError, match="no such run"):
        live_run(shown, {"guest": "roomy"})
    with pytest.raises(RefusedError, match="'weight' is no coordinate"):
        live_run(shown, {"weight": "1"})


def test_what_cannot_be_read_says_so_and_hides_nothing_else(
    shelf: SweepShelf, tmp_path: Path
) -> None:
    good = shelf.get("mine").folder
    for name in ("bad-grid", "bad-table", "no-grid"):
        shutil.copytree(good, tmp_path / name)
    (tmp_path / "bad-grid" / "grid.toml").write_text("titel = 1")
    (tmp_path / "bad-table" / "results.csv").write_text("a,b\n1,2\n")
    (tmp_path / "no-grid" / "grid.toml").unlink()
    told = SweepShelf([tmp_path, good.parent]).describe()["sweeps"]
    assert [one["name"] for one in told] == ["bad-grid", "bad-table", "no-grid", "mine"]
    errors = [one.get("error", "") for one in told]
    assert "no field 'titel'" in errors[0]
    assert "no table of a sweep" in errors[1]
    assert "cannot be read: No such file" in errors[2]
    assert errors[3] == ""


def test_the_projects_sweeps_and_those_of_the_settings_are_shown(tmp_path: Path) -> None:
    shutil.copytree(sweeps_folder(), tmp_path / "more")
    names = shelf_of(Settings()).names()
    assert len(names) >= 3
    for one in shelf_of(Settings()).describe()["sweeps"]:
        assert "error" not in one
        assert one["text"]
    both = shelf_of(Settings(sweeps_dir=str(tmp_path / "more")))
    assert both.names() == names
    assert both.get(names[0]).folder.parent == tmp_path / "more"


def test_published_tables_are_small() -> None:
    for name in shelf_of(Settings()).names():
        folder = sweeps_folder() / name
        assert sum(path.stat().st_size for path in folder.iterdir()) < 500_000, name
