"""Python's parser, asked by many threads."""

from __future__ import annotations

import ast
import gc
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine import errors
from engine.syntax import expression_syntax, file_syntax


@pytest.fixture
def interrupted() -> Iterator[None]:
    """Another thread gets its turn while a tree is handed out: whenever garbage is collected."""

    def give_way(phase: str, info: object) -> None:
        os.sched_yield()

    before = gc.get_threshold()
    gc.callbacks.append(give_way)
    gc.set_threshold(20)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(give_way)


def test_many_threads_may_parse(interrupted: None) -> None:
    text = Path(errors.__file__).read_text(encoding="utf-8")
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(file_syntax, [text] * 100))
    assert len({ast.dump(tree) for tree in trees}) == 1


def test_an_expression_is_one() -> None:
    assert isinstance(expression_syntax("a + 1"), ast.BinOp)
    with pytest.raises(SyntaxError):
        expression_syntax("a +")
