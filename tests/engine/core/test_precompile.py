"""Which core functions to compile, with which types; compiler/test_warm.py has the whole core."""

from __future__ import annotations

from numba import config, types
from numba.core.dispatcher import Dispatcher

from engine.core import precompile
from engine.core.compact import fast_search
from engine.core.memory import metrics, rng
from engine.core.workload import workload_ops


def test_types_are_those_of_the_docstring() -> None:
    if config.DISABLE_JIT:
        assert precompile.functions() == {}
        assert precompile.missing() == []
        return
    guest, *others = precompile.signature(rng.rng_below)
    assert str(guest).startswith("Guest(")
    assert others == [types.int64]
    assert precompile.signature(workload_ops.run_ops)[1:] == (
        types.Array(types.int32, 2, "C"), types.int64,
    )  # fmt: skip
    assert precompile.signature(fast_search.search_free_list)[-1] == types.UniTuple(types.int64, 2)
    assert types.Array(types.int64, 1, "C") in precompile.signature(metrics._fill_free_counts)


def test_functions_are_named_by_file_and_name() -> None:
    known = precompile.functions()
    if not config.DISABLE_JIT:
        assert known["rng.rng_next"] is rng.rng_next
        assert all(isinstance(one, Dispatcher) for one in known.values())
