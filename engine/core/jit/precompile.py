"""What is to be compiled before anything is simulated, as steps that processes may share.

The front end is one step a function, after those that it calls. The last step links the core.
"""

from importlib import import_module

from numba.core.compiler_lock import global_compiler_lock

from engine.core.jit import programs
from engine.core.jit.graph import callees, every_function, functions, name_of, signature
from engine.core.jit.sources import CORE

LINK = "link"  # the step after which the core is ready

Steps = dict[str, frozenset[str]]  # a step, and those that come before


def missing() -> Steps:
    """The steps that make the core ready; none if it is, or if it is not compiled this way."""
    import_module(f"{CORE}.run")
    if not functions() or programs.has_core_program():
        return {}
    known = every_function()
    lacking = {name for name, one in known.items() if not programs.has_part(one, signature(one))}
    steps = {
        name: frozenset(name_of(callee) for callee in callees(known[name])) & lacking
        for name in lacking
    }
    return {**steps, LINK: frozenset(lacking)}


def run_step(name: str) -> None:
    """Do one step and leave what comes of it in the cache.

    Args:
        name: as missing() says it; the steps before it are done.
    """
    known = every_function()
    with global_compiler_lock:
        if name == LINK:
            programs.make_core_program()
        else:
            programs.lower_all([known[name]])
