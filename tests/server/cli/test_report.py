"""``fragscope report``: text in, answer out, without a compiled core."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli.main import main
from tests.engine.report import samples as s
from tests.project_files import ROOT


def test_the_answer_comes_first_and_every_zone_has_node_and_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "buddyinfo").write_text(s.buddyinfo(s.TWO_NODES))
    assert main(["report", str(tmp_path), "--order", "11"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("order 11, GFP_KERNEL: fails now, zone Normal of node ")
    assert "yes, Normal 0" in out
    for node in ("0", "1"):
        assert sum(line.split()[:2] == [node, "Normal"] for line in out.splitlines()) == 3
    assert "Lines read: buddyinfo 2; not read: 0." in out


def test_a_paste_is_read_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    body = io.TextIOWrapper(io.BytesIO(s.quoted(s.mem_info(s.SMALL, s.FAILED)).encode()))
    monkeypatch.setattr(sys, "stdin", body)
    assert main(["report", "-", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["request"]["who"] == "kworker/1:2"
    assert [z["zone"] for z in answer["zones"]] == ["DMA", "DMA32", "Normal"]


def test_two_reports_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_text(s.buddyinfo(s.TWO_NODES))
    after.write_text(s.buddyinfo({**s.TWO_NODES, (1, "Normal"): (6000, 300, 20, 1, *(0,) * 7)}))
    assert main(["report", str(before), str(after)]) == 0
    out = capsys.readouterr().out
    assert "-1000" in out.split("What could have done it")[0].splitlines()[-2]
    assert "node 1, zone Normal: 1000 pages were taken" in out
    assert main(["report", str(before), str(after), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["changes"]["zones"][1]["counts"][0] == -1000
    assert answer["zones"][1]["counts"][0] == 6000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "no such file"),
        ([str(ROOT / "LICENSE")], "holds nothing that is known"),
        ([str(ROOT / "LICENSE"), "--order", "99"], "a whole number from 0 to 23"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", *arguments]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_no_compiled_core_is_needed() -> None:
    path = ROOT / "tests" / "engine" / "report" / "cases" / "vm-4.18.txt"
    code = (
        "import sys; from server.cli.main import main;"
        f" main(['report', {str(path)!r}]); print(sorted({{'numba', 'numpy'}} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.endswith("[]\n")
