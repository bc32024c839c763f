"""Compiling with all processors: the order, the workers, and what happens when one dies."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.core.jit.precompile import Part
from server.compiler import pool as build_module
from server.compiler.pool import MAX_WORKERS, Build, Plan, nr_workers

ROOT = Path(build_module.__file__).resolve().parents[2]
HITS = """
from engine import units as u
from engine.core.rng import rng_below
from engine.guest import ZoneSpan, make_guest
rng_below(make_guest((ZoneSpan(u.ZONE_NORMAL, 0, 512),), 1), 7)
print(sum(rng_below.stats.cache_hits.values()))
"""
RNG = (Part("rng.rng_next", frozenset()), Part("rng.rng_below", frozenset({"rng.rng_next"})))


def part(name: str, *needs: str) -> Part:
    return Part(name, frozenset(needs))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache for the workers, with compiling switched on."""
    monkeypatch.setattr(build_module, "cache_folders", lambda: (tmp_path, frozenset()))
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "0")
    return tmp_path


def test_who_is_needed_comes_first_and_the_longest_way_up_before_that():
    plan = Plan([part("top", "mid", "alone"), part("mid", "leaf"), part("leaf"), part("alone")])
    assert plan.total == 4
    assert plan.take() == "leaf", "two wait for it, one after the other"
    assert plan.take() == "alone"
    assert plan.take() is None, "what is left needs what is under way"
    assert plan.nr_left == 2
    plan.finish("alone")
    assert plan.take() is None
    plan.finish("leaf")
    assert plan.take() == "mid"
    plan.finish("mid")
    assert plan.take() == "top"
    assert (plan.nr_left, plan.done) == (0, 3)


def test_workers_leave_compiled_code_where_others_find_it(cache):
    build = Build(RNG)
    build.run()
    assert build.progress == (2, 2)
    env = {**os.environ, "FRAGSCOPE_CACHE_DIR": str(cache)}
    hits = subprocess.check_output([sys.executable, "-c", HITS], cwd=ROOT, env=env, text=True)
    assert hits == "1\n"


def test_workers_take_the_project_of_their_parent_wherever_they_are_started(
    cache, tmp_path_factory, monkeypatch
):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("engine", "server"):
        (elsewhere / name).mkdir()
        (elsewhere / name / "__init__.py").write_text("raise SystemExit('another project')\n")
    monkeypatch.chdir(elsewhere)
    build = Build(RNG)
    build.run()
    assert build.progress == (2, 2)


def test_a_worker_that_dies_ends_the_build_and_nothing_else(cache, caplog):
    build = Build([part("rng.no_such_function"), *RNG])
    build.run()
    assert build.progress[0] < 3
    assert "compiling goes on with one processor" in caplog.text


def test_a_build_can_be_stopped(cache):
    build = Build(RNG)
    thread = threading.Thread(target=build.run)
    thread.start()
    build.stop()
    thread.join(10)
    assert not thread.is_alive()
    build.run()  # one that is over starts nobody
    assert build.progress[0] < 2


def test_as_many_workers_as_processors_and_memory(monkeypatch):
    monkeypatch.setattr(build_module.os, "sched_getaffinity", lambda pid: set(range(64)))
    monkeypatch.setattr(build_module, "machine_mib", lambda: 1 << 20)
    assert nr_workers() == MAX_WORKERS
    monkeypatch.setattr(build_module, "machine_mib", lambda: 2 * build_module.WORKER_MIB)
    assert nr_workers() == 2
    monkeypatch.setattr(build_module, "machine_mib", lambda: 100)
    assert nr_workers() == 1
    monkeypatch.setattr(build_module, "machine_mib", lambda: None)
    assert nr_workers() == 1
