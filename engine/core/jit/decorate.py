"""The decorators of the core.

A decorated function has two kinds of callers. Compiled code asks for its signature and gets a
declaration. Python gets machine code with a wrapper. Neither compiles it alone with all that it
calls, which is what numba.njit does for every function.

With FRAGSCOPE_JIT=ordinary, numba.njit does: should a new numba have moved what internals.py lists.
"""

import os
from typing import Any

from numba import config, types
from numba.core import sigutils, typing
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher

from engine.core.jit import internals, programs
from engine.core.jit.ordinary import ordinary

_OPTIONS = {"nopython": True, "nogil": True, "error_model": "python", "boundscheck": None}
_ALLOCATING = {"empty", "zeros"}  # numpy's makers of scratch arrays
MODES = ("once", "ordinary")

IS_COMPILED = not config.DISABLE_JIT  # for the few lines that must differ


def mode() -> str:
    """How the core is compiled: FRAGSCOPE_JIT.

    Raises:
        ValueError: it is neither.
    """
    chosen = os.environ.get("FRAGSCOPE_JIT") or MODES[0]
    if chosen not in MODES:
        raise ValueError(f"FRAGSCOPE_JIT is {chosen[:60]!r}: it is one of {', '.join(MODES)}")
    return chosen


class CoreFunction(CPUDispatcher):
    """A function of the core, compiled when it is wanted."""

    def __init__(self, function: Any, options: dict[str, Any]) -> None:
        """Nothing is compiled.

        Args:
            function: the plain one.
            options: as for numba.njit.
        """
        super().__init__(function, targetoptions=options)
        self._entries: dict[tuple[Any, ...], Any] = {}

    def declare(self, args: tuple[Any, ...]) -> None:
        """Make it callable by compiled code, for arguments of these types."""
        if args not in self.overloads:
            with self._compiling_counter:  # by which numba knows one that calls itself
                part = programs.part_of(self, args)
            self.overloads[args] = programs.declaration_of(part)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """What numba's type inference asks for at a call: the signature, as a template.

        Constants count as int64: numba would compile a callee once more for every constant.
        """
        plain = tuple(types.unliteral(kind) for kind in args)
        named = {name: types.unliteral(kind) for name, kind in kws.items()}
        pysig, args = self.fold_argument_types(plain, named)
        self.declare(tuple(args))
        name = self.py_func.__name__
        template = typing.make_concrete_template(
            f"CallTemplate({name})", key=name, signatures=self.nopython_signatures
        )
        return template, pysig, args, {}

    def compile(self, sig: Any) -> Any:
        """What Python asks for when it calls: the builtin function for arguments of these types."""
        args = tuple(sigutils.normalize_signature(sig)[0])
        with global_compiler_lock:
            if args not in self._entries:
                found = programs.entry_of(self, args)
                self._insert([kind._code for kind in args], found, False)
                self._entries[args] = found
        return self._entries[args]

    @property
    def is_loaded(self) -> bool:
        """Whether Python has called it."""
        return bool(self._entries)


def _compile(function: Any, inline: bool) -> Any:
    if config.DISABLE_JIT:
        return function
    # Without the reference-counting runtime, unless scratch arrays are made: counting the six
    # arrays of a Guest at every call took more time than the work (1.5 against 2.9 M pairs/s).
    needs_nrt = bool(_ALLOCATING & set(function.__code__.co_names))
    options = {**_OPTIONS, "_nrt": needs_nrt, "forceinline": inline}
    if mode() == "ordinary":
        return ordinary(function, options)
    internals.check()
    return CoreFunction(function, options)


def core_jit(func: Any) -> Any:
    """Compile a core function.

    With NUMBA_DISABLE_JIT=1 the function stays plain Python. Record fields narrower than 64 bits
    must be widened with np.int64() before arithmetic, or the two legs differ. A function that makes
    scratch arrays calls np.empty or np.zeros itself; none returns an array.
    """
    return _compile(func, False)


def core_inline(func: Any) -> Any:
    """Compile a core function into its callers: for the small ones of the hot path only.

    Handing the arrays of a Guest to a called function costs more than such a function does.
    """
    return _compile(func, True)
