"""What was seen is kept within a budget, over restarts and crashes, and read by anybody."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.capture.pages import COUNTS
from engine.errors import RefusedError
from server.live.history import GAP_S, MAP_S, SEGMENTS, LookHistory, history_kept
from server.live.kept_file import KEPT_PLANES, read_segment
from server.live.sampler import MachineLook, Sampler
from tests.server.live.made_proc import Clock, made_proc

BUDGET = 16 << 10


class Watched:
    """A watcher of the small machine whose history goes by a clock of the test."""

    def __init__(self, folder: Path, budget: int = BUDGET) -> None:
        proc = folder / "proc"
        self.sampler = Sampler(proc if proc.exists() else made_proc(proc))
        self.clock = Clock(0.0)
        self.history = LookHistory(folder / "watch", self.clock)
        self.history.write(budget)

    def look(self, seconds: float = 1.0) -> MachineLook:
        self.clock.now += seconds
        now = self.sampler.look()
        self.history.add(now, self.sampler.blocks, self.sampler.blind)
        return now


Begin = Callable[[], Watched]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begins watchers, one after the other, of one machine and one folder."""
    with contextlib.ExitStack() as stack:

        def begun() -> Watched:
            watched = Watched(tmp_path)
            stack.callback(watched.history.close)
            return watched

        yield begun


def test_a_look_comes_back_as_it_was_with_the_last_map_before_it(
    begin: Begin, tmp_path: Path
) -> None:
    watched = begin()
    looks = [watched.look() for _ in range(5)]
    last = LookHistory(tmp_path / "watch").look(4)
    assert last.reading == looks[4].reading
    assert last.wall == watched.clock.now
    rows = [COUNTS.index(name) for name in KEPT_PLANES]
    assert (last.planes == looks[0].counts[rows]).all(), "the first look has the map"
    assert last.ages.tolist() == [4.0] * len(last.ages), "and it is four seconds old"
    watched.look(MAP_S)
    assert LookHistory(tmp_path / "watch").maps() == [0, 5]


def test_a_restart_goes_on_numbering_and_is_marked_and_so_is_a_pause(
    begin: Begin, tmp_path: Path
) -> None:
    first = begin()
    for seconds in (1, 1, GAP_S + 1, 1):
        first.look(seconds)
    first.history.close()
    again = begin()
    again.clock.now = first.clock.now
    assert (again.history.first, again.history.last) == (0, 3)
    again.look(3600)
    assert again.history.last == 4
    assert [mark["look"] for mark in again.history.marks()] == [0, 2, 4]
    assert again.history.marks()[1]["text"] == "nobody looked before this"


def test_the_budget_is_kept_by_letting_the_oldest_go(begin: Begin, tmp_path: Path) -> None:
    watched = begin()
    now = watched.look()
    for i in range(599):
        watched.clock.now += MAP_S if i % 10 == 0 else 1
        watched.history.add(now, watched.sampler.blocks, "")
        assert watched.history.size <= BUDGET
    files = list((tmp_path / "watch").glob("*.looks"))
    assert sum(file.stat().st_size for file in files) == watched.history.size
    assert 2 <= len(files) <= SEGMENTS + 1
    assert 0 < watched.history.first < watched.history.last == 599
    found = LookHistory(tmp_path / "watch")
    assert (found.first, found.last) == (watched.history.first, 599)
    with pytest.raises(RefusedError, match=f"look 0 is not kept: {found.first} to 599 are"):
        found.look(0)


@pytest.mark.parametrize("spoiled", [-1, -9, "middle"])
def test_a_torn_or_a_spoiled_record_is_passed_over(
    begin: Begin, tmp_path: Path, spoiled: int | str
) -> None:
    watched = begin()
    for _ in range(6):
        watched.look()
    watched.history.close()
    (file,) = (tmp_path / "watch").glob("*.looks")
    body = file.read_bytes()
    if spoiled == "middle":  # of the fourth look
        at = read_segment(file).offsets[3] + 40
        file.write_bytes(body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :])
    else:
        file.write_bytes(body[: int(spoiled)])
    expected = 2 if spoiled == "middle" else 4
    assert LookHistory(tmp_path / "watch").last == expected
    again = begin()
    now = again.look()
    assert again.history.last == expected + 1
    assert LookHistory(tmp_path / "watch").look(expected + 1).reading == now.reading


def test_a_watcher_that_is_killed_leaves_what_it_had_seen(begin: Begin, tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from tests.server.live.test_history import Watched\n"
        "watched = Watched(pathlib.Path(sys.argv[1]))\n"
        "while True:\n    watched.look(); print(watched.history.last, flush=True)\n"
    )
    command = [sys.executable, "-P", "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        told = 0
        while told < 50:
            told = int(run.stdout.readline())
        run.send_signal(signal.SIGKILL)
    found = LookHistory(tmp_path / "watch")
    assert found.last >= told
    assert len(list(found.looks(range(found.last + 1)))) == found.last + 1
    assert begin().history.last == found.last, "its lock is free"


def test_one_process_writes_and_others_read(begin: Begin, tmp_path: Path) -> None:
    watched = begin()
    watched.look()
    other = history_kept(tmp_path, 1 << 20)
    assert other
    assert other.stopped == "no history is kept: another watcher writes it, and one does at a time"
    assert other.last == 0, "it can be read"
    other.add(watched.sampler.look(), watched.sampler.blocks, "")
    assert other.last == 0
    assert history_kept(tmp_path, 0) is None


def test_a_disk_that_is_full_is_a_sentence_and_no_end(begin: Begin, tmp_path: Path) -> None:
    watched = begin()
    watched.look()
    assert watched.history._file
    watched.history._file.close()
    with Path("/dev/full").open("wb", buffering=0) as full:
        watched.history._file = full
        watched.look()
        assert "cannot be written (No space left on device)" in watched.history.stopped
        assert watched.history.last == 0
    watched.look()
    assert watched.history.stopped == ""
    assert LookHistory(tmp_path / "watch").last == 1
    assert watched.history.last == 1
