"""The designs by name, and how to write one: ``NAME[:TOGGLE[=VALUE][+TOGGLE…]]``.

An explicit table, no discovery: a new design is one file and one line here.
"""

from collections.abc import Iterable

from engine.designs.base import Design
from engine.designs.dedicated_block import DedicatedBlock
from engine.designs.lru_hook import LruHook
from engine.designs.pinned import Pinned
from engine.designs.separate_pass import SeparatePass
from engine.errors import RefusedError, unknown_name

DESIGNS: dict[str, type[Design]] = {
    d.name: d for d in (Pinned, LruHook, SeparatePass, DedicatedBlock)
}
DEFAULT_DESIGNS: tuple[str, ...] = ("pinned", "lru_hook", "separate_pass", "dedicated_block")
MAX_DESIGNS = 8

_SHOWN = 60  # characters of the user's input quoted in a message


def parse_design(key: str) -> Design:
    """The design that ``key`` describes.

    Args:
        key: ``NAME[:TOGGLE[=VALUE][+TOGGLE…]]``; a toggle without a value means ``on``.

    Raises:
        RefusedError: unknown design, toggle or value, or a toggle twice; the sentence lists the
        known ones.
    """
    if not isinstance(key, str):
        raise RefusedError(f"a design is text, not {type(key).__name__}")
    name, colon, rest = key.partition(":")
    cls = DESIGNS.get(name)
    if cls is None:
        raise unknown_name("design", name, DESIGNS)
    if colon and not rest:
        raise RefusedError(f"design {key[:_SHOWN]!r} ends with a colon: a toggle must follow")
    known = {t.name: t for t in cls.toggles}
    params: dict[str, str] = {}
    for part in rest.split("+") if rest else ():
        toggle, equals, value = part.partition("=")
        if toggle not in known:
            raise RefusedError(
                f"design {name} has no toggle {toggle[:_SHOWN]!r}: it has {', '.join(known)}"
            )
        if toggle in params:
            raise RefusedError(f"design {name}: toggle {toggle} is given twice")
        values = known[toggle].values
        value = value if equals else "on"
        if value not in values:
            shown = repr(value[:_SHOWN]) if equals else "no value"
            raise RefusedError(
                f"design {name}: toggle {toggle} has {shown}: it takes {', '.join(values)}"
            )
        params[toggle] = value
    return cls(key, params)


def parse_designs(keys: str | Iterable[str], profile: str | None = None) -> tuple[Design, ...]:
    """Several designs, from a comma-separated text or from single keys, in the given order.

    Args:
        keys: as the user wrote them.
        profile: one of units.PROFILES, if already known.

    Raises:
        RefusedError: none, more than MAX_DESIGNS, the same key twice, one that parse_design
        refuses, or one with a toggle that the profile does not have.
    """
    wanted = [k.strip() for k in keys.split(",")] if isinstance(keys, str) else list(keys)
    if not wanted or wanted == [""]:
        raise RefusedError(f"no design given: from 1 to {MAX_DESIGNS} are needed")
    if len(wanted) > MAX_DESIGNS:
        raise RefusedError(f"{len(wanted)} designs: at most {MAX_DESIGNS} fit")
    designs = tuple(parse_design(key) for key in wanted)
    if profile is not None:
        for design in designs:
            design.check_profile(profile)
    for i, key in enumerate(wanted):
        if key in wanted[:i]:
            raise RefusedError(f"design {key[:_SHOWN]!r} is given twice")
    return designs
