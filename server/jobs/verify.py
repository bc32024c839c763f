"""Does a session come to the states that it says it came to? Plays it, and compares digests."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import RefusedError
from engine.log import Entry, advance
from engine.world import World
from server.journal.codec import Digest, Record
from server.journal.session_file import AlteredError, cut
from server.session.session import Session


@dataclass(frozen=True)
class Verified:
    """How much of a session was found as it says.

    Attributes:
        timelines: that were played.
        commands: in them, each counted once.
        digests: that agree.
        tick: where the current timeline ends.
    """

    timelines: int
    commands: int
    digests: int
    tick: int


def _to(world: World, log: tuple[Entry, ...], place: int, mark: Digest) -> int:
    """Play from ``place`` commands to the state of ``mark``; the commands that it has then."""
    if mark.index > len(log) or mark.index < place:
        raise RefusedError(f"there is no state after {mark.index} commands")
    for entry in log[place : mark.index]:
        advance(world, entry.tick)
        world.apply(entry.command)
    if mark.index < len(log) and log[mark.index].tick < mark.tick:
        raise RefusedError(f"command {mark.index + 1} came before")
    advance(world, mark.tick)
    return mark.index


def play_out(world: World, record: Record, number: int, look: Callable[[], None]) -> Digest:
    """Play one timeline, compare every digest; the state at its end.

    Args:
        world: new, of the session's config.
        record: the session.
        number: the timeline.
        look: called after each digest.

    Raises:
        AlteredError: a state is not the one that it says, or a command does not fit.
    """
    log, end, place = record.log(number), record.tick(number), 0
    try:
        for mark in sorted(record.digests.get(number, ()), key=lambda one: (one.index, one.tick)):
            place = _to(world, log, place, mark)
            if world.state_digest() != mark.digest:
                text = (
                    f"the file was altered: at tick {mark.tick}, after {mark.index} commands, the"
                    " state is another one"
                )
                raise AlteredError(text, mark.tick)
            look()
        _to(world, log, place, Digest(end, len(log), ""))
    except AlteredError:
        raise
    except RefusedError as error:
        text = f"the file was altered: at tick {world.tick} it does not go on: {error}"
        raise AlteredError(text, world.tick) from None
    return Digest(end, len(log), world.state_digest())


def verify(
    record: Record, make: Callable[[], Session], look: Callable[[], None] = lambda: None
) -> Verified:
    """Play every timeline of a session and compare every state that it has a digest of.

    Args:
        record: the session; its engine is this one.
        make: a new session of its config.
        look: called now and then.

    Raises:
        AlteredError: one does not agree, or the end has no digest.
    """
    seen = 0
    for one in record.timelines:
        end = play_out(make().world, record, one.id, look)
        digests = record.digests.get(one.id, ())
        if one.id == record.current and end not in digests:
            text = f"the file was altered: its end, tick {end.tick}, has no digest"
            raise AlteredError(text, end.tick)
        seen += len(digests)
    commands = sum(len(own) for own in record.entries.values())
    return Verified(len(record.timelines), commands, seen, record.tick())


def completed(record: Record, make: Callable[[], Session]) -> Record:
    """The record with a digest of where it stands.

    Raises:
        AlteredError: see play_out().
    """
    wanted = (record.tick(), len(record.log()))
    if any((d.tick, d.index) == wanted for d in record.digests.get(record.current, ())):
        return record
    return cut(record, play_out(make().world, record, record.current, lambda: None))
