"""From parts to machine code: what a program holds, and what it must not."""

from __future__ import annotations

import llvmlite.binding as ll
import pytest

from engine.core.jit import frontend, link, programs
from engine.core.jit.graph import signature
from engine.core.memory import rng

pytestmark = pytest.mark.compiled


def parts() -> list[frontend.Part]:
    return [programs.part_of(one, signature(one)) for one in (rng.rng_next, rng.rng_below)]


def symbols(code: bytes) -> set[bytes]:
    return {part.symbol.encode() for part in parts() if part.symbol.encode() in code}


def test_only_roots_can_be_called_from_outside() -> None:
    inner, root = parts()
    program = link.link([inner, root], [root])
    assert set(program.roots) == {root.symbol}
    assert symbols(program.code) == {root.symbol.encode()}
    assert program.only_part().symbol == root.symbol
    assert program.only_part().bitcode == b""
    assert program.part(inner.symbol) is None
    both = link.link([inner, root], [inner, root])
    assert symbols(both.code) == {inner.symbol.encode(), root.symbol.encode()}


def test_the_same_parts_make_the_same_code() -> None:
    assert link.link(parts(), parts()).code == link.link(parts(), parts()).code


def test_a_missing_part_is_noticed_before_it_is_called() -> None:
    _, root = parts()
    with pytest.raises(RuntimeError, match="rng_next"):
        link.link([root], [root])


def test_an_address_of_this_process_is_refused() -> None:
    module = ll.parse_assembly(
        '@"numba.dynamic.globals.1" = global i64 7\n'
        "define i64 @f() {\n"
        '  %x = load i64, i64* @"numba.dynamic.globals.1"\n'
        "  ret i64 %x\n"
        "}\n"
    )
    with pytest.raises(NotImplementedError, match="holds an address of this process"):
        link._emit(module, ())
