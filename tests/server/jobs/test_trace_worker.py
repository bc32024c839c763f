"""The process that makes traces, by itself: it ends with its parent's pipe and says no more."""

from __future__ import annotations

import os
import subprocess
import sys
from multiprocessing import Pipe

import pytest

from server.paths import import_paths


@pytest.fixture
def worker():
    ours, theirs = Pipe()
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": import_paths()}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "server.jobs.trace_worker", str(theirs.fileno())],
        pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip
    theirs.close()
    yield process, ours
    process.kill()
    process.communicate()


def test_a_worker_whose_parent_has_gone_ends_quietly(worker) -> None:
    process, ours = worker
    ours.close()
    assert process.communicate(timeout=60) == (b"", b"")
    assert process.returncode == 0


def test_a_question_that_is_none_ends_the_worker(worker) -> None:
    process, ours = worker
    ours.send("no world")
    with pytest.raises(EOFError):
        ours.recv()
    assert process.wait(60) == 1
