"""Compiling with all processors: the order, the workers, and what happens when one dies."""

import os
import threading
from multiprocessing import active_children

import pytest

from server.compiler import pool
from server.compiler.pool import MAX_WORKERS, Compilation, nr_workers, ways_up
from tests.engine.core.jit.programs_run import ANSWER, RNG, run

TWO = {
    "memory.rng.rng_next": frozenset(),
    "memory.rng.rng_below": frozenset({"memory.rng.rng_next"}),
}
NO_FRONT_END = "{'programs': 1, 'wrappers': 1}"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache for the workers, with compiling switched on."""
    monkeypatch.setattr(pool, "folders", lambda: (tmp_path, frozenset()))
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "0")
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "0")
    return tmp_path


def test_the_way_up_is_the_longest_chain_of_those_that_wait():
    steps = {"top": {"mid", "alone"}, "mid": {"leaf"}, "leaf": set(), "alone": set()}
    assert ways_up(steps) == {"top": 1, "mid": 2, "leaf": 3, "alone": 2}


def test_workers_leave_what_they_compile_where_others_find_it(cache):
    work = Compilation(TWO)
    assert work.progress == (0, 2)
    work.run()
    assert work.progress == (2, 2)
    assert run(RNG, cache) == [ANSWER, NO_FRONT_END]
    assert active_children() == []


def test_workers_take_the_project_of_their_parent_wherever_they_are_started(
    cache, tmp_path_factory, monkeypatch
):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("engine", "server"):
        (elsewhere / name).mkdir()
        (elsewhere / name / "__init__.py").write_text("raise SystemExit('another project')\n")
    monkeypatch.chdir(elsewhere)
    work = Compilation(TWO)
    work.run()
    assert work.progress == (2, 2)
    assert len(list(cache.rglob("*.part"))) == 2


def die(step):
    """What a worker does that is killed."""
    os._exit(3)


def test_what_a_dead_worker_leaves_is_done_in_this_process(cache, caplog, monkeypatch):
    here = []
    monkeypatch.setattr(pool.worker, "do", die)
    monkeypatch.setattr(pool, "run_step", here.append)
    work = Compilation(TWO)
    work.run()
    assert here == list(TWO)
    assert work.progress == (2, 2)
    assert "compiling goes on with one processor: " in caplog.text
    assert active_children() == []


def test_a_step_that_fails_everywhere_is_left_to_whoever_calls(cache, caplog):
    Compilation({"memory.rng.no_such_function": frozenset()}).run()
    assert "the simulator could not be compiled ahead" in caplog.text


def test_a_compilation_can_be_stopped_and_leaves_nobody_behind(cache, monkeypatch, caplog):
    started = threading.Event()
    submit = pool.ProcessPoolExecutor.submit

    def tell(self, *what):
        future = submit(self, *what)
        started.set()
        return future

    monkeypatch.setattr(pool.ProcessPoolExecutor, "submit", tell)
    monkeypatch.setattr(pool, "run_step", lambda name: pytest.fail("it went on alone"))
    work = Compilation(TWO)
    thread = threading.Thread(target=work.run)
    thread.start()
    assert started.wait(20)
    work.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert active_children() == []
    assert "one processor" not in caplog.text


def test_as_many_workers_as_processors_and_memory(monkeypatch):
    monkeypatch.setattr(pool.os, "sched_getaffinity", lambda pid: set(range(64)))
    monkeypatch.setattr(pool, "machine_mib", lambda: 1 << 20)
    assert nr_workers() == MAX_WORKERS
    monkeypatch.setattr(pool, "machine_mib", lambda: 2 * pool.WORKER_MIB)
    assert nr_workers() == 2
    monkeypatch.setattr(pool, "machine_mib", lambda: 100)
    assert nr_workers() == 1
    monkeypatch.setattr(pool, "machine_mib", lambda: None)
    assert nr_workers() == 1


def test_nothing_is_made_of_nothing(monkeypatch):
    monkeypatch.setattr(pool, "missing", dict)
    assert pool.compilation() is None
