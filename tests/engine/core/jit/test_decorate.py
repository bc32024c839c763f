"""The decorators: who calls, and what is compiled for whom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numba import config, njit, types

from engine.core.jit import cache, decorate, programs
from engine.core.jit.decorate import core_inline, core_jit
from tests.engine.core.jit.programs_run import run

compiled = pytest.mark.compiled


def test_uncompiled_functions_stay_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "DISABLE_JIT", 1)

    def plain(guest: object) -> object:
        return guest

    assert core_jit(plain) is plain
    assert core_inline(plain) is plain


@core_jit
def _half(n):
    return n // 2


@core_inline
def _more(n):
    return n + 1


@core_jit
def _sum(values, start):
    total = start
    for value in values:
        total += _more(_half(value)) + _half(10)
    return total


@core_jit
def _scratch(n):
    work = np.zeros(n, np.int64)
    for i in range(n):
        work[i] = i
    return work.sum()


@core_jit
def _tenth(n, divisor=10):
    return n // divisor


@compiled
def test_a_function_is_called_by_python_and_by_compiled_code() -> None:
    assert _sum(np.arange(5), 100) == 100 + sum(v // 2 + 1 + 5 for v in range(5))
    assert _half(9) == 4, "it was inner before"
    assert _half.is_loaded
    assert not _more.is_loaded
    assert [str(sig) for sig in _half.signatures] == ["(int64,)"], "a constant is an int64"


@compiled
def test_scratch_arrays_defaults_and_other_types() -> None:
    assert _scratch(5) == 10
    assert _tenth(70) == 7
    assert _tenth(70, 7) == 10
    assert _half(7.0) == 3.0, "types are those of the call"
    assert _sum(np.arange(6)[::2], 0) == 21 + 0 * 1
    assert _sum(np.arange(3, dtype=np.int32), 0) == 1 + 3 + 15


@compiled
def test_an_error_of_python_is_python_s() -> None:
    with pytest.raises(ZeroDivisionError):
        _tenth(1, 0)
    with pytest.raises(TypeError, match="not enough arguments"):
        _half()


@compiled
def test_a_second_call_does_nothing_but_call() -> None:
    _half(1)
    before = dict(cache.done)
    _half(2)
    assert dict(cache.done) == before


@core_jit
def _triangle(n):
    return n + _triangle(n - 1) if n else 0


@core_jit
def _even(n):
    return 1 if n == 0 else _odd(n - 1)


@core_jit
def _odd(n):
    return 0 if n == 0 else _even(n - 1)


@compiled
def test_a_function_may_call_itself_but_not_in_a_circle() -> None:
    assert _triangle(4) == 10
    with pytest.raises(NotImplementedError, match="unresolved"):
        _even(4)


@compiled
def test_other_compiled_code_is_refused() -> None:
    @njit
    def stranger(n):
        return _half(n)

    with pytest.raises(NotImplementedError, match="who calls _half from compiled code needs"):
        stranger(4)


def test_the_switch_knows_two_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRAGSCOPE_JIT", raising=False)
    assert decorate.mode() == "once"
    monkeypatch.setenv("FRAGSCOPE_JIT", "ordinary")
    assert decorate.mode() == "ordinary"
    monkeypatch.setenv("FRAGSCOPE_JIT", "twice")
    with pytest.raises(ValueError, match="FRAGSCOPE_JIT is 'twice': it is one of once, ordinary"):
        decorate.mode()


@compiled
def test_a_wrong_docstring_gives_no_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It only plans; what is compiled is what callers pass."""
    monkeypatch.setattr(_half.py_func, "__doc__", "Args:\n    n: int32[n]\n")
    assert programs.lower_all([_half]) == []
    monkeypatch.setattr(_half.py_func, "__doc__", "Args:\n    n: bool\n")
    assert [part.args for part in programs.lower_all([_half])] == [(types.boolean,)]
    assert _sum(np.arange(5), 1) == 1 + sum(v // 2 + 1 + 5 for v in range(5))


def test_the_fallback_gives_the_same_answers(tmp_path: Path) -> None:
    code = """
from engine import units as u
from engine.core.memory.rng import rng_below
from engine.guest import ZoneSpan, make_guest
guest = make_guest((ZoneSpan(u.ZONE_NORMAL, 0, 512),), 1)
print([int(rng_below(guest, 100)) for _ in range(5)], type(rng_below).__name__)
"""
    once = run(code, tmp_path)[0]
    ordinary = run(code, tmp_path, FRAGSCOPE_JIT="ordinary")[0]
    assert once.replace("CoreFunction", "CPUDispatcher") == ordinary
