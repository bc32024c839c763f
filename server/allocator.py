"""The C library's allocator, kept small in a process whose guests come and go; glibc only.

By itself glibc lets every thread have an arena of its own, and takes arrays up to 32 MiB from those
once one of that size has been given back. With two threads a session what is free then lies between
what is not, and memory grows although nothing is kept: of 290 MiB in arenas 105 were free. Few
arenas, and giving back whole free pages now and then, keep it flat. (Pages of their own for arrays
would, too, but the slowest looks at the past would take 40 % longer for having them made.)
"""

import ctypes
from functools import cache

ARENAS = 2  # Python's lock lets one thread run at a time; numpy and numba let it go
_ARENA_MAX = -8  # mallopt(3)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, if it is glibc."""
    try:
        libc = ctypes.CDLL(None)
        return libc if libc.gnu_get_libc_version and libc.malloc_trim else None
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return None


def keep_compact() -> bool:
    """Set it up, before the first thread is started; false: it is another C library's."""
    libc = _glibc()
    return libc is not None and bool(libc.mallopt(_ARENA_MAX, ARENAS))


def give_back() -> None:
    """Let the machine have pages that are free as a whole; takes milliseconds, any thread may."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)
