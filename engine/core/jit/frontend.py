"""numba's front end, one function at a time: type inference and lowering, and nothing after.

What comes out is a Part: the function's own LLVM module as bitcode, with the names of the functions
that it calls. To lower a caller, of a callee only the signature and the symbol are needed, so a
process that finds these in the cache never looks at the callee's code.
"""

import copy
import io
import pickle
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as ll
import numba
from numba import types
from numba.core import codegen, compiler, itanium_mangler, typing
from numba.core.environment import lookup_environment
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys

from engine import units as u
from engine.core.jit import cache as disk
from engine.core.jit.sources import CORE, digest_of
from engine.guest import ZoneSpan, make_guest

ENVIRONMENT = "_ZN08NumbaEnv"  # how numba's symbols of environments begin
ADDRESS = "numba.dynamic.globals"  # and those of addresses that only this process has

Types = tuple[Any, ...]  # numba types


@dataclass(frozen=True)
class Part:
    """One function for one tuple of argument types, lowered.

    Attributes:
        module, name: where the function stands.
        args: the numba types of its arguments.
        result: the numba type of its result.
        descriptor: numba's FunctionDescriptor, without what only lowering needs.
        nrt: whether it uses numba's reference counting.
        calls: (module, name, args) of the functions that it calls.
        environments: symbols of the environments that its code reads, with their constants.
        bitcode: its LLVM module; callees are declared only, helpers of numba's own are internal.
    """

    module: str
    name: str
    args: Types
    result: Any
    descriptor: Any
    nrt: bool
    calls: tuple[tuple[str, str, Types], ...]
    environments: tuple[tuple[str, str, tuple[Any, ...]], ...]
    bitcode: bytes

    @property
    def symbol(self) -> str:
        """Name of the machine code of the function itself."""
        return str(self.descriptor.llvm_func_name)


@cache
def guest_type() -> Any:
    """The numba type of a Guest: the same for all guests."""
    return numba.typeof(make_guest((ZoneSpan(u.ZONE_NORMAL, 0, u.PAGEBLOCK_NR_PAGES),), 1))


class _Pickler(pickle.Pickler):
    """Writes a Guest's type as one word: 12 KB of record fields otherwise, in every file."""

    def persistent_id(self, value: Any) -> str | None:
        return "Guest" if isinstance(value, types.BaseTuple) and value == guest_type() else None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, word: str) -> Any:
        if word != "Guest":
            raise pickle.UnpicklingError(word)
        return guest_type()


def dumps(value: Any) -> bytes:
    """A value in which numba types stand, as bytes."""
    file = io.BytesIO()
    _Pickler(file, protocol=5).dump(value)
    return file.getvalue()


def loads(data: bytes) -> Any:
    """The value that dumps() wrote."""
    return _Unpickler(io.BytesIO(data)).load()


@cache
def short_name(args: Types) -> str:
    """Twelve digits for some types. A Guest's name has 12 KB, and every symbol would hold it."""
    return digest_of(str(args))[:12]


class PartLibrary(codegen.JITCodeLibrary):
    """The LLVM module of one function as lowered: nothing is linked, optimised or emitted here."""

    part_key: tuple[str, str, Types] | None = None

    def finalize(self) -> None:
        """Called before others may use it: there is nothing to do."""
        self._finalized = True

    def _get_module_for_linking(self) -> Any:
        """Asked by numba when other compiled code than the core's calls a core function."""
        raise NotImplementedError(f"who calls {self.name} from compiled code needs core_jit itself")


class _Typing(typing.Context):
    """A typing context that remembers what operators on numbers give.

    numba asks some twenty templates for every `+`: a fifth of the front end's time.
    """

    known: dict[Any, Any]

    @classmethod
    def beside(cls, context: Any) -> Any:
        """One that shares everything with numba's own."""
        one = copy.copy(context)
        one.__class__ = cls
        one.known = {}
        return one

    def resolve_function_type(self, func: Any, args: Any, kws: Any) -> Any:
        """As numba's, which this asks the first time."""
        plain = tuple(types.unliteral(one) for one in args)
        numbers = all(isinstance(one, types.Integer | types.Boolean) for one in plain)
        if kws or not numbers or not isinstance(func, types.Function):
            return super().resolve_function_type(func, args, kws)
        found = self.known.get((func, plain))
        if found is None:
            found = super().resolve_function_type(func, args, kws)
            if found is not None and not any(isinstance(a, types.Literal) for a in found.args):
                self.known[func, plain] = found
        return found


@cache
def _typing_context() -> Any:
    return _Typing.beside(cpu_target.typing_context)


class _Compiler(compiler.Compiler):
    """numba's compiler with symbols that are short, and the same in every process."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.state.targetctx = self.state.targetctx.subtarget(mangler=self._mangle)

    def _mangle(self, name: str, args: Any, *, abi_tags: Any = (), uid: Any = None) -> Any:
        identity = self.state.func_id
        # numba numbers functions as they come, which differs between processes. A core function is
        # one of its name; a helper of numba's own, or of a test, keeps the number.
        is_core = identity.modname.startswith(f"{CORE}.")
        if is_core and name.endswith(f"{identity.modname}.{identity.func_qualname}"):
            uid = None
        return itanium_mangler.mangle(name, (), abi_tags=(short_name(tuple(args)),), uid=uid)


def _is_read(environment: str, text: str) -> bool:
    """Whether a module's code reads the environment that it declares."""
    return text.count(environment) > 1


def _with_helpers(library: PartLibrary, symbol: str) -> Any:
    """A function's module with the helpers of numba's own that it calls, which become internal."""
    module = library._final_module
    seen: set[Any] = {rtsys.library}  # linked once, with the program
    for other in library._linking_libraries:
        if other not in seen and not isinstance(other, PartLibrary):
            module.link_in(other._get_module_for_linking(), preserve=True)
        seen.add(other)
    for one in module.functions:
        if not one.is_declaration and one.name != symbol and not one.name.startswith("NRT_"):
            one.linkage = ll.Linkage.internal
    return module


def _environments(module: Any) -> tuple[tuple[str, str, tuple[Any, ...]], ...]:
    """The environments that a module's code reads; the others become internal and vanish."""
    found = []
    text = None
    for one in module.global_variables:
        if one.name.startswith(ADDRESS):  # of a callee as a Python object: loaded and not used
            one.linkage = ll.Linkage.internal
        if one.name.startswith(ENVIRONMENT):
            text = text or str(module)
            environment = lookup_environment(one.name)
            if environment is None or not _is_read(one.name, text):
                one.linkage = ll.Linkage.internal
            else:
                one.linkage = ll.Linkage.external
                home = environment.globals["__name__"]
                found.append((one.name, home, tuple(environment.consts)))
    return tuple(found)


def lower(function: Any, args: Types, options: dict[str, Any]) -> Part:
    """Infer the types of a plain function and lower it. Callees are asked for their signatures.

    Args:
        function: the plain Python function.
        args: numba types.
        options: numba's target options, as for numba.njit.
    """
    disk.done["front ends"] += 1
    flags = compiler.Flags()
    cpu_target.options.parse_as_flags(flags, options)
    # Python calls a function by a wrapper of its own (link.py): one on each inner function was a
    # third of all the compiling.
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    context = cpu_target.target_context
    context.refresh()
    library = PartLibrary(context.codegen(), function.__qualname__)
    result = compiler.compile_extra(
        _typing_context(), context, function, args=args, return_type=None, flags=flags, locals={},
        library=library, pipeline_class=_Compiler,
    )  # fmt: skip
    descriptor = result.fndesc
    descriptor.typemap = descriptor.calltypes = None
    descriptor.doc = ""
    module = _with_helpers(library, descriptor.llvm_func_name)
    others = (getattr(one, "part_key", None) for one in library._linking_libraries)
    return Part(
        function.__module__, function.__qualname__, args, result.signature.return_type, descriptor,
        bool(flags.nrt), tuple(dict.fromkeys(key for key in others if key)),
        _environments(module), module.as_bitcode(),
    )  # fmt: skip


def declaration(part: Part, key: object) -> Any:
    """A numba CompileResult by which compiled code may call a part that is not there yet.

    Args:
        part: of the function that is called.
        key: what numba's target context knows it by.
    """
    context = cpu_target.target_context
    library = PartLibrary(context.codegen(), part.name)
    library.part_key = (part.module, part.name, part.args)
    context.insert_user_function(key, part.descriptor, [library])
    return compiler.compile_result(
        typing_context=cpu_target.typing_context, target_context=context, entry_point=key,
        signature=typing.signature(part.result, *part.args), objectmode=False, lifted=(),
        fndesc=part.descriptor, library=library, reload_init=[],
    )  # fmt: skip
