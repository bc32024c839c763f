"""What of numba and llvmlite this folder touches without a promise, and whether it is there.

numba is pinned to one minor version in pyproject.toml. Who moves it runs tests/engine/core/jit
first: check() names what is gone, in one sentence.
"""

import inspect
from functools import cache
from importlib import import_module

# Module, name in it, and the parameters that are relied on (None: it need only be there).
TOUCHED: tuple[tuple[str, str, tuple[str, ...] | None], ...] = (
    # decorate.py: a dispatcher whose two questions are answered otherwise
    ("numba.core.registry", "CPUDispatcher", None),
    ("numba.core.dispatcher", "Dispatcher.__init__", ("py_func", "targetoptions")),
    ("numba.core.dispatcher", "Dispatcher.compile", ("self", "sig")),
    ("numba.core.dispatcher", "Dispatcher.get_call_template", ("self", "args", "kws")),
    ("numba.core.dispatcher", "Dispatcher.get_overload", ("self", "sig")),
    ("numba.core.dispatcher", "Dispatcher.fold_argument_types", ("self", "args", "kws")),
    ("numba.core.dispatcher", "Dispatcher.nopython_signatures", None),
    ("numba.core.dispatcher", "Dispatcher.is_compiling", None),
    ("numba.core.dispatcher", "CompilingCounter.__enter__", ("self",)),
    ("numba._dispatcher", "Dispatcher._insert", None),
    ("numba", "int64._code", None),
    ("numba.core.typing", "make_concrete_template", ("name", "key", "signatures")),
    ("numba.core.sigutils", "normalize_signature", ("sig",)),
    ("numba.core.compiler_lock", "global_compiler_lock", None),
    # frontend.py: the pipeline, into a library that is never finished
    ("numba.core.registry", "cpu_target.options.parse_as_flags", ("flags", "options")),
    ("numba.core.registry", "cpu_target.target_context.subtarget", ("kws",)),
    ("numba.core.registry", "cpu_target.target_context.codegen", ()),
    ("numba.core.compiler", "Flags.no_compile", None),
    ("numba.core.compiler", "Flags.no_cpython_wrapper", None),
    ("numba.core.compiler", "Flags.no_cfunc_wrapper", None),
    ("numba.core.compiler", "Flags.nrt", None),
    (
        "numba.core.compiler",
        "compile_extra",
        ("typingctx", "targetctx", "func", "args", "return_type", "flags", "locals", "library",
         "pipeline_class"),
    ),
    ("numba.core.compiler", "compile_result", ("entries",)),
    ("numba.core.compiler", "Compiler", None),
    ("numba.core.base", "BaseContext.mangler", ("self", "name", "types", "abi_tags", "uid")),
    ("numba.core.base", "BaseContext.insert_user_function", ("self", "func", "fndesc", "libs")),
    ("numba.core.base", "BaseContext.push_code_library", ("self", "lib")),
    ("numba.core.typing", "Context.resolve_function_type", ("self", "func", "args", "kws")),
    ("numba.core.itanium_mangler", "mangle", ("ident", "argtys", "abi_tags", "uid")),
    ("numba.core.funcdesc", "FunctionDescriptor.llvm_func_name", None),
    ("numba.core.funcdesc", "FunctionDescriptor.llvm_cpython_wrapper_name", None),
    ("numba.core.codegen", "JITCodeLibrary.finalize", ("self",)),
    ("numba.core.codegen", "CPUCodeLibrary._get_module_for_linking", ("self",)),
    ("numba.core.codegen", "CPUCodeLibrary.add_linking_library", ("self", "library")),
    ("numba.core.environment", "Environment.from_fndesc", ("fndesc",)),
    ("numba.core.environment", "lookup_environment", ("env_name",)),
    # link.py: the optimiser's passes, the target machine, the engine, a function from an address
    ("numba.core.environment", "_rebuild_env", ("modname", "consts", "env_name")),
    ("numba.core.codegen", "JITCPUCodegen._module_pass_manager", ("self", "kwargs")),
    ("numba.core.codegen", "JITCPUCodegen._create_empty_module", ("self", "name")),
    ("numba.core.codegen", "JITCPUCodegen.set_env", ("self", "env_name", "env")),
    ("numba.core.codegen", "JITCPUCodegen.magic_tuple", ("self",)),
    ("numba.core.registry", "cpu_target.target_context.codegen()._tm.emit_object", ("module",)),
    ("numba.core.registry", "cpu_target.target_context.codegen()._loopvect", None),
    ("numba.core.registry", "cpu_target.target_context.codegen()._opt_level", None),
    (
        "numba.core.registry",
        "cpu_target.target_context.codegen()._engine._ee.add_object_file",
        ("obj_file",),
    ),
    ("numba.core.callconv", "create_error_model", ("model_name", "context")),
    (
        "numba.core.cpu",
        "CPUContext.create_cpython_wrapper",
        ("self", "library", "fndesc", "env", "call_helper", "release_gil"),
    ),
    ("numba.core.runtime", "rtsys.__class__.library", None),
    ("numba._dynfunc", "make_function", None),
    ("llvmlite.binding", "ObjectFileRef.from_data", ("data",)),
    ("llvmlite.binding", "ModuleRef.link_in", ("self", "other", "preserve")),
    ("llvmlite.binding", "Linkage.internal", None),
)  # fmt: skip

# Attributes that objects get when they run: module, the function that sets or reads them, names.
ATTRIBUTES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("numba.core.dispatcher", "_DispatcherBase.__init__", ("overloads", "_compiling_counter")),
    ("numba.core.dispatcher", "_DispatcherBase._compile_for_args", ("compile",)),
    ("numba.core.codegen", "CPUCodeLibrary.__init__", ("_linking_libraries", "_final_module")),
    ("numba.core.codegen", "CodeLibrary._ensure_finalized", ("_finalized", "finalize")),
    ("numba.core.compiler", "CompilerBase.__init__", ("state", "targetctx")),
)


def _find(module: str, name: str) -> object:
    found: object = import_module(module)
    for word in name.split("."):
        found = getattr(found, word.removesuffix("()"))
        if word.endswith("()"):
            found = found()  # type: ignore[operator]
    return found


def faults() -> list[str]:
    """What is missing or takes other parameters, as words; empty if all is as it was."""
    found = []
    for module, name, parameters in TOUCHED:
        try:
            one = _find(module, name)
        except (AttributeError, ImportError):
            found.append(f"{module}.{name} is gone")
            continue
        if parameters is not None:
            has = inspect.signature(one).parameters  # type: ignore[arg-type]
            found += [f"{module}.{name} has no parameter {p}" for p in parameters if p not in has]
    for module, name, attributes in ATTRIBUTES:
        try:
            code = _find(module, name).__code__  # type: ignore[attr-defined]
        except (AttributeError, ImportError):
            found.append(f"{module}.{name} is gone")
            continue
        found += [f"{module}.{name} has no {a}" for a in attributes if a not in code.co_names]
    return found


@cache
def check() -> None:
    """See whether everything is there.

    Raises:
        RuntimeError: it is not; one sentence.
    """
    wrong = faults()
    if wrong:
        import numba

        raise RuntimeError(
            f"numba {numba.__version__} is not the one that engine/core/jit was written for: "
            f"{'; '.join(wrong)}. Install the version that pyproject.toml names, or set "
            "FRAGSCOPE_JIT=ordinary."
        )
