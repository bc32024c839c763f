"""From parts to machine code: one link, one optimisation, one object, and wrappers for Python.

The parts of a program are linked into one LLVM module, each once, and everything but the roots is
made internal: the optimiser may then inline, drop arguments and forget what nobody calls. A wrapper
turns Python's arguments into machine values; it is an object of its own, made when Python calls.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

import llvmlite.binding as ll
from numba import _dynfunc
from numba.core import callconv
from numba.core.environment import Environment, _rebuild_env
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys

from engine.core.jit import cache as disk
from engine.core.jit.frontend import ADDRESS, Part, PartLibrary, dumps, loads

UNRESOLVED = ".numba.unresolved$"  # how numba's symbols of functions begin that call in a circle


@dataclass(frozen=True)
class Program:
    """Machine code of several functions.

    Attributes:
        code: an object file.
        roots: those that may be called from outside, by symbol; each dumps() of a Part that has no
            bitcode.
        environments: as in Part, of all of them.
    """

    code: bytes
    roots: dict[str, bytes]
    environments: tuple[tuple[str, str, tuple[Any, ...]], ...]

    def part(self, symbol: str) -> Part | None:
        """What is known of a root."""
        data = self.roots.get(symbol)
        return None if data is None else cast(Part, loads(data))

    def only_part(self) -> Part:
        """What is known of the one root of a program that has one."""
        (data,) = self.roots.values()
        return cast(Part, loads(data))


def _codegen() -> Any:
    context = cpu_target.target_context
    context.refresh()
    return context.codegen()


def _emit(module: Any, passes: Iterable[dict[str, Any]]) -> bytes:
    """Optimise a module by the passes that numba would run, and compile it."""
    codegen = _codegen()
    for options in passes:
        manager, builder = codegen._module_pass_manager(**options)
        manager.run(module, builder)
    module.verify()
    for one in module.global_variables:
        if one.name.startswith((ADDRESS, UNRESOLVED)):
            raise NotImplementedError(f"the core holds an address of this process: {one.name}")
    return bytes(codegen._tm.emit_object(module))


def link(parts: Iterable[Part], roots: Iterable[Part]) -> Program:
    """Make a program of parts. Whatever the parts call must be among them."""
    disk.done["programs"] += 1
    codegen = _codegen()
    module = ll.parse_assembly(str(codegen._create_empty_module("core")))
    parts = list(parts)
    for part in parts:
        module.link_in(ll.parse_bitcode(part.bitcode))
    if any(part.nrt for part in parts):
        module.link_in(rtsys.library._get_module_for_linking(), preserve=True)
    roots = list(roots)
    symbols = {part.symbol for part in roots}
    for one in module.functions:
        if not one.is_declaration and one.name not in symbols:
            one.linkage = ll.Linkage.internal
    # First without inlining by cost, so that pairs of counted references meet; then in full.
    cheap = {
        "loop_vectorize": codegen._loopvect, "slp_vectorize": False, "opt": codegen._opt_level,
        "cost": "cheap",
    }  # fmt: skip
    code = _emit(module, (cheap, {}))
    lacking = [one.name for one in module.functions if one.is_declaration and one.name[:2] == "_Z"]
    if lacking:  # loading it would end the process
        raise RuntimeError(f"parts of a program are missing: {', '.join(lacking)}")
    environments = dict.fromkeys(one for part in parts for one in part.environments)
    known = {part.symbol: dumps(replace(part, bitcode=b"")) for part in roots}
    return Program(code, known, tuple(environments))


def wrap(part: Part) -> bytes:
    """The object by which Python calls a function that some program has."""
    disk.done["wrappers"] += 1
    context = cpu_target.target_context
    codegen = _codegen()
    environment = Environment.from_fndesc(part.descriptor)
    context = context.subtarget(
        environment=environment, fndesc=part.descriptor, enable_nrt=part.nrt,
        error_model=callconv.create_error_model("python", context),
    )  # fmt: skip
    library = PartLibrary(codegen, f"wrapper.{part.name}")
    with context.push_code_library(library):
        context.create_cpython_wrapper(library, part.descriptor, environment, None, True)
    module = library._final_module
    if part.nrt:
        module.link_in(rtsys.library._get_module_for_linking(), preserve=True)
    return _emit(module, ({"opt": 1},))


@cache
def _alive() -> list[Any]:
    """Environments whose addresses machine code holds."""
    return []


def _add(code: bytes, environments: Iterable[Any]) -> None:
    """Put an object into the process, with the addresses of what it reads."""
    codegen = _codegen()
    codegen._engine._ee.add_object_file(ll.ObjectFileRef.from_data(code))
    codegen._engine.finalize_object()
    for environment in environments:
        codegen.set_env(environment.env_name, environment)
        _alive().append(environment)


def load_program(program: Program) -> None:
    """Make the functions of a program callable by machine code."""
    _add(
        program.code,
        [_rebuild_env(home, list(consts), name) for name, home, consts in program.environments],
    )


def entry(part: Part, wrapper: bytes) -> Any:
    """The builtin function by which Python calls a function of a loaded program.

    Args:
        part: the function.
        wrapper: what wrap() made of it.
    """
    descriptor = part.descriptor
    environment = Environment.from_fndesc(descriptor)
    _add(wrapper, [environment])
    address = _codegen()._engine.get_function_address(descriptor.llvm_cpython_wrapper_name)
    return _dynfunc.make_function(
        descriptor.lookup_module(), descriptor.qualname.split(".")[-1],
        f"compiled wrapper for {descriptor.qualname!r}", address, environment, (),
    )  # fmt: skip
