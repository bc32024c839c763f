"""What is compiled ahead; tests/server/compiler/test_pool.py has the processes that do it."""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from numba import config

from engine.core.jit import graph, precompile, programs
from tests.engine.core.jit.programs_run import ANSWER, RNG, run
from tests.engine.core.jit.test_programs import SMALL

compiled = pytest.mark.compiled


@compiled
def test_without_a_cache_all_is_missing_and_each_step_names_those_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "has_core_program", lambda: False)
    monkeypatch.setattr(programs, "has_part", lambda function, args: False)
    steps = precompile.missing()
    functions = set(graph.every_function())
    assert set(steps) == {*functions, precompile.LINK}
    assert steps[precompile.LINK] == functions
    assert "run.run_tick" in steps["run.run_ticks"]
    assert "memory.alloc.free_pages" in steps["workload.workload_ops.op_free"]
    assert not steps["memory.rng.rng_next"]
    assert list(TopologicalSorter(steps).static_order())[-1] == precompile.LINK


@compiled
def test_what_is_there_is_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "has_core_program", lambda: False)
    monkeypatch.setattr(
        programs, "has_part", lambda function, args: function.py_func.__name__ != "run_ticks"
    )
    assert precompile.missing() == {
        "run.run_ticks": frozenset(), precompile.LINK: frozenset({"run.run_ticks"}),
    }  # fmt: skip
    monkeypatch.setattr(programs, "has_core_program", lambda: True)
    assert precompile.missing() == {}


def test_uncompiled_nothing_is_missing() -> None:
    if config.DISABLE_JIT:
        assert precompile.missing() == {}


def test_after_the_steps_python_finds_everything(tmp_path: Path) -> None:
    code = f"""
MOST = 0{SMALL}
from graphlib import TopologicalSorter
from engine.core.jit import precompile
precompile.every_function = lambda: small
steps = precompile.missing()
print(sorted(steps))
for step in TopologicalSorter(steps).static_order():
    precompile.run_step(step)
print(precompile.missing())
"""
    names = "['link', 'memory.rng.rng_below', 'memory.rng.rng_next']"
    assert run(code, tmp_path) == [names, "{}"]
    assert run(RNG, tmp_path) == [ANSWER, "{'wrappers': 1}"]
