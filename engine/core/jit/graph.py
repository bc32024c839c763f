"""Which functions the core has, which others each of them calls, and for which types.

Every core function is called with one set of types only, which its docstring tells. That serves to
plan: a wrong docstring costs time and nothing else, since callers ask for the types that they pass,
and Python for those that it has.
"""

import inspect
import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from numba import types
from numba.core.dispatcher import Dispatcher

from engine.core.jit.frontend import Types, guest_type
from engine.core.jit.sources import CORE, core_modules

_TYPES = {"bool": types.boolean, "int64": types.int64, "int32": types.int32, "uint8": types.uint8}
# "name: int64", "name: int32[n, 4]" (an array of two dimensions), "name: int64, int64:" (a tuple).
_ARGUMENT = re.compile(r"^ +(\w+): (bool|int64|int32|uint8)\b(\[[^]]*\])?((?:, int64)*:)?", re.M)


class Function(Protocol):
    """What is needed of a decorated function (decorate.py: CoreFunction)."""

    py_func: Any
    targetoptions: dict[str, Any]

    def declare(self, args: Types) -> None:
        """Run the front end, so that compiled code may call it with these types."""


def signature(function: Function) -> Types:
    """The numba types that a function is called with: a Guest, and what its docstring says.

    An argument of which the docstring names no dtype is an int64.
    """
    told = {name: rest for name, *rest in _ARGUMENT.findall(function.py_func.__doc__ or "")}
    return tuple(
        guest_type() if name == "guest" else _type_of(*told.get(name, ("int64", "", "")))
        for name in inspect.signature(function.py_func).parameters
    )


def _type_of(kind: str, shape: str, others: str) -> Any:
    """The numba type of an argument: a scalar, an array of a shape, or a tuple with others."""
    scalar = _TYPES[kind]
    if shape:
        return types.Array(scalar, shape.count(",") + 1, "C")
    return types.UniTuple(scalar, others.count(",") + 1) if "," in others else scalar


def name_of(function: Function) -> str:
    """File and function below engine/core, as in "memory.alloc.free_pages"."""
    module = function.py_func.__module__.removeprefix(f"{CORE}.")
    return f"{module}.{function.py_func.__name__}"


def _is_function(value: object) -> bool:
    return isinstance(value, Dispatcher) and hasattr(value, "declare")


def functions() -> dict[str, Any]:
    """The functions of all core files that are imported so far, by name; each a CoreFunction."""
    return {
        name_of(member): member
        for name, module in list(sys.modules.items())
        if name.startswith(f"{CORE}.")
        for member in list(vars(module).values())
        if _is_function(member)
    }


@cache
def every_function() -> dict[str, Any]:
    """The functions of all core files, which are imported."""
    for module in sorted(core_modules()):
        import_module(module)
    return functions()


def callees(function: Function) -> list[Function]:
    """The functions whose names a function's code holds: it can call no others."""
    code = function.py_func
    found = (code.__globals__.get(word) for word in code.__code__.co_names)
    return [one for one in found if _is_function(one)]


def callees_first(roots: Iterable[Function]) -> list[Function]:
    """Some functions and all that they call, directly or not, each after those that it calls."""
    order: list[Function] = []
    entered: set[int] = set()
    waiting = [(one, False) for one in roots]
    while waiting:
        one, is_ready = waiting.pop()
        if is_ready:
            order.append(one)
        elif id(one) not in entered:
            entered.add(id(one))
            waiting.append((one, True))
            waiting += [(callee, False) for callee in callees(one)]
    return order
