"""Compiling with all processors: the order, the workers, and what happens when one dies."""

import threading

import pytest

from server.compiler import pool
from server.compiler.pool import MAX_WORKERS, Compilation, nr_workers, ways_up

NEXT, BELOW = "memory.rng.rng_next", "memory.rng.rng_below"
RNG = {NEXT: frozenset(), BELOW: frozenset({NEXT})}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache for the workers, with compiling switched on."""
    monkeypatch.setattr(pool, "folders", lambda: (tmp_path, frozenset()))
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "0")
    return tmp_path


def parts_in(folder):
    """The functions whose front end has left something in a cache."""
    return sorted(path.name.partition(".")[0] for path in folder.rglob("*.part"))


def test_a_step_that_many_wait_for_has_the_longest_way_up():
    steps = {
        "top": frozenset({"mid", "alone"}), "mid": frozenset({"leaf"}),
        "leaf": frozenset(), "alone": frozenset(),
    }  # fmt: skip
    assert ways_up(steps) == {"top": 1, "mid": 2, "alone": 2, "leaf": 3}


def test_workers_leave_what_they_compile_where_others_find_it(cache):
    work = Compilation(RNG)
    work.run()
    assert work.progress == (2, 2)
    assert parts_in(cache) == ["rng_below", "rng_next"]


def test_workers_take_the_project_of_their_parent_wherever_they_are_started(
    cache, tmp_path_factory, monkeypatch
):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("engine", "server"):
        (elsewhere / name).mkdir()
        (elsewhere / name / "__init__.py").write_text("raise SystemExit('another project')\n")
    monkeypatch.chdir(elsewhere)
    work = Compilation(RNG)
    work.run()
    assert work.progress == (2, 2)
    assert parts_in(cache) == ["rng_below", "rng_next"]


def test_a_step_that_fails_in_a_worker_is_tried_here_and_ends_nothing_else(cache, caplog):
    work = Compilation({"memory.rng.no_such_function": frozenset()})
    work.run()
    assert work.progress == (0, 1)
    assert "compiling goes on with one processor" in caplog.text
    assert "could not be compiled ahead" in caplog.text


def test_a_compilation_can_be_stopped(cache):
    work = Compilation(RNG)
    thread = threading.Thread(target=work.run)
    thread.start()
    work.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert work.progress[0] < 2


def test_there_are_as_many_workers_as_processors_and_memory_allow(monkeypatch):
    monkeypatch.setattr(pool.os, "sched_getaffinity", lambda pid: set(range(64)))
    monkeypatch.setattr(pool, "machine_mib", lambda: 1 << 20)
    assert nr_workers() == MAX_WORKERS
    monkeypatch.setattr(pool, "machine_mib", lambda: 2 * pool.WORKER_MIB)
    assert nr_workers() == 2
    monkeypatch.setattr(pool, "machine_mib", lambda: 100)
    assert nr_workers() == 1
    monkeypatch.setattr(pool, "machine_mib", lambda: None)
    assert nr_workers() == 1
