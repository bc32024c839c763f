"""The process that compiles: it does a step, and ends with whoever made it."""

import os
import select
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import pytest

from server.compiler import worker


@pytest.fixture
def pool(tmp_path, monkeypatch):
    """A pool of one worker, and the pipe that ends it."""
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "0")
    context = get_context("spawn")
    watched, stop = context.Pipe(duplex=False)
    with ProcessPoolExecutor(1, context, worker.begin, (str(tmp_path), watched)) as executor:
        yield executor, stop
        stop.close()


def test_it_does_a_step_and_leaves_what_comes_of_it_in_the_cache(pool, tmp_path):
    executor, _ = pool
    assert executor.submit(worker.do, "memory.rng.rng_below").result() == "memory.rng.rng_below"
    names = {path.name.partition(".")[0] for path in tmp_path.rglob("*.part")}
    assert names == {"rng_below", "rng_next"}


def test_an_unknown_step_raises_where_it_was_asked_for(pool):
    executor, _ = pool
    with pytest.raises(KeyError, match="no_such_step"):
        executor.submit(worker.do, "no_such_step").result()


def test_a_closed_stop_ends_it_in_the_middle_of_its_work(pool):
    executor, stop = pool
    assert executor.submit(os.getpid).result() != os.getpid()
    work = executor.submit(eval, "__import__('threading').Event().wait(60)")
    stop.close()
    with pytest.raises(BrokenProcessPool):
        work.result(timeout=20)


ORPHAN = """
import os, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from server.compiler import worker
context = get_context("spawn")
watched, stop = context.Pipe(duplex=False)
pool = ProcessPoolExecutor(1, context, worker.begin, (sys.argv[1], watched))
print(pool.submit(os.getpid).result(), flush=True)
pool.submit(eval, "__import__('threading').Event().wait(60)")
os.kill(os.getpid(), 9)
"""


def test_it_ends_with_a_parent_that_was_killed(tmp_path):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-P", "-c", ORPHAN, str(tmp_path)],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        process = os.pidfd_open(int(parent.stdout.readline()))
        # The pipe is the worker's too: it is at its end when nobody is left.
        assert parent.stdout.read() == ""
    try:
        assert select.select([process], [], [], 60)[0], (
            "it ends a moment after its files are closed"
        )
    finally:
        os.close(process)
