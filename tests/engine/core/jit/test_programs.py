"""Where machine code is found: loaded, in the cache, made now."""

from __future__ import annotations

from pathlib import Path

import pytest
from numba import config

from engine.core.jit import programs
from engine.core.jit.graph import signature
from engine.core.memory import rng
from tests.engine.core.jit.programs_run import ANSWER, COMPILED, NOTHING, RNG, run

compiled = pytest.mark.compiled

# The core cut down to two functions: all of it takes the front end half a minute.
SMALL = """
from engine.core.jit import graph, programs
from engine.core.memory import rng
small = {"memory.rng.rng_next": rng.rng_next, "memory.rng.rng_below": rng.rng_below}
graph.every_function = programs.every_function = lambda: small
programs.MOST_ALONE = MOST
"""


def test_a_function_alone_is_a_program_of_its_own(tmp_path: Path) -> None:
    assert run(f"MOST = 100{SMALL}{RNG}", tmp_path) == [ANSWER, COMPILED]
    assert len(list(tmp_path.rglob("*.program"))) == 1


def test_one_that_calls_much_makes_the_whole_core(tmp_path: Path) -> None:
    made = run(f"MOST = 0{SMALL}{RNG}", tmp_path)
    assert made == [ANSWER, "{'front ends': 2, 'programs': 1, 'wrappers': 1}"]
    assert list(tmp_path.rglob("*.program")) == []
    assert len(list(tmp_path.rglob("program"))) == 1
    # Others find themselves in it, however little they call.
    assert run(f"MOST = 100{SMALL}{RNG}", tmp_path) == [ANSWER, NOTHING]
    below = RNG.replace("rng_next", "rng_below").replace("1))))", "1), 1000)))")
    assert run(below, tmp_path)[1] == "{'wrappers': 1}"


def test_types_that_the_core_has_not_are_compiled_beside_it(tmp_path: Path) -> None:
    run(f"MOST = 0{SMALL}{RNG}", tmp_path)
    below = RNG.replace("rng_next", "rng_below").replace("1))))", "1), True)))")
    answer, done = run(below, tmp_path)
    assert answer == "0x0"
    assert done == "{'front ends': 1, 'programs': 1, 'wrappers': 1}"


@compiled
def test_the_symbol_is_the_one_that_the_front_end_gives() -> None:
    args = signature(rng.rng_below)
    key = ("engine.core.memory.rng", "rng_below", args)
    assert programs._symbol(key) == programs.part_of(rng.rng_below, args).symbol


@compiled
@pytest.mark.parametrize(("flag", "values"), [("BOUNDSCHECK", (0, 1)), ("OPT", (2, 3))])
def test_the_folders_know_the_flags(
    flag: str, values: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = set()
    for value in values:
        monkeypatch.setattr(config, flag, value)
        found.add(programs._machine.__wrapped__())
    assert len(found) == 2


def test_what_is_not_of_the_core_is_not_kept() -> None:
    assert programs._folder("benchmarks.bench_core") is None
    assert programs._folder("__main__") is None
