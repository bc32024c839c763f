"""Copies of guests, and the digest that tells whether two are equal."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.guest import LATER_FIELDS, VM_DTYPE, ZONE_DTYPE, Guest
from engine.kernels import LAW_FIELDS

_OFFSETS = {name: VM_DTYPE.fields[name][1] for name in VM_DTYPE.names or () if VM_DTYPE.fields}
# Fields that came later, each group behind the one before.
_LATER = tuple(_OFFSETS[fields[0]] for fields in reversed(LATER_FIELDS))
_OF_ONE_NODE = (ZONE_DTYPE.names or ()).index("node") * 8  # bytes of a zone's row
_LAW_OFFSET = _OFFSETS[LAW_FIELDS[0]]
_WATCHED_OFFSET = _OFFSETS["watched"]  # from here on: what somebody watches, not the guest


def _copy_bytes(into: NDArray[Any], source: NDArray[Any]) -> None:
    """Copy records as bytes: numpy copies records one by one, which takes fifteen times as long."""
    into.view(np.uint8)[...] = source.view(np.uint8)


def copy_guest(guest: Guest) -> Guest:
    """An independent guest with the same contents, that nobody watches."""
    arrays = []
    for array in guest:
        arrays.append(twin := np.empty_like(array))
        _copy_bytes(twin, array)
    copied = Guest(*arrays)
    copied.vm.view(np.uint8)[_WATCHED_OFFSET:] = 0
    return copied


def frozen_copy(guest: Guest) -> Guest:
    """A read-only copy, to be kept and looked at, not for the core."""
    kept = copy_guest(guest)
    for array in kept:
        array.flags.writeable = False
    return kept


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
    watched = int(into.vm[0]["watched"])
    for target, array in zip(into, source, strict=True):
        _copy_bytes(target, array)
    into.vm.view(np.uint8)[_WATCHED_OFFSET:] = 0  # what happened there has not happened here
    into.vm[0]["watched"] = watched


def digest(guest: Guest) -> str:
    """A name for a guest's contents: equal guests have equal digests, on every machine.

    All six arrays count except what is derived: the largest free order of a pageblock depends on
    when somebody last looked, and the laws follow from the kernel's number.
    """
    blocks = guest.blocks.copy()
    blocks["largest"] = 0
    blocks["flags"] &= np.uint8(0xFF & ~u.PB_STALE)
    # Requests for ranges and waits came later: a guest that never had one keeps its digest.
    vm = np.ascontiguousarray(guest.vm).view(np.uint8)[:_LAW_OFFSET]
    for offset in _LATER:
        if not vm[offset:].any():
            vm = vm[:offset]
    # So did the file lists of lower zones.
    lists = guest.lists
    of_lower_zones = (len(guest.zones) - 1) * u.LISTS_PER_LOWER_ZONE
    if of_lower_zones and not lists["nr"][-of_lower_zones:].any():
        lists = lists[:-of_lower_zones]
    zones = np.ascontiguousarray(guest.zones).view(np.uint8).reshape(len(guest.zones), -1)
    if not zones[:, _OF_ONE_NODE:].any():  # and so did NUMA
        zones = zones[:, :_OF_ONE_NODE]
    found = hashlib.blake2b(digest_size=16)
    for array in (guest.pages, blocks, lists, zones, vm, guest.cc):
        found.update(np.ascontiguousarray(array).view(np.uint8).data)
    return found.hexdigest()


def guest_bytes(guest: Guest) -> int:
    """Memory that a guest takes, in bytes."""
    return sum(array.nbytes for array in guest)
