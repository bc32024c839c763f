"""Which functions there are, and for which types; test_precompile.py holds it against the core."""

from __future__ import annotations

import pytest
from numba import config, types

from engine.core.compact import fast_search
from engine.core.jit import graph
from engine.core.memory import alloc, metrics, rng
from engine.core.workload import workload_ops

compiled = pytest.mark.compiled


@compiled
def test_types_are_those_of_the_docstring() -> None:
    guest, *others = graph.signature(rng.rng_below)
    assert str(guest).startswith("Guest(")
    assert others == [types.int64]
    assert graph.signature(workload_ops.run_ops)[1:] == (
        types.Array(types.int32, 2, "C"), types.int64,
    )  # fmt: skip
    assert graph.signature(fast_search.search_free_list)[-1] == types.UniTuple(types.int64, 2)
    assert types.Array(types.int64, 1, "C") in graph.signature(metrics._fill_free_counts)


@compiled
def test_functions_are_named_by_file_and_name() -> None:
    assert graph.functions()["memory.rng.rng_next"] is rng.rng_next
    assert "workload.stress_builds.run_builds" in graph.every_function()
    assert {graph.name_of(one) for one in graph.callees(rng.rng_below)} == {"memory.rng.rng_next"}


@compiled
def test_callees_come_first_and_each_once() -> None:
    order = [graph.name_of(one) for one in graph.callees_first([alloc.free_pages, rng.rng_below])]
    assert len(order) == len(set(order))
    assert order.index("memory.rng.rng_next") < order.index("memory.rng.rng_below")
    for one in graph.callees_first([alloc.free_pages]):
        for callee in graph.callees(one):
            assert order.index(graph.name_of(callee)) < order.index(graph.name_of(one))


def test_uncompiled_there_are_none() -> None:
    if config.DISABLE_JIT:
        assert graph.functions() == {}
