"""Recording a series: on a made-up /proc, and on this machine where that is allowed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.capture.load import load_capture
from engine.recordings.quantities import recorded
from engine.recordings.recording import load_recording
from server.cli import main
from server.cli.series import RecordedMachine, parse_steps, record_series
from tests.engine.small_capture import small

ROOT = Path(__file__).parents[3]
OTHER_VMSTAT = b"nr_free_pages 7\ncompact_isolated 900\n"


class Fake:
    """A folder that looks like /proc of the small machine, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.proc = folder
        self.slept: list[float] = []
        (folder / "sys" / "vm").mkdir(parents=True)
        (folder / "sys" / "kernel").mkdir()
        for name, body in small().items():
            (folder / name).write_bytes(body)
        for name, text in (("compact_memory", ""), ("drop_caches", ""), ("nr_hugepages", "3\n")):
            (folder / "sys" / "vm" / name).write_text(text)
        (folder / "sys" / "kernel" / "osrelease").write_text("6.12.0-test\n")

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        (self.proc / "vmstat").write_bytes(OTHER_VMSTAT)

    def machine(self) -> RecordedMachine:
        return RecordedMachine(self.proc, self.sleep)

    def control(self, name: str) -> str:
        return (self.proc / "sys" / "vm" / name).read_text()


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    (tmp_path / "proc").mkdir()
    return Fake(tmp_path / "proc")


def quiet(_: str, __: int, ___: int) -> None:
    """No progress shown."""


def test_a_recorded_series_loads_as_a_recording(fake: Fake, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "mine"
    told: list[str] = []
    steps = parse_steps("compact, wait 5, drop, huge 9")
    record_series(out, steps, lambda text, *_: told.append(text), fake.machine())
    assert sorted(path.name for path in out.iterdir()) == [
        "hook-0-compact.tar.xz", "hook-1-wait.tar.xz", "hook-2-drop.tar.xz", "result.json",
        "s1.tar.xz",
    ]  # fmt: skip
    assert fake.slept == [5]
    assert fake.control("compact_memory") == "1\n"
    assert fake.control("drop_caches") == "3\n"
    assert fake.control("nr_hugepages") == "3\n"  # as before
    assert "step 2 of 4: wait 5" in told
    capture = load_capture(out / "s1.tar.xz")
    assert load_capture(out / "hook-1-wait.tar.xz").vmstat["compact_isolated"] == 900
    recording = load_recording(out, capture.zones[0].key)
    assert recording.name == "mine"
    assert recording.ops == steps
    (run,) = recorded(recording, "lru_hook")
    assert run[3] == {"huge": 9}
    assert set(run[0]) == {"blocks", "free", "unusable", "isolated", "scanned", "moved"}
    result = json.loads((out / "result.json").read_text())
    assert result["scenario"]["kernel"] == "6.12.0-test"
    assert result["designs"]["hook"][0][3]["got"] == [9, 9]


def test_a_replay_can_be_scored_against_a_recorded_series(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record_series(tmp_path / "mine", parse_steps("wait 1"), quiet, fake.machine())
    arguments = [
        "replay",
        str(tmp_path / "mine" / "s1.tar.xz"),
        "--against",
        str(tmp_path / "mine"),
    ]
    assert main.main(arguments) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("3 of 3 quantities within the band")


def test_huge_pages_are_asked_for_until_no_more_come(fake: Fake, tmp_path: Path) -> None:
    """A kernel gives what it can: here 4 more at first, then 5 more, then nothing."""
    path = fake.proc / "sys" / "vm" / "nr_hugepages"
    given = iter([7, 8])
    asked: list[str] = []

    real = Path.read_text

    def read_text(self: Path, *args: object, **kwargs: object) -> str:
        text = real(self, *args, **kwargs)  # type: ignore[arg-type]
        if self == path and text.strip() == "53":
            asked.append(text)
            return str(next(given, 8))
        return text

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_text", read_text)
        record_series(tmp_path / "mine", parse_steps("huge 50"), quiet, fake.machine())
    result = json.loads((tmp_path / "mine" / "result.json").read_text())
    assert result["designs"]["hook"][0][0]["got"] == [5, 4]
    assert len(asked) == 5  # 7, 8, and three in vain
    assert fake.control("nr_hugepages") == "3\n"


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("", "0 operations: a series has 1 to 20"),
        ("compact," * 21, "21 operations"),
        ("inflate 5", "inflate cannot be recorded: the host does that to a guest"),
        ("fly", "unknown operation 'fly'"),
        ("wait", "wait needs one number of seconds"),
        ("wait x", "wait by 'x': a whole number of seconds from 1 to 86400"),
    ],
)
def test_steps_that_a_machine_cannot_do_are_refused(steps: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"operation|inflate") as error:
        parse_steps(steps)
    assert words in str(error.value)


def refused(fake: Fake, out: Path, *words: str) -> None:
    with pytest.raises(ValueError) as error:
        record_series(out, parse_steps("compact, huge 2"), quiet, fake.machine())
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)
    assert not (out / "result.json").exists()


def test_nothing_is_done_where_a_series_cannot_be_recorded(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    refused(fake, tmp_path / "full", "is not empty")
    (tmp_path / "file").write_text("")
    refused(fake, tmp_path / "file", "file")
    (fake.proc / "sys" / "vm" / "nr_hugepages").unlink()
    refused(fake, tmp_path / "a", "nr_hugepages does not exist")
    assert fake.control("compact_memory") == ""  # nothing was done


def test_options_that_do_not_go_together_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def says(*arguments: str) -> str:
        try:
            assert main.main(["capture", *arguments]) == 2
        except SystemExit as end:
            assert end.code == 2
        return capsys.readouterr().err

    assert "one of the arguments -o/--output --series is required" in says()
    assert "not allowed with" in says("-o", "x.tar", "--series", "x")
    assert "--steps and --ops are for a series" in says("-o", "x.tar", "--steps", "compact")
    assert "inflate cannot be recorded" in says("--series", "x", "--steps", "inflate 3")
    ops = tmp_path / "ops.json"
    ops.write_text('[["deflate", 3]]')
    assert "deflate cannot be recorded" in says("--series", "x", "--ops", str(ops))


def test_without_root_nothing_is_recorded(tmp_path: Path) -> None:
    """In a process that has given up root: the kernel says no, and so do we, before anything."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from server.cli.series import parse_steps, record_series\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try: record_series(Path(sys.argv[1]), parse_steps('compact'), print)\n"
        "except ValueError as error: print(error)\n"
    )
    tmp_path.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "mine")],
        cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    words = ("root is needed", "does not exist", "Read-only file system", "Permission denied")
    assert any(word in done.stdout for word in words), done.stdout
    assert done.stdout.count("\n") == 1
