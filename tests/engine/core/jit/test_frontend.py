"""One function through numba's front end: what comes out, and what travels between processes."""

from __future__ import annotations

import pickle
import re

import llvmlite.binding as ll
import pytest
from numba import types

from engine.core.jit import frontend
from engine.core.jit.graph import signature
from engine.core.jit.programs import part_of
from engine.core.memory import rng

pytestmark = pytest.mark.compiled


def test_a_part_names_what_it_calls_and_does_not_hold_it() -> None:
    part = part_of(rng.rng_below, signature(rng.rng_below))
    assert (part.module, part.name) == ("engine.core.memory.rng", "rng_below")
    assert [(module, name) for module, name, _ in part.calls] == [(part.module, "rng_next")]
    assert part.result == types.int64
    module = ll.parse_bitcode(part.bitcode)
    defined = [one.name for one in module.functions if not one.is_declaration]
    assert defined == [part.symbol]
    called = part_of(rng.rng_next, signature(rng.rng_next)).symbol
    assert module.get_function(called).is_declaration


def test_symbols_are_short_and_the_same_in_every_process() -> None:
    part = part_of(rng.rng_next, signature(rng.rng_next))
    # A tag of twelve hexadecimal digits, behind a _ where the first is decimal.
    assert re.match(r"_ZN6engine4core6memory3rng8rng_nextB1[23]_?\w{12}E", part.symbol)
    assert len(part.symbol) < 80
    assert len(str(signature(rng.rng_next))) > 5000
    assert frontend.short_name(signature(rng.rng_next)) in part.symbol


def test_a_part_comes_back_from_bytes_with_the_guest_s_type_as_a_word() -> None:
    part = part_of(rng.rng_below, signature(rng.rng_below))
    data = frontend.dumps(part)
    back = frontend.loads(data)
    assert (back.args, back.calls, back.symbol) == (part.args, part.calls, part.symbol)
    assert back.args[0] is frontend.guest_type()
    assert len(data) < 5000 + len(part.bitcode)
    with pytest.raises(pickle.UnpicklingError):
        frontend._Unpickler.persistent_load(None, "another word")


def test_operators_on_numbers_are_typed_once_and_as_numba_does() -> None:
    import operator

    from numba.core.registry import cpu_target

    context = frontend._typing_context()
    plus = cpu_target.typing_context.resolve_value_type(operator.add)
    for args in (
        (types.int64, types.literal(3)), (types.boolean, types.uint8), (types.uint64, types.int64),
    ):  # fmt: skip
        wanted = cpu_target.typing_context.resolve_function_type(plus, args, {})
        assert context.resolve_function_type(plus, args, {}) == wanted
        assert context.resolve_function_type(plus, args, {}) == wanted
    assert context.resolve_function_type(plus, (types.float64, types.int64), {}) is not None
