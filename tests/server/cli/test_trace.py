"""`fragscope trace`: the form of its answer, bad input."""

from __future__ import annotations

import json

import pytest

from tests.server import command_line


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return command_line.run(capsys, "trace", *arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "no capture at 'nothing'"),
        (["tight:256", "--ticks", "17"], "number of ticks is '17': a whole number from 1 to 16"),
        (["tight:256", "--skip", "x"], "number of ticks to skip is 'x'"),
        (["tight:256", "--profile", "1999"], "unknown profile '1999'"),
        (["tight:256", "--design", "fly"], "unknown design 'fly'"),
        (["tight:255"], "size is 255 MiB: an even number"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(capsys, arguments, sentence):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("fragscope: ")
    assert err.count("\n") == 1
    assert sentence in err


@pytest.mark.parametrize("profile", ["modern", "2012"])
def test_only_the_last_operation_is_traced(capsys, tmp_path, profile):
    ops = tmp_path / "ops.json"
    ops.write_text('[["inflate", 32], ["compact"]]')
    arguments = ("tight:256", "--ops", str(ops), "--profile", profile, "--ticks", "4", "--json")
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    answer = json.loads(out)
    assert (answer["design"], answer["profile"], answer["ticks"]) == ("lru_hook", profile, 4)
    assert any(entry["outcome"] == "moved" for entry in answer["handled"])


def test_the_text_names_functions_and_reasons(capsys):
    status, out, _ = run(capsys, "tight:256", "--design", "pinned")
    assert status == 0
    assert "isolate_migratepages_block(" in out
    assert "on no LRU list" in out
