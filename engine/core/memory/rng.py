"""The guest's own random generator: splitmix64 with its state in Guest.vm, so copies agree."""

import numpy as np

from engine.core import IS_COMPILED, core_jit

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S30 = np.uint64(30)
_S27 = np.uint64(27)
_S31 = np.uint64(31)
_S33 = np.uint64(33)
_S40 = np.uint64(40)


@core_jit
def rng_next(guest):
    """Next 64 random bits.

    Args:
        guest: Guest. Writes vm.rng.
    Returns:
        uint64.
    Source:
        splitmix64 (Steele, Lea, Flood 2014); not of the kernel.
    """
    state = guest.vm[0]["rng"] + _GAMMA
    guest.vm[0]["rng"] = state
    z = (state ^ (state >> _S30)) * _MIX1
    z = (z ^ (z >> _S27)) * _MIX2
    return z ^ (z >> _S31)


@core_jit
def rng_peek(guest):
    """24 bits that follow from the generator's state, which stays as it is.

    Args:
        guest: Guest.
    Returns:
        int64, the same until the next random number is drawn.
    Source:
        not of the kernel.
    """
    return np.int64((guest.vm[0]["rng"] * _GAMMA) >> _S40)


if not IS_COMPILED:
    # Uncompiled numpy scalars warn when they wrap around, which this generator relies on.
    rng_next = np.errstate(over="ignore")(rng_next)
    rng_peek = np.errstate(over="ignore")(rng_peek)


@core_jit
def rng_below(guest, n):
    """A random number below ``n``, by multiplying 31 random bits; bias under n / 2**31.

    Args:
        guest: Guest. Writes vm.rng.
        n: int64, 1 to 2**31.
    Returns:
        int64 in [0, n).
    Source:
        not of the kernel.
    """
    return (np.int64(rng_next(guest) >> _S33) * n) >> 31
