"""Copies of guests, and the digest that tells whether two are equal."""

import hashlib

import numpy as np

from engine import units as u
from engine.guest import RANGE_FIELDS, VM_DTYPE, Guest

_RANGE_OFFSET = VM_DTYPE.fields[RANGE_FIELDS[0]][1] if VM_DTYPE.fields else 0


def copy_guest(guest: Guest) -> Guest:
    """An independent guest with the same contents."""
    return Guest(*(array.copy() for array in guest))


def restore(into: Guest, source: Guest) -> None:
    """Overwrite one guest with another of the same memory map.

    Args:
        into: guest to overwrite.
        source: guest to copy from.

    Raises:
        ValueError: the guests have different sizes.
    """
    for target, array in zip(into, source, strict=True):
        if target.shape != array.shape or target.dtype != array.dtype:
            raise ValueError(
                f"restore: a guest of {len(into.pages)} pages and {len(into.zones)} zones cannot "
                f"hold one of {len(source.pages)} pages and {len(source.zones)} zones"
            )
    for target, array in zip(into, source, strict=True):
        target[...] = array


def digest(guest: Guest) -> str:
    """A name for a guest's contents: equal guests have equal digests, on every machine.

    All six arrays count except mere caches: the largest free order of a pageblock depends on when
    somebody last looked.
    """
    blocks = guest.blocks.copy()
    blocks["largest"] = 0
    blocks["flags"] &= np.uint8(0xFF & ~u.PB_STALE)
    # Requests for ranges came later: a guest that never had one keeps its digest.
    vm = np.ascontiguousarray(guest.vm).view(np.uint8)
    if not vm[_RANGE_OFFSET:].any():
        vm = vm[:_RANGE_OFFSET]
    found = hashlib.blake2b(digest_size=16)
    for array in (guest.pages, blocks, guest.lists, guest.zones, vm, guest.cc):
        found.update(np.ascontiguousarray(array).view(np.uint8).data)
    return found.hexdigest()


def guest_bytes(guest: Guest) -> int:
    """Memory that a guest takes, in bytes."""
    return sum(array.nbytes for array in guest)
