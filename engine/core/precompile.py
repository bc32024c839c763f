"""Which core functions to compile, with which signatures, and what each needs before it.

numba compiles a function when it is first called, with all that it calls, one after the other, on
one processor. Each function of the core is compiled for one signature only, which its docstring
tells, so whoever has several processors can hand the functions out (server/compiler/pool.py).
"""

import inspect
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numba
from numba import types
from numba.core.dispatcher import Dispatcher

from engine import units as u
from engine.guest import ZoneSpan, make_guest

SIMULATOR = "run.run_ticks"  # what a World runs
BUILDS = "workload.stress_builds.run_builds"  # what stress-highalloc runs beside it
_CORE = "engine.core"
_TYPES = {"bool": types.boolean, "int64": types.int64, "int32": types.int32, "uint8": types.uint8}
# "name: int64", "name: int32[n, 4]" (an array of two dimensions), "name: int64, int64:" (a tuple).
_ARGUMENT = re.compile(r"^ +(\w+): (bool|int64|int32|uint8)\b(\[[^]]*\])?((?:, int64)*:)?", re.M)


@dataclass(frozen=True)
class Part:
    """One function that has to be compiled.

    Attributes:
        name: file and function, as in "memory.alloc.free_pages".
        needs: names of those that are compiled before; none of them is in the cache yet.
    """

    name: str
    needs: frozenset[str]


def _name(function: Any) -> str:
    """File and function, as in "memory.alloc.free_pages"."""
    module = function.py_func.__module__.removeprefix(f"{_CORE}.")
    return f"{module}.{function.py_func.__name__}"


def functions() -> dict[str, Any]:
    """The compiled functions of all core files that are imported so far, by name."""
    return {
        _name(member): member
        for name, module in list(sys.modules.items())
        if name.startswith(_CORE)
        for member in list(vars(module).values())
        if isinstance(member, Dispatcher)
    }


def signature(function: Any) -> tuple[Any, ...]:
    """The numba types that a function is called with: a Guest, and what its docstring says.

    An argument of which the docstring names no dtype is an int64. A wrong answer costs time and
    nothing else: the right signature is compiled when it is called for.
    """
    told = {name: rest for name, *rest in _ARGUMENT.findall(function.py_func.__doc__ or "")}
    return tuple(
        _guest_type() if name == "guest" else _type_of(*told.get(name, ("int64", "", "")))
        for name in inspect.signature(function.py_func).parameters
    )


def _type_of(kind: str, shape: str, others: str) -> Any:
    """The numba type of an argument: a scalar, an array of a shape, or a tuple with others."""
    scalar = _TYPES[kind]
    if shape:
        return types.Array(scalar, shape.count(",") + 1, "C")
    return types.UniTuple(scalar, others.count(",") + 1) if "," in others else scalar


@cache
def _guest_type() -> Any:
    """The numba type of a Guest: the same for all guests."""
    return numba.typeof(make_guest((ZoneSpan(u.ZONE_NORMAL, 0, u.PAGEBLOCK_NR_PAGES),), 1))


def _is_cached(function: Any) -> bool:
    """Whether its machine code for this processor lies in the cache."""
    kept = function._cache
    key = kept._index_key(signature(function), function.targetctx.codegen())
    return key in kept._cache_file._load_index()


def missing(entry: str = SIMULATOR) -> list[Part]:
    """The functions that are not in the cache; none if ``entry`` is, which calls nearly all others.

    Args:
        entry: name of a function; its file is imported if need be.
    """
    import_module(f"{_CORE}.{entry.rpartition('.')[0]}")
    known = functions()
    if not known or _is_cached(known[entry]):
        return []
    names = {id(function): name for name, function in known.items()}
    lacking = {name for name, function in known.items() if not _is_cached(function)}
    parts = []
    for name in sorted(lacking):
        code = known[name].py_func
        called = (code.__globals__.get(word) for word in code.__code__.co_names)
        needs = {names[id(one)] for one in called if id(one) in names}
        parts.append(Part(name, frozenset(needs & lacking)))
    return parts


def compile_function(name: str) -> None:
    """Compile one function, or load it, and leave it in the cache.

    Args:
        name: as in Part.
    """
    module, _, function = name.rpartition(".")
    one = getattr(import_module(f"{_CORE}.{module}"), function)
    one.compile(signature(one))
