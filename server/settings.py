"""Every limit and address of the server, from the environment and from arguments.

Names in the environment are FRAGSCOPE_ and the field's name in capitals; docs/SETTINGS.md lists
them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from engine.errors import RefusedError

PREFIX = "FRAGSCOPE_"
MIB = 1 << 20
DEFAULT_GUEST_MIB = 6144
SHARE_OF_MACHINE = 0.6  # of what the machine or the container has, at most, goes to guests


def machine_mib(root: Path = Path("/")) -> int | None:
    """Memory of this machine or, where it is smaller, of its container; None = unknown."""
    found = []
    try:
        for line in (root / "proc/meminfo").read_text().splitlines():
            if line.startswith("MemTotal:"):
                found.append(int(line.split()[1]) // 1024)
    except (OSError, ValueError, IndexError):
        pass
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            found.append(int((root / "sys/fs/cgroup" / name).read_text()) // MIB)
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return min(found) if found else None


def default_guest_mib(machine: int | None) -> int:
    """Default of ``max_guest_mib`` on a machine with ``machine`` MiB."""
    if machine is None:
        return DEFAULT_GUEST_MIB
    return min(DEFAULT_GUEST_MIB, int(machine * SHARE_OF_MACHINE))


def _setting(default: Any, low: float, high: float, unit: str, text: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "unit": unit, "text": text})


def _text(default: str, text: str) -> Any:
    return field(default=default, metadata={"text": text})


@dataclass(frozen=True)
class Settings:
    """What the server may use, and where it listens; each field's metadata says what it is."""

    host: str = _text("127.0.0.1", "address to listen on; 0.0.0.0 in the container image")
    port: int = _setting(8000, 0, 65535, "(a port)", "port to listen on; 0 picks a free one")
    origins: str = _text("", "further origins that may connect, as https://example.org, by commas")
    allowed_hosts: str = _text(
        "",
        "further names that the server goes by, as lab.example.org or *.example.org, by commas;"
        " * = any. localhost and IP addresses always do",
    )
    max_sessions: int = _setting(64, 1, 1000, "sessions", "sessions at a time")
    max_viewers: int = _setting(64, 1, 10_000, "viewers", "open pages per session")
    session_ttl_s: int = _setting(
        1800, 1, 10_000_000, "seconds", "a session without a viewer ends after this time"
    )
    max_guest_mib: int = _setting(
        0, 0, 1 << 24, "MiB",
        "memory for all guests of all sessions; 0 = 6144, but at most 60 % of the machine",
    )  # fmt: skip
    max_upload_mib: int = _setting(64, 1, 4096, "MiB", "size of an uploaded capture archive")
    max_uploads: int = _setting(8, 1, 1000, "captures", "uploads kept; the oldest goes first")
    ticks_per_s: float = _setting(
        60.0, 0, 1000, "ticks a second", "pace of a new session; anyone may change it on the page"
    )
    frames_per_s: float = _setting(30.0, 1, 120, "frames a second", "frames a viewer gets at most")
    shutdown_s: int = _setting(
        5, 1, 600, "seconds", "time for open connections to end after SIGTERM"
    )

    @property
    def guest_bytes(self) -> int:
        """Bytes that all guests may take."""
        return (self.max_guest_mib or default_guest_mib(machine_mib())) * MIB

    @property
    def allowed_origins(self) -> frozenset[str]:
        """Further origins, without a slash at the end."""
        parts = (part.strip().rstrip("/").lower() for part in self.origins.split(","))
        return frozenset(part for part in parts if part)

    @property
    def host_patterns(self) -> tuple[str, ...]:
        """Further names that the server goes by: a name, ``*.name``, or ``*`` for any.

        Raises:
            RefusedError: a star anywhere else.
        """
        parts = [part.strip().lower() for part in self.allowed_hosts.split(",") if part.strip()]
        for part in parts:
            if "*" in part.removeprefix("*.") and part != "*":
                raise RefusedError(
                    f"{PREFIX}ALLOWED_HOSTS has {part[:60]!r}: a name, *.name or * is needed"
                )
        return tuple(parts)


def _number(name: str, text: str, kind: type, low: float, high: float, unit: str) -> int | float:
    try:
        value: int | float = kind(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        word = "a whole number" if kind is int else "a number"
        raise RefusedError(f"{name} is {text[:60]!r}: {word} from {low} to {high} {unit} is needed")
    return value


def settings_from(environment: Mapping[str, str] | None = None, **arguments: object) -> Settings:
    """Settings from the environment; ``arguments`` that are not None win.

    Args:
        environment: os.environ when None.
        arguments: values by field name, checked like those of the environment.

    Raises:
        RefusedError: a value is no number or out of bounds, or a FRAGSCOPE_ name with that spelling
            is none of ours.
    """
    environment = os.environ if environment is None else environment
    found: dict[str, Any] = {}
    for f in fields(Settings):
        name = PREFIX + f.name.upper()
        given = arguments.get(f.name)
        if given is not None:
            text, name = str(given), f"--{f.name.replace('_', '-')}"
        elif environment.get(name):
            text = environment[name]
        else:
            continue
        if f.type is str:
            found[f.name] = text
        else:
            meta = f.metadata
            kind = int if f.type is int else float
            found[f.name] = _number(name, text, kind, meta["low"], meta["high"], meta["unit"])
    settings = replace(Settings(), **found)
    _ = settings.host_patterns  # refused now, not at the first request
    return settings


# Read by others than Settings; listed here so that one document names every setting.
OTHER_SETTINGS: Mapping[str, str] = {
    "FRAGSCOPE_CACHE_DIR": "folder for the compiled core; default: fragscope in the user's cache",
}


def settings_table() -> str:
    """The table of docs/SETTINGS.md."""
    lines = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for f in fields(Settings):
        default = f"`{f.default}`" if f.default != "" else "(none)"
        text = f.metadata["text"]
        unit = f.metadata.get("unit", "")
        if unit in ("MiB", "seconds"):
            text += f" ({unit})"
        lines.append(f"| `{PREFIX}{f.name.upper()}` | {default} | {text} |")
    lines += [f"| `{name}` | | {text} |" for name, text in OTHER_SETTINGS.items()]
    return "\n".join(lines) + "\n"
