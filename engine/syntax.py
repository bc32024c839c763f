"""Python's own parser, for one thread at a time."""

import ast
import threading

_PARSER = threading.Lock()


def syntax_of(text: str | bytes, mode: str = "exec") -> ast.Module | ast.Expression:
    """What ``ast.parse`` makes of a text.

    CPython before 3.13 counts the depth of every tree that it hands out in one place: where two
    threads parse at once, one of them gets a SystemError
    (https://github.com/python/cpython/issues/106905).

    Args:
        text: Python.
        mode: "exec" for a file, "eval" for one expression.

    Raises:
        SyntaxError: it is no Python.
        RecursionError, MemoryError, ValueError: it is nested too deeply, or holds a null byte.
    """
    with _PARSER:
        tree = ast.parse(text, mode=mode)
    assert isinstance(tree, ast.Module | ast.Expression)
    return tree
