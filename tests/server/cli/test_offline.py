"""`fragscope offline`: the form of its answer, bad input."""

import json

import pytest

from tests.server import command_line

RANGE = "512:16"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return command_line.run(capsys, "offline", *arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["runs"], "required: --range"),
        (["runs", "--range", "512"], "range is '512': START_MIB:SIZE_MIB is needed"),
        (["runs", "--range", "-2:4"], "expected one argument"),
        (["runs", "--range", "1:2"], "start of the range is 1 MiB: whole pageblocks of 2 MiB"),
        (["runs", "--range", "0:0"], "size of the range is 0: from 2 to"),
        (["runs", "--range", "900000:2"], "the memory ends at"),
        (["runs", "--range", "14:4"], "a range lies in one zone: DMA 0 to 16 MiB"),
        (["runs", "--range", RANGE, "--profile", "1999"], "unknown profile '1999'"),
        (["runs", "--range", RANGE, "--designs", "fly"], "unknown design 'fly'"),
        (["nothing", "--range", RANGE], "no capture at 'nothing'"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(capsys, arguments, sentence):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("fragscope: ")
    assert err.count("\n") == 1
    assert sentence in err


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["modern", "2012"])
def test_every_design_succeeds_or_says_what_stopped_it(capsys, tmp_path, profile):
    ops = tmp_path / "ops.json"
    ops.write_text('[["inflate", 64]]')
    arguments = ("runs", "--range", RANGE, "--ops", str(ops), "--profile", profile)
    status, out, _ = run(capsys, *arguments, "--json")
    assert status == 0
    answer = json.loads(out)
    assert answer["range"] == {"start_mib": 512, "size_mib": 16}
    assert answer["profile"] == profile
    assert list(answer["designs"]) == ["pinned", "lru_hook", "separate_pass", "dedicated_block"]
    for found in answer["designs"].values():
        assert found["result"] in ("offlined", "stopped")
        assert (found["result"] == "stopped") == bool(found["sentence"]) == (found["pfn"] >= 0)
        assert found["wasted"] <= found["migrated"] + found["reclaimed"]
        assert (found["start_pfn"], found["end_pfn"]) == (512 * 256, 528 * 256)
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    lines = out.splitlines()
    assert lines[0].split("  ")[0] == "design"
    assert [line.split()[0] for line in lines[2:]] == list(answer["designs"])
    for line, found in zip(lines[2:], answer["designs"].values(), strict=True):
        assert found["sentence"] in line
