"""``fragscope replay``: seeds, and the score against a recording."""

from __future__ import annotations

import json

import pytest

from engine.recordings.recording import RECORDED_AS
from engine.spread import merge_replays
from server.cli.common import example_or_path
from server.cli.replay import replay_table, zones_table
from server.guests.library import EXAMPLES
from server.paths import examples_folder
from tests.engine.small_capture import archive, half_agreeing, masked
from tests.server.command_line import run

FOLDER = examples_folder() / "runs"


@pytest.fixture
def ops(tmp_path):
    path = tmp_path / "ops.json"
    path.write_text('[["inflate", 50], ["wait", 2]]')
    return str(path)


def test_several_seeds_keep_the_first_answer_and_add_the_spread(capsys, ops):
    arguments = ("replay", "runs", "--ops", ops, "--designs", "pinned")
    _, plain, _ = run(capsys, *arguments, "--json")
    status, out, _ = run(capsys, *arguments, "--json", "--seeds", "3")
    assert status == 0
    found = json.loads(out)
    assert found["designs"] == json.loads(plain)["designs"]
    assert found["seeds"] == [1, 2, 3]
    assert found["spread"]["pinned"][0]["got_mib"] == {"mean": 50.0, "low": 50, "high": 50}
    assert run(capsys, *arguments, "--json", "--seeds", "1")[1] == plain
    _, out, _ = run(capsys, *arguments, "--seeds", "2", "--seed", "7")
    assert out.splitlines()[-1] == "mean (lowest–highest) over 2 seeds"
    step = {"op": ["compact"], "free": 256, "huge_pages": None,
            "stats": {
                "balloon_actual": 0,
                "nr_free_pages": 768,
                "free_blocks_all": 1,
                "host_exits": 0,
                "blocks_with_balloon": 7,
            },
            "vmstat": {"compact_isolated": 0, "balloon_migrate": 0}}  # fmt: skip
    other = {**step, "stats": {**step["stats"], "free_blocks_all": 4}}
    merged = merge_replays([7, 8], [{"designs": {"pinned": [one]}} for one in (step, other)])
    assert "2.5 (1–4)" in replay_table(merged).plain()


def test_every_zone_is_shown_with_its_node_and_name(capsys, ops):
    arguments = ("replay", "runs", "--ops", ops, "--designs", "pinned")
    steps = json.loads(run(capsys, *arguments, "--json")[1])["designs"]["pinned"]
    assert [(zone["node"], zone["zone"]) for zone in steps[0]["zones"]] == [
        (0, "DMA"),
        (0, "DMA32"),
    ]
    assert steps[0]["zones"][1]["counts"] == steps[0]["buddyinfo"]
    out = run(capsys, *arguments)[1]
    assert [line.split()[-3:-2] for line in out.splitlines() if " DMA " in line] == [["DMA"]] * 2


def test_results_and_broken_huge_pages_of_the_host_stand_in_the_table(capsys, tmp_path):
    path = tmp_path / "ops.json"
    path.write_text(
        '[["inflate", 100], ["contig", 4], ["offline", 512, 16], ["alloc", 3, 9], ["pin", 4]]'
    )
    status, out, _ = run(capsys, "replay", "runs", "--ops", str(path), "--designs", "pinned")
    assert status == 0
    head, _, *rows = out.splitlines()[:7]
    assert head.split("  ")[-2:] == ["host huge pages broken", "result"]
    cells = [row[head.index("host huge pages broken") :].split(maxsplit=1) for row in rows]
    assert all(int(broken) > 0 for broken, *_ in cells)
    results = [result for _, *result in cells]
    assert results[0] == []
    assert results[1] == ["allocated"]
    assert results[2][0].startswith("stopped: page ")
    assert results[3] == ["3 of 3"]
    assert results[4] == ["1024 of 1024 pages"]


def test_several_seeds_say_how_often_what_came_of_it():
    def step(result, got):
        why = {"memory": 0, "fragmentation": 10 - got}
        return {"op": ["alloc", 10, 9, "unmovable", "free"], "result": result, "free": 256,
                "alloc": {"got": got, "asked": 10, "why": why, "sentence": result},
                "huge_pages": None, "vmstat": {"compact_isolated": 0, "balloon_migrate": 0},
                "stats": {"balloon_actual": 0, "free_blocks_all": 1, "host_exits": 0,
                          "nr_free_pages": 768, "blocks_with_balloon": 7}}  # fmt: skip

    one, other = step("10 of 10", 10), step("8 of 10; failed: 2 fragmentation", 8)
    merged = merge_replays([1, 2], [{"designs": {"pinned": [s]}} for s in (one, other)])
    row = replay_table(merged).plain().splitlines()[-1]
    assert row.endswith("9 (8–10) of 10; failed: 1 (0–2) fragmentation")
    for both in (one, other):
        del both["alloc"]
        both["range"] = {"sentence": both["result"]}
    one["result"], other["result"] = "allocated", "stopped: not_migrated"
    steps = [{"designs": {"pinned": [s]}} for s in (other, one, other)]
    row = replay_table(merge_replays([1, 2, 3], steps)).plain().splitlines()[-1]
    assert row.endswith("stopped: not_migrated (2 seeds), allocated (1 seeds)")


def test_where_there_is_one_zone_the_table_is_as_it_was():
    step = {"op": ["compact"], "zones": [{"node": 0, "zone": "DMA32", "counts": [1] * 11}]}
    assert zones_table({"designs": {"pinned": [step]}}) == []
    step["zones"].append({"node": 1, "zone": "Normal", "counts": [0] * 9 + [2, 3]})
    table = zones_table({"designs": {"pinned": [step]}})[-1].plain()
    assert table.splitlines()[-1].split() == ["compact", "pinned", "1", "Normal", "16", "8"]


def test_a_replay_is_scored_against_a_recording_and_its_designs(capsys):
    status, out, _ = run(capsys, "replay", "runs", "--against", "runs")
    assert status == 0
    assert " of 41 quantities within the band" in out.splitlines()[-1]
    capture = str(FOLDER / "s1.tar.xz")
    _, out, _ = run(capsys, "replay", capture, "--against", str(FOLDER), "--json")
    found = json.loads(out)
    assert set(found["designs"]) == set(RECORDED_AS.values()) - {"separate_pass"}  # not here
    assert found["against"]["recording"] == "runs"
    assert found["against"]["counts"]["all"][1] == 41
    _, out, _ = run(capsys, "replay", "runs", "--against", "runs", "--designs", "pinned", "--json")
    assert json.loads(out)["against"]["counts"]["all"][1] < 41


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "required: --ops (or --against)"),
        (["--ops", "OPS", "--seeds", "0"], "number of seeds is '0': a whole number from 1 to 100"),
        (["--ops", "OPS", "--seeds", "101"], "number of seeds is '101'"),
        (["--ops", "OPS", "--seeds", "9" * 10_000], "number of seeds is '999"),
        (["--ops", "OPS", "--seed", "1e3"], "seed is '1e3': a whole number from 0 to"),
        (["--against", "nothing"], "no capture at 'nothing'"),
        (["--against", "server"], "server/result.json: No such file"),
        (["--against", "runs", "--ops", "OPS"], "--ops differ from those of the recording"),
    ],
)
def test_bad_input_is_one_sentence(capsys, ops, arguments, sentence):
    arguments = [ops if a == "OPS" else a for a in arguments]
    status, out, err = run(capsys, "replay", "runs", *arguments)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_an_example_is_found_by_name_and_a_folder_by_path():
    assert example_or_path("runs") == EXAMPLES["runs"].path
    assert example_or_path(str(FOLDER)) == FOLDER


def test_files_that_disagree_are_refused_or_said_above_the_answer(capsys, tmp_path):
    ops = tmp_path / "ops.json"
    ops.write_text('[["compact"]]')
    for name, contents in (("masked", masked()), ("half", half_agreeing())):
        (tmp_path / f"{name}.tar.gz").write_bytes(archive(contents))
    words = ("--ops", str(ops), "--designs", "pinned")
    status, out, error = run(capsys, "replay", str(tmp_path / "masked.tar.gz"), *words)
    assert (status, out) == (2, "")
    assert "masked.tar.gz: zone DMA of node 0: kpageflags shows 0 free pages" in error
    assert "--by-kpageflags" in error
    again = ("replay", str(tmp_path / "masked.tar.gz"), *words, "--by-kpageflags")
    status, out, _ = run(capsys, *again)
    assert status == 0
    assert out.startswith("Warning: zone DMA of node 0: kpageflags shows 0 free pages")
    status, out, _ = run(capsys, "replay", str(tmp_path / "half.tar.gz"), *words)
    assert status == 0
    assert out.startswith("Warning: zone DMA of node 0: kpageflags shows 2772 free pages")
