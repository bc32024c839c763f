"""The command line: answers, exit status 2 with one sentence, the headless twin of the page."""

import json

import pytest

from engine.designs import DEFAULT_DESIGNS
from server.paths import examples_folder, project_version
from tests.server.command_line import run


@pytest.fixture
def ops(tmp_path):
    path = tmp_path / "ops.json"
    path.write_text('[["inflate", 16], ["compact"], ["huge", 4]]')
    return str(path)


def test_help_names_every_command_and_version_the_project(capsys):
    assert run(capsys, "--version") == (0, f"fragscope {project_version()}\n", "")
    status, out, _ = run(capsys, "--help")
    assert status == 0
    for name in ("serve", "replay", "fidelity", "stress-highalloc", "offline", "capture", "warmup"):
        assert name in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["serve", "--port", "x"], "--port is 'x': a whole number from 0 to 65535"),
        (["serve", "--port", "70000"], "--port is '70000'"),
        (["replay", "runs"], "required: --ops"),
        (["replay", "nothing", "--ops", "OPS"], "no capture at 'nothing': give a folder"),
        (["replay", "runs", "--ops", "nothing.json"], "cannot read nothing.json: No such file"),
        (["replay", "runs", "--ops", "OPS", "--designs", "fly"], "unknown design 'fly'"),
        (["replay", "runs", "--ops", "OPS", "--designs", ""], "no design given"),
        (["replay", "runs", "--ops", "OPS", "--designs", "pinned,pinned"], "is given twice"),
        (["replay", "runs", "--ops", "OPS", "--seed", "-1"], "-1"),
        (["replay", "runs", "--ops", "OPS", "--seed", "x"], "seed is 'x': a whole number"),
        (["replay", "runs", "--ops", "OPS", "--json", "--table"], "not allowed with"),
        (["replay", __file__, "--ops", "OPS"], "test_main.py"),
        (["capture"], "one of the arguments -o/--output --series is required"),
        (["capture", "-o", "x.docx"], "x.docx"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(capsys, ops, arguments, sentence):
    arguments = [ops if a == "OPS" else a for a in arguments]
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert err.startswith("fragscope: ")
    assert err.count("\n") == 1
    assert sentence in err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Expecting value"),
        ("{}", "operations are a JSON list"),
        ('[["inflate", -5]]', "operation 0"),
        ('[["inflate", NaN]]', "inflate by nan"),
        ('[["fly"]]', "unknown operation 'fly'"),
        ("[" * 100_000, "nested too deeply"),
        ('[["inflate", 9000]]', "the guest has"),
    ],
)
def test_an_operation_that_cannot_be_is_refused_with_its_place(capsys, tmp_path, text, sentence):
    path = tmp_path / "ops.json"
    path.write_text(text)
    status, out, err = run(capsys, "replay", "runs", "--ops", str(path), "--designs", "pinned")
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_an_example_replays_alike_by_name_and_by_path(capsys, ops):
    status, out, _ = run(capsys, "replay", "runs", "--ops", ops, "--json")
    assert status == 0
    by_name = json.loads(out)
    assert list(by_name["designs"]) == list(DEFAULT_DESIGNS)
    steps = by_name["designs"]["pinned"]
    assert [step["op"] for step in steps] == [["inflate", 16], ["compact"], ["huge", 4]]
    assert steps[0]["got_mib"] == 16
    path = str(examples_folder() / "runs" / "s1.tar.xz")
    _, out, _ = run(capsys, "replay", path, "--ops", ops, "--json", "--seed", "1")
    assert json.loads(out) == by_name


def test_a_replay_table_names_designs_with_their_toggles(capsys, ops):
    keys = "dedicated_block:prevent,dedicated_block"
    status, out, _ = run(capsys, "replay", "runs", "--ops", ops, "--designs", keys)
    assert status == 0
    assert "dedicated_block:prevent" in out
    assert "inflate 16" in out


@pytest.mark.parametrize("arguments", [["serve"], ["race"], ["replay", "runs", "--ops", "none"]])
def test_a_misspelt_setting_is_refused_by_every_command(arguments, monkeypatch, capsys):
    monkeypatch.setenv("FRAGSCOPE_" + "MAX_SESSION", "3")
    sentence = "MAX_SESSION is no setting: did you mean FRAGSCOPE_MAX_SESSIONS?\n"
    assert run(capsys, *arguments) == (2, "", f"fragscope: FRAGSCOPE_{sentence}")
