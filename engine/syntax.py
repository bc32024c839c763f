"""Python's own parser, for one thread at a time."""

import ast
import threading

_PARSER = threading.Lock()


def file_syntax(text: str | bytes) -> ast.Module:
    """What ``ast.parse`` makes of a file's text.

    CPython before 3.13 counts the depth of every tree that it hands out in one place: where two
    threads parse at once, one of them gets a SystemError
    (https://github.com/python/cpython/issues/106905).

    Raises:
        SyntaxError: it is no Python.
        RecursionError, MemoryError, ValueError: it is nested too deeply, or holds a null byte.
    """
    with _PARSER:
        return ast.parse(text)


def expression_syntax(text: str) -> ast.expr:
    """What ``ast.parse`` makes of one expression; raises as file_syntax does."""
    with _PARSER:
        return ast.parse(text, mode="eval").body
