"""Finds the machine code that Python asks for: loaded, else in the cache, else made now.

The core is one program, in which every function is a root: whoever prepares the core makes it
(precompile.py) and all calls find their code there. Where it has not been made, as in a single test
after an edit, a function becomes a program of its own, with what it calls and nothing else.
"""

import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

import llvmlite
import numba
import numpy as np
from numba import config
from numba.core import errors, itanium_mangler
from numba.core.registry import cpu_target

from engine.core.jit import cache as disk
from engine.core.jit import frontend, link
from engine.core.jit.frontend import Part, Types
from engine.core.jit.graph import Function, callees_first, every_function, signature
from engine.core.jit.sources import CORE, core_digest, digest_of, module_digest

# numba's settings that change the machine code.
_FLAGS = ("BOUNDSCHECK", "OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "DEBUGINFO_DEFAULT")
PROGRAM = "program"
MOST_ALONE = 100  # functions in a program of its own: more, and the whole core takes as long

FunctionKey = tuple[str, str, Types]  # module, qualified name, argument types


@cache
def _machine() -> tuple[str, ...]:
    """What else than sources machine code depends on: versions, processor, flags."""
    context = cpu_target.target_context
    context.refresh()
    versions = (numba.__version__, llvmlite.__version__, np.__version__, *sys.version_info[:2])
    flags = (getattr(config, name) for name in _FLAGS)
    return tuple(str(one) for one in (*versions, *context.codegen().magic_tuple(), *flags))


@cache
def _folder(module: str) -> str | None:
    """The cache folder of a module's parts; None outside of the core: such are not kept."""
    if not f"{module}.".startswith(f"{CORE}."):
        return None
    return digest_of(module_digest(module), *_machine())


@cache
def core_folder() -> str:
    """The cache folder of the program that is the whole core, and of its wrappers."""
    return digest_of("core", core_digest(), *_machine())


def _key(function: Function, args: Types) -> FunctionKey:
    return function.py_func.__module__, function.py_func.__qualname__, args


def _symbol(key: FunctionKey) -> str:
    """The symbol that the front end gives to a core function (_Compiler in frontend.py)."""
    module, name, args = key
    return str(
        itanium_mangler.mangle(f"{module}.{name}", (), abi_tags=(frontend.short_name(args),))
    )


def _file_of(key: FunctionKey, kind: str) -> str | None:
    folder = _folder(key[0])
    return folder and f"{folder}/{key[1]}.{frontend.short_name(key[2])}.{kind}"


_parts: dict[FunctionKey, Part] = {}


def declaration_of(part: Part) -> Any:
    """A CompileResult by which compiled code may call a part."""
    return frontend.declaration(part, object())


def has_part(function: Function, args: Types) -> bool:
    """Whether the front end has been run for a function, by whatever process."""
    key = _key(function, args)
    name = _file_of(key, "part")
    return key in _parts or (name is not None and disk.has(name))


def part_of(function: Function, args: Types) -> Part:
    """A function as the front end leaves it; run now if nobody has."""
    key = _key(function, args)
    if key not in _parts:
        name = _file_of(key, "part")
        data = disk.load(name) if name else None
        if data is not None:
            _parts[key] = frontend.loads(data)
        else:
            _parts[key] = frontend.lower(function.py_func, args, function.targetoptions)
            if name:
                disk.store(name, frontend.dumps(_parts[key]))
    return _parts[key]


def _function(module: str, name: str) -> Function:
    """The decorated function of a core module."""
    found = getattr(sys.modules[module], name)
    return found  # type: ignore[no-any-return]


def with_callees(parts: list[Part]) -> list[Part]:
    """Some parts and all that they call, directly or not; each once, in an order of their own."""
    found: dict[FunctionKey, Part] = {}
    waiting = list(parts)
    while waiting:
        part = waiting.pop()
        key = (part.module, part.name, part.args)
        if key not in found:
            found[key] = part
            for callee in part.calls:
                known = _parts.get(callee)
                waiting.append(known or part_of(_function(*callee[:2]), callee[2]))
    return sorted(found.values(), key=lambda part: part.symbol)


def _load_program(name: str | None) -> "link.Program | None":
    data = disk.load(name) if name else None
    if data is None:
        return None
    program: link.Program = frontend.loads(data)
    link.load_program(program)
    return program


_core: list[link.Program] = []


def core_program() -> "link.Program | None":
    """The whole core, loaded; None if nobody has made it."""
    if not _core:
        program = _load_program(f"{core_folder()}/{PROGRAM}")
        if program is not None:
            _core.append(program)
    return _core[0] if _core else None


def lower_all(functions: Iterable[Function]) -> list[Part]:
    """Run the front end on functions, callees first, for the types of their docstrings.

    numba would come to the callees by itself, one inside of the other, hundreds deep. A docstring
    that tells types which its function does not take is passed over.
    """
    parts = []
    for function in functions:
        args = signature(function)
        try:
            function.declare(args)
        except errors.NumbaError:
            continue
        parts.append(part_of(function, args))
    return parts


def make_core_program() -> "link.Program":
    """Link the whole core, for which the front end is run where it was not; kept in the cache."""
    parts = with_callees(lower_all(callees_first(every_function().values())))
    program = link.link(parts, parts)
    disk.store(f"{core_folder()}/{PROGRAM}", frontend.dumps(program))
    return program


def has_core_program() -> bool:
    """Whether the whole core is ready, in this process or in the cache."""
    return bool(_core) or disk.has(f"{core_folder()}/{PROGRAM}")


def wrapper_of(part: Part, name: str | None) -> bytes:
    """The object by which Python calls a function, from the cache if it is there."""
    data = disk.load(name) if name else None
    if data is None:
        data = link.wrap(part)
        if name:
            disk.store(name, data)
    return data


def _core_program_for(function: Function) -> "link.Program | None":
    """The whole core, if it is there or if a function calls so much that it is made as quickly."""
    program = core_program()
    if program is None and len(callees_first([function])) > MOST_ALONE:
        program = make_core_program()
        link.load_program(program)
        _core.append(program)
    return program


def _program_of(function: Function, args: Types) -> "link.Program":
    """A function and what it calls as a program of its own, loaded."""
    name = _file_of(_key(function, args), PROGRAM)
    program = _load_program(name)
    if program is None:
        lower_all(callees_first([function]))
        root = part_of(function, args)
        program = link.link(with_callees([root]), [root])
        if name:
            disk.store(name, frontend.dumps(program))
        link.load_program(program)
    return program


def entry_of(function: Function, args: Types) -> Any:
    """The builtin function by which Python calls a function with arguments of these types."""
    key = _key(function, args)
    if _folder(key[0]) is not None:
        core = _core_program_for(function)
        part = core.part(_symbol(key)) if core else None
        if part is not None:
            return link.entry(part, wrapper_of(part, f"{core_folder()}/{part.symbol}.wrapper"))
    part = _program_of(function, args).only_part()
    return link.entry(part, wrapper_of(part, _file_of(key, "wrapper")))
