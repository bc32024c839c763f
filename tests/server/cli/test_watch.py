"""``fragscope watch`` on this machine: as root with maps, elsewhere with a sentence."""

import argparse
import csv
import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli.watch import LookRows, run_watch
from server.live.sampler import Sampler
from tests.server.live.made_proc import made_proc

COMMAND = [sys.executable, "-P", "-m", "server.cli", "watch"]


@pytest.fixture(autouse=True)
def _data_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAGSCOPE_DATA_DIR", str(tmp_path / "data"))


def asked(**given: object) -> argparse.Namespace:
    usual = {"interval": "1", "budget": "2", "looks": "1", "csv": None, "page": False}
    usual |= {"port": None, "history": "0", "export": None, "remote": None}
    return argparse.Namespace(**{**usual, **given})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"interval": "0"}, "interval in seconds is '0': a whole number from 1 to 3600"),
        ({"budget": "51"}, "budget in percent is '51': a whole number from 1 to 50"),
        ({"looks": "x"}, "number of looks is 'x'"),
        ({"csv": "/no/such/folder/x.csv"}, "/no/such/folder/x.csv cannot be written"),
        ({"export": "-"}, "has no looks: fragscope watch keeps them"),
        ({"history": "257"}, "history in MiB is '257': a whole number from 0 to 256"),
        ({"remote": "  "}, "remote is '  ': a command is needed, as 'ssh root@host'"),
        ({"remote": "ssh x", "page": True}, "leave out --page"),
    ],
)
def test_what_is_asked_wrongly_is_one_sentence(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError) as error:
        run_watch(asked(**given))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_rows_have_the_figures_of_every_zone_and_go_on_in_the_same_file(tmp_path: Path) -> None:
    sampler = Sampler(made_proc(tmp_path / "proc"))
    out = tmp_path / "looks.csv"
    for _ in range(2):
        with out.open("a", newline="") as file:
            rows = LookRows(file)
            rows.add(sampler.look())
            rows.add(sampler.look())
    lines = list(csv.DictReader(io.StringIO(out.read_text())))
    assert len(lines) == 4, "one line of heads"
    zone = sampler.look().reading.zones[0]
    assert int(lines[0][f"{zone.node}.{zone.zone}.free_blocks"]) == zone.free_blocks
    assert float(lines[-1]["seconds"]) >= float(lines[0]["seconds"])


def test_this_machine_is_watched_until_it_is_interrupted() -> None:
    run = subprocess.Popen([*COMMAND, "--csv", "-"], stdout=subprocess.PIPE, text=True)
    assert run.stdout
    heads, first = run.stdout.readline(), run.stdout.readline()
    assert heads.startswith("seconds,cost,seen,")
    assert len(first.split(",")) == len(heads.split(","))
    run.send_signal(signal.SIGINT)
    rest, _ = run.communicate(timeout=60)
    assert run.returncode == 0
    assert rest == "" or rest.endswith("\n")


def test_a_screen_in_a_pipe_is_plain_text() -> None:
    done = subprocess.run([*COMMAND, "--looks", "1"], capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout
    assert "free blocks by order" in done.stdout
    assert done.stderr == ""


def test_looks_are_kept_and_exported_while_another_watches_on(tmp_path: Path) -> None:
    out = tmp_path / "kept.csv"
    with subprocess.Popen([*COMMAND, "--csv", "-"], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        for _ in range(3):  # heads, and two looks: each is kept before it is told
            run.stdout.readline()
        assert run_watch(asked(export=str(out))) == 0
        second = subprocess.run(
            [*COMMAND, "--csv", "-", "--looks", "1"], capture_output=True, text=True, check=True
        )
        run.send_signal(signal.SIGINT)
        run.stdout.read()
    lines = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [line["look"] for line in lines[:2]] == ["0", "1"]
    assert "another watcher writes it" in second.stderr


def test_another_machine_is_a_shell_at_the_end_of_a_pipe() -> None:
    done = subprocess.run(
        [*COMMAND, "--remote", "sh -c", "--csv", "-", "--looks", "2"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, last = csv.DictReader(io.StringIO(done.stdout))
    assert float(last["seconds"]) > float(first["seconds"])
    assert int(first["0.Normal.free_pages"]) > 0
