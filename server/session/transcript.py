"""A session on paper: config, log and tick, as it is exported and read back.

What GET /api/sessions/{id} answers, and what a session can be made from again.
"""

from dataclasses import dataclass
from typing import Any

from engine.errors import RefusedError
from engine.log import LOG_VERSION, MAX_TICK, Entry, check_log
from server.jsontext import only_fields, shown, whole
from server.wire.config import SessionConfig, config_from_dict

_FIELDS = ("session", "log_version", "engine", "config", "tick", "log")
MAX_DIGEST = 64  # characters of the engine's name


@dataclass(frozen=True)
class Transcript:
    """All that it takes to make a session's present state again.

    Attributes:
        config: guest, designs, seed.
        log: every command.
        tick: simulated time now.
        idle: whether every guest has finished what was asked, with the workload off.
        engine: digest of the simulator that played it; another one may come to other bytes.
    """

    config: SessionConfig
    log: tuple[Entry, ...]
    tick: int
    idle: bool
    engine: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: an export."""
        return {
            "log_version": LOG_VERSION,
            "engine": self.engine,
            "config": self.config.to_dict(),
            "tick": self.tick,
            "log": [entry.to_dict() for entry in self.log],
        }


def transcript_from_dict(data: object, max_log: int) -> Transcript:
    """The session that an export describes; ``idle`` is not known and False.

    Args:
        data: what ``to_dict`` gave, with or without ``session``.
        max_log: commands that a log may have.

    Raises:
        RefusedError: another log version, a missing or unknown field, a log that is none.
    """
    if not isinstance(data, dict):
        raise RefusedError(f"the export is a JSON {type(data).__name__}: an object is needed")
    version = data.get("log_version")
    if version != LOG_VERSION or isinstance(version, bool):
        raise RefusedError(
            f"log_version of the export is {shown(version)}: this server reads {LOG_VERSION}"
        )
    only_fields(data, _FIELDS, "the export")
    lacking = [name for name in _FIELDS[1:] if name not in data]
    if lacking:
        raise RefusedError(f"the export lacks {', '.join(lacking)}")
    engine = data["engine"]
    if not isinstance(engine, str) or not 0 < len(engine) <= MAX_DIGEST:
        raise RefusedError(f"engine of the export is {shown(engine)}: a digest is needed")
    lines = data["log"]
    if not isinstance(lines, list):
        raise RefusedError(f"log of the export is {shown(lines)}: a list is needed")
    if len(lines) > max_log:
        raise RefusedError(
            f"the log of the export has {len(lines)} commands: {max_log} is the limit"
        )
    log = tuple(map(Entry.from_dict, lines))
    tick = whole(data["tick"], "tick of the export", 0, MAX_TICK, "ticks")
    check_log(log, tick)
    return Transcript(config_from_dict(data["config"]), log, tick, False, engine)
