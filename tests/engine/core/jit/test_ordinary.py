"""The way back: numba alone, and its own cache."""

from __future__ import annotations

from pathlib import Path

from tests.engine.core.jit.programs_run import ANSWER, run

CODE = """
from engine import units as u
from engine.core.memory.rng import rng_next
from engine.core.jit import precompile
from engine.guest import ZoneSpan, make_guest
print(hex(int(rng_next(make_guest((ZoneSpan(u.ZONE_NORMAL, 0, 512),), 1)))))
print(sum(rng_next.stats.cache_hits.values()))
print(precompile.missing())
"""


def test_numba_compiles_and_keeps_it_and_nothing_is_made_ahead(tmp_path: Path) -> None:
    assert run(CODE, tmp_path, FRAGSCOPE_JIT="ordinary") == [ANSWER, "0", "{}"]
    assert run(CODE, tmp_path, FRAGSCOPE_JIT="ordinary") == [ANSWER, "1", "{}"]
    assert list(tmp_path.rglob("*.part")) == []


def test_it_works_where_numba_has_moved_what_the_other_way_needs(tmp_path: Path) -> None:
    moved = "from numba.core import codegen\ndel codegen.CPUCodeLibrary._get_module_for_linking\n"
    kept = "kept = codegen.CPUCodeLibrary._get_module_for_linking\n"
    code = moved.replace("\ndel", f"\n{kept}del") + (
        "try:\n    import engine.core.memory.rng\nexcept RuntimeError as error:\n    print(error)\n"
    )
    (line,) = run(code, tmp_path)
    assert "_get_module_for_linking is gone" in line
    assert run(code, tmp_path, FRAGSCOPE_JIT="ordinary") == []
