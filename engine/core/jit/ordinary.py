"""The way back: each function compiled by numba.njit, with all that it calls, in numba's own cache.

Slow (four minutes of the processor and a gigabyte for the whole core) and independent of everything
that internals.py lists.
"""

import os
from functools import cache
from typing import Any

import numba
from numba import config, types

from engine.core.jit import cache as disk
from engine.core.jit.sources import core_digest, digest_of

_FLAGS = ("NUMBA_BOUNDSCHECK", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_OPT")


@cache
def _folder() -> str:
    """numba's cache folder, named by all sources: numba misses an edited callee in another file."""
    flags = (os.environ.get(name, "") for name in _FLAGS)
    name = digest_of("ordinary", core_digest(), numba.__version__, *flags)
    disk.use(name)
    return str(disk.base() / name)


def ordinary(function: Any, options: dict[str, Any]) -> Any:
    """A function as numba.njit compiles it.

    Args:
        function: the plain one.
        options: numba's target options.
    """
    # numba looks here once, when a function is decorated. Set both: it reads the environment again
    # whenever any variable of its own has changed there.
    os.environ["NUMBA_CACHE_DIR"] = config.CACHE_DIR = _folder()
    chosen = {name: value for name, value in options.items() if name != "nopython"}
    return _without_literals(numba.njit(cache=True, no_cfunc_wrapper=True, **chosen)(function))


def _without_literals(dispatcher: Any) -> Any:
    """Make compiled callers ask for int64 where they pass a constant.

    numba would compile a callee, and all that it calls, once more for every constant that anybody
    passes to it: six times alloc_pages, at ten MB each.
    """
    resolve = dispatcher.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        plain = {name: types.unliteral(kind) for name, kind in kws.items()}
        return resolve(tuple(types.unliteral(kind) for kind in args), plain)

    dispatcher.get_call_template = get_call_template
    return dispatcher
