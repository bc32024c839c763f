"""A session's last state on the disk: what makes its return fast, and never another world.

It names engine, config, commands and tick. One that does not name a state of the session's own log
under this engine is passed over, and so is a damaged one: the log is played instead.
"""

import logging
from collections.abc import Iterable, Sequence

from engine.core import engine_digest
from engine.errors import RefusedError
from engine.history.packing import header_of, packed_state, restore_state, state_name
from engine.history.stored import Rows, columns_of, packed_column
from engine.log import Entry
from engine.world import Checkpoint, World
from server.journal.state_file import StateFile
from server.jsontext import dump
from server.wire.config import SessionConfig

log = logging.getLogger("fragscope")


def _name(config: SessionConfig, entries: Sequence[Entry], tick: int) -> str:
    return state_name(engine_digest(), dump(config.to_dict()), entries, tick)


def save_rows(
    file: StateFile, config: SessionConfig, entries: Sequence[Entry], point: Checkpoint,
    columns: Iterable[Rows],
) -> bool:  # fmt: skip
    """Keep a state; whether it is kept.

    Args:
        file: where.
        config: of the session.
        entries: commands that the state contains.
        point: the state; its arrays are not read.
        columns: what is in them.
    """
    name = _name(config, entries, point.tick)
    return file.write(packed_state(point, name, len(entries), columns))


def save(file: StateFile, config: SessionConfig, entries: Sequence[Entry], world: World) -> bool:
    """Keep the present state of a world; otherwise as save_rows()."""
    point = world.glance()
    columns = map(packed_column, columns_of(point))
    return save_rows(file, config, entries, point, columns)


def bring(
    file: StateFile, config: SessionConfig, entries: Sequence[Entry], tick: int, world: World
) -> int:
    """Bring a new world as far as its kept state is, if that is one of its own.

    Args:
        file: where it may be.
        config: of the session.
        entries: its log.
        tick: where it stands; a later state is not used.
        world: at tick 0.

    Returns:
        Commands that the world contains now; with tick 0 and no command nothing was done.
    """
    data = file.read()
    if data is None:
        return 0
    try:
        head = header_of(data)
        index = int(head["index"])
        if head["tick"] > tick or head["name"] != _name(config, entries[:index], head["tick"]):
            raise RefusedError("it is of another log or another version")
        restore_state(world, head, data)
    except (RefusedError, ValueError, KeyError, TypeError, RuntimeError, MemoryError) as error:
        log.info("the kept state of a session is passed over (%s): its log is played", error)
        return 0
    return index
