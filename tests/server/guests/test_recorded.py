"""Recordings of real kernels: their numbers, their pictures, and that both mean the same thing."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from engine.recordings.quantities import STATISTICS
from engine.replay import parse_ops
from engine.view import PLANES, STAT_FIELDS
from server.errors import NotFoundError
from server.guests.library import EXAMPLES
from server.guests.recorded import RECIPES, RecordedExample, Recordings, over_runs
from server.paths import examples_folder, import_paths
from server.wire.frames import decode_frame

FOUR = [key for key in RECIPES if key != "separate_pass"]  # of every guest that the page offers


@pytest.fixture(scope="module")
def recordings():
    return Recordings(examples_folder())


def told(recordings, name):
    return json.loads(recordings.describe(name))


def raw(name):
    return json.loads((examples_folder() / name / "result.json").read_text())


def shown(recordings, name, key, step):
    """Planes and statistics of a picture."""
    (panel,) = decode_frame(recordings.picture(name, key, step)).panels
    return panel.planes, dict(zip(STAT_FIELDS, panel.stats.tolist(), strict=True))


def test_the_numbers_are_those_of_the_file(recordings):
    answer = told(recordings, "runs")
    recorded = raw("runs")
    assert answer["kernel"] == recorded["scenario"]["kernel"]
    assert [o["command"]["type"] for o in answer["operations"]] == [
        "balloon_inflate", "compact", "huge",
    ]  # fmt: skip
    hook = next(d for d in answer["designs"] if d["key"] == "lru_hook")
    assert hook["repetitions"] == 3
    huge = hook["steps"][3]["values"]["huge_best"]
    assert huge["each"] == [step[2]["got"][0] for step in recorded["designs"]["hook"]]
    assert (huge["low"], huge["mean"], huge["high"]) == (78, 80.667, 83)
    assert huge["band"] == [75.667, 85.667]
    isolated = hook["steps"][2]["values"]["compact_isolated"]["each"]
    start = recorded["s1"]["vmstat"]["compact_isolated"]
    assert isolated == [
        step[1]["vmstat"]["compact_isolated"] - start for step in recorded["designs"]["hook"]
    ]
    zone = re.search(r"DMA32\s+([\d ]+)", recorded["designs"]["hook"][0][1]["buddyinfo"])
    counts = [int(word) for word in zone[1].split()]
    unusable = 1000 * (1 - (counts[9] + 2 * counts[10]) * 512 / sum(
        n << order for order, n in enumerate(counts)
    ))  # fmt: skip
    assert hook["steps"][2]["values"]["unusable_index_9"]["each"][0] == pytest.approx(
        unusable, abs=0.05
    )


def test_only_statistics_of_the_wire_are_named(recordings):
    assert set(STATISTICS) <= set(STAT_FIELDS)
    for name in EXAMPLES:
        for design in told(recordings, name)["designs"]:
            for step in design["steps"]:
                assert set(step["values"]) <= set(STATISTICS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_recorded_under_all_four_and_has_its_pictures(recordings, name):
    assert name in recordings
    answer = told(recordings, name)
    assert {d["key"] for d in answer["designs"]} == set(FOUR)
    ops = parse_ops(raw(name)["scenario"]["ops"])
    for design in answer["designs"]:
        assert len(design["steps"]) == len(ops) + 1
        for i, step in enumerate(design["steps"]):
            huge = i > 0 and ops[i - 1][0] == "huge"
            assert step["picture"] == (i - 1 if huge else i)
            assert ("huge_best" in step["values"]) == huge
            assert ("balloon_migrate" in step["values"]) == (
                design["key"] == "lru_hook" and i > 0 and not huge
            )


def test_a_balloon_target_is_the_same_as_the_first_inflation(recordings):
    first, *others = told(recordings, "cycles")["operations"]
    assert first["same"] == [
        {"type": "balloon_inflate", "nr_pages": 16384},
        {"type": "balloon_target", "nr_pages": 16384},
    ]
    assert all(len(operation["same"]) == 1 for operation in others)


@pytest.mark.parametrize("key", FOUR)
def test_a_picture_is_the_memory_that_the_numbers_count(recordings, key):
    planes, stats = shown(recordings, "runs", key, 2)
    design = next(d for d in told(recordings, "runs")["designs"] if d["key"] == key)
    first = {stat: v["each"][0] for stat, v in design["steps"][2]["values"].items()}
    assert {name: planes[name].shape for name, _ in PLANES} == {name: (512,) for name, _ in PLANES}
    # The files are read one after the other, so a few pages differ.
    assert abs(stats["free_blocks_all"] - first["free_blocks_all"]) <= 1
    assert abs(stats["nr_free_pages"] - first["nr_free_pages"]) <= 256
    assert stats["balloon_actual"] == first["balloon_actual"] == planes["balloon"].sum()


def test_pictures_show_true_migratetypes_and_dedicated_pageblocks(recordings):
    step = raw("runs")["designs"]["dedicated"][0][1]
    planes, _ = shown(recordings, "runs", "dedicated_block:prevent", 2)
    letters = "".join("UMRHCI"[t] for t in planes["migratetype"])
    assert letters == step["blocks"]
    assert (planes["flags"] & 1).sum() == int(step["lab"].split()[5]) == 100
    assert (planes["balloon"][(planes["flags"] & 1) == 1] == 512).all()


def test_only_the_hook_can_move_its_balloon_pages(recordings):
    _, pinned = shown(recordings, "runs", "pinned", 1)
    _, hook = shown(recordings, "runs", "lru_hook", 1)
    assert pinned["blocks_held_by_balloon"] > 0
    assert pinned["blocks_rescuable_by_hook"] == 0
    assert hook["blocks_held_by_balloon"] == 0
    assert hook["blocks_rescuable_by_hook"] > 0


def test_a_picture_is_made_once(recordings):
    assert recordings.picture("runs", "pinned", 0) is recordings.picture("runs", "pinned", 0)


def test_a_picture_that_was_not_recorded_is_not_made_up(recordings):
    for name, key, step in (("x", "pinned", 0), ("runs", "x", 0), ("runs", "pinned", 9)):
        with pytest.raises(NotFoundError):
            recordings.picture(name, key, step)
    with pytest.raises(NotFoundError, match="memory was not recorded after step 3"):
        recordings.picture("runs", "pinned", 3)


def test_a_result_that_lacks_something_is_one_sentence(tmp_path):
    shutil.copy(examples_folder() / "runs" / "s1.tar.xz", tmp_path)
    (tmp_path / "result.json").write_text('{"s1": {}, "designs": {}}')
    with pytest.raises(
        ValueError, match=r"result\.json is not a recording: KeyError\('scenario'\)"
    ):
        RecordedExample(tmp_path)


def test_numbers_over_the_runs_of_the_kernel():
    assert over_runs("free_blocks_all", [6, 11, 64]) == {
        "low": 6, "mean": 27, "high": 64, "band": [-31, 85], "each": [6, 11, 64],
    }  # fmt: skip


def test_nothing_is_compiled_for_a_picture(tmp_path):
    program = (
        "from server.guests.recorded import Recordings\n"
        "from server.paths import examples_folder\n"
        "from engine.core.jit.graph import functions\n"
        "kept = Recordings(examples_folder())\n"
        "kept.describe('runs')\n"
        "kept.picture('runs', 'lru_hook', 2)\n"
        "print(sum(one.is_loaded for one in functions().values()))\n"
    )
    environment = {
        **os.environ, "FRAGSCOPE_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0",
        "PYTHONPATH": import_paths(),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.returncode) == ("0", 0), done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
