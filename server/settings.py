"""Every limit and address of the server, from the environment and from arguments.

Names in the environment are FRAGSCOPE_ and the field's name in capitals; docs/SETTINGS.md lists
them. A name that is misspelt is refused, since a limit that is silently not in force is worse than
a server that does not start.
"""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from engine.errors import RefusedError
from engine.units import GEOMETRY_SETTING
from server.addresses import Networks, networks_from
from server.quotas import AddressLimits

PREFIX = "FRAGSCOPE_"
CAPTURE_SETTING = f"{PREFIX}MAX_CAPTURE_MIB"
SIZE_SETTING, GUEST_SETTING = f"{PREFIX}MAX_SIZE_MIB", f"{PREFIX}MAX_GUEST_MIB"
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
    return Field(default, ge=low, le=high, description=text, json_schema_extra={"unit": unit})


def _text(default: str, text: str) -> Any:
    return Field(default, description=text)


class Settings(BaseSettings):
    """What the server may use, and where it listens; each field's description says what it is.

    Made from its arguments alone: settings_from() reads the environment.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, env_prefix=PREFIX, env_ignore_empty=True
    )

    host: str = _text("127.0.0.1", "address to listen on; 0.0.0.0 in the container image")
    port: int = _setting(8000, 0, 65535, "(a port)", "port to listen on; 0 picks a free one")
    origins: str = _text("", "further origins that may connect, as https://example.org, by commas")
    allowed_hosts: str = _text(
        "",
        "further names that the server goes by, as lab.example.org or *.example.org, by commas;"
        " * = any. localhost and IP addresses always do",
    )
    frame_ancestors: str = _text(
        "", "origins whose pages may show this one in a frame, by commas; default: its own"
    )
    trusted_proxies: str = _text(
        "127.0.0.1, ::1",
        "addresses and networks of reverse proxies, by commas, whose X-Forwarded-For and"
        " X-Forwarded-Proto are believed",
    )
    metrics: str = _text(
        "127.0.0.0/8, ::1",
        "addresses and networks that may read /metrics, by commas; * = any",
    )
    watchers: str = _text(
        "",
        "addresses and networks that may watch this machine's own memory at live.html, by commas;"
        " * = any, empty = nobody",
    )
    watch_history_mib: int = _setting(
        64, 0, 256, "MiB",
        "disk, in the data folder, for earlier looks at this machine while it is watched; 0 = none",
    )  # fmt: skip
    log: Literal["text", "json"] = _text("text", "form of the log on stderr: text or json")
    data_dir: str = _text(
        "",
        "folder in which sessions, uploads and the history of a watched machine are kept; default:"
        " fragscope in the user's data folder, /data in the container image",
    )
    lessons_dir: str = _text("", "a folder of lessons beside our own, as *.md")
    sweeps_dir: str = _text(
        "", "folder of results of fragscope sweep, shown on the page beside the project's own"
    )
    session_keep_days: float = _setting(
        30, 0.01, 36_500, "days", "a session that nobody has used for so many days is removed"
    )
    max_sessions: int = _setting(64, 1, 1000, "sessions", "sessions in memory at a time")
    max_viewers: int = _setting(64, 1, 10_000, "viewers", "open pages per session")
    session_ttl_s: int = _setting(
        1800, 1, 10_000_000, "seconds",
        "a session without a viewer leaves memory after this time, until the next visit",
    )  # fmt: skip
    address_sessions: int = _setting(
        0, 0, 1000, "sessions", "sessions in memory that one address has made; 0 = no limit"
    )
    address_sockets: int = _setting(
        0, 0, 100_000, "pages", "open pages of one address; 0 = no limit"
    )
    address_commands_per_s: float = _setting(
        0, 0, 10_000, "commands a second", "commands a second of one address; 0 = no limit"
    )
    max_guest_mib: int = _setting(
        0, 0, 1 << 24, "MiB",
        "memory for all guests of all sessions; 0 = 6144, but at most 60 % of the machine",
    )  # fmt: skip
    max_size_mib: int = _setting(
        65536, 256, 1 << 20, "MiB",
        "largest guest of a session, synthetic or captured; 1048576 is 1 TiB, for which two designs"
        " need 12288 of FRAGSCOPE_MAX_GUEST_MIB",
    )  # fmt: skip
    max_history_mib: int = _setting(
        1024,
        16,
        1 << 24,
        "MiB",
        "memory for earlier states of all sessions; less means longer waits",
    )
    max_history_disk_mib: int = _setting(
        4096, 0, 1 << 24, "MiB",
        "disk, in the folder of the sessions, for earlier states that do not fit into that memory,"
        " and as much again for the last states of sessions at rest",
    )  # fmt: skip
    max_upload_mib: int = _setting(64, 1, 4096, "MiB", "size of an uploaded capture archive")
    max_uploads: int = _setting(8, 1, 1000, "captures", "uploads kept; the oldest goes first")
    ticks_per_s: float = _setting(
        60.0, 0, 1000, "ticks a second", "pace of a new session; its presenter may change it"
    )
    frames_per_s: float = _setting(30.0, 1, 120, "frames a second", "frames a viewer gets at most")
    shutdown_s: int = _setting(
        3, 1, 600, "seconds", "time for open connections to end after SIGTERM"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What pydantic-settings reads by itself: the arguments, nothing else."""
        return (init_settings,)

    @property
    def guest_bytes(self) -> int:
        """Bytes that all guests may take."""
        return (self.max_guest_mib or default_guest_mib(machine_mib())) * MIB

    @property
    def address_limits(self) -> AddressLimits:
        """What one address may have."""
        sockets, pace = self.address_sockets, self.address_commands_per_s
        return AddressLimits(self.address_sessions, sockets, pace)

    @property
    def allowed_origins(self) -> frozenset[str]:
        """Further origins, without a slash at the end."""
        parts = (part.strip().rstrip("/").lower() for part in self.origins.split(","))
        return frozenset(part for part in parts if part)

    @property
    def proxies(self) -> Networks:
        """Peers that say for whom they ask.

        Raises:
            RefusedError: something that is neither address nor network. A star is refused as well:
                anybody could then name any address as his own.
        """
        return networks_from(self.trusted_proxies, f"{PREFIX}TRUSTED_PROXIES")

    @property
    def metrics_readers(self) -> Networks:
        """Peers that may read /metrics.

        Raises:
            RefusedError: something that is neither address nor network.
        """
        return networks_from(self.metrics, f"{PREFIX}METRICS", star=True)

    @property
    def watching(self) -> Networks:
        """Peers that may watch this machine's own memory.

        Raises:
            RefusedError: something that is neither address nor network.
        """
        return networks_from(self.watchers, f"{PREFIX}WATCHERS", star=True)

    @property
    def frame_policy(self) -> str:
        """Who may show the page in a frame, as Content-Security-Policy wants it.

        Raises:
            RefusedError: something that is no origin.
        """
        parts = [part.strip() for part in self.frame_ancestors.split(",") if part.strip()]
        for part in parts:
            if not re.fullmatch(r"https?://[A-Za-z0-9.*\[\]:-]+", part):
                raise RefusedError(
                    f"{PREFIX}FRAME_ANCESTORS has {part[:60]!r}: an origin is needed,"
                    " as https://lms.example.org"
                )
        return " ".join(["'self'", *parts])

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


# Read by others than Settings; listed here so that one document names every setting.
OTHER_SETTINGS: Mapping[str, str] = {
    "FRAGSCOPE_CACHE_DIR": "folder for the compiled core; default: fragscope in the user's cache",
    "FRAGSCOPE_JIT": "`ordinary` leaves the core to numba alone, which takes minutes: for a numba "
    "that has moved what our compiler uses",
    CAPTURE_SETTING: "largest machine whose capture the command line reads; default 1048576 (MiB)",
    GEOMETRY_SETTING: "order of the pageblocks that this process simulates: 9, or 10 for captures "
    "of kernels without huge pages. Command line and server start such processes by themselves",
}
# For tests and for those who work on the project; CONTRIBUTING.md is about them.
DEVELOPMENT_SETTINGS = frozenset(
    PREFIX + name for name in ("REQUIRE", "HYPOTHESIS", "CONTAINER_STORE", "FIRST_CACHE")
)

# What Kubernetes (service links) and Docker (links) put into the environment of every container
# beside a service that is named fragscope, or fragscope-something.
_INJECTED = re.compile(
    rf"{PREFIX}(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|ENV_\w+"
    r"|PORT_\d+_(TCP|UDP|SCTP)(_(START|END))?(_(ADDR|PORT|PROTO))?)"
)
_INJECTED_VALUE = {"PORT": re.compile(r"(tcp|udp|sctp)://.*"), "NAME": re.compile(r"/.*")}


def _injected(name: str, value: str) -> bool:
    """Whether an orchestrator set this, and not a person."""
    if _INJECTED.fullmatch(name):
        return True
    pattern = _INJECTED_VALUE.get(name.rpartition("_")[2])
    return pattern is not None and pattern.fullmatch(value) is not None


def names() -> list[str]:
    """Every setting by its name in the environment, in the order of the document."""
    return [*(PREFIX + field.upper() for field in Settings.model_fields), *OTHER_SETTINGS]


def check_names(environment: Mapping[str, str]) -> None:
    """Refuse a FRAGSCOPE_ name that is no setting.

    Raises:
        RefusedError: with the setting that was probably meant.
    """
    known = names()
    for name, value in environment.items():
        if not name.upper().startswith(PREFIX) or name in known or name in DEVELOPMENT_SETTINGS:
            continue
        if _injected(name, value):
            continue
        # Compared without what all have in common, which would make everything alike.
        ends = {one.removeprefix(PREFIX): one for one in known}
        near = difflib.get_close_matches(name.upper().removeprefix(PREFIX), ends, 1)
        hint = f"did you mean {ends[near[0]]}?" if near else "docs/SETTINGS.md lists them"
        raise RefusedError(f"{name[:80]} is no setting: {hint}")


def _bounds(field: str) -> tuple[float, float]:
    metadata = Settings.model_fields[field].metadata
    low = next(one.ge for one in metadata if hasattr(one, "ge"))
    high = next(one.le for one in metadata if hasattr(one, "le"))
    return low, high


def _sentence(field: str, name: str, value: object) -> str:
    """What is wrong with the value of a setting: a number, but for the form of the log."""
    if field == "log":
        return f"{name} is {str(value)[:60]!r}: text or json is needed"
    word = "a whole number" if Settings.model_fields[field].annotation is int else "a number"
    low, high = _bounds(field)
    shown = str(value)[:60]
    return f"{name} is {shown!r}: {word} from {low} to {high} {_unit(field)} is needed"


def _unit(field: str) -> str:
    extra = Settings.model_fields[field].json_schema_extra
    return str(extra["unit"]) if isinstance(extra, dict) else ""


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
    check_names(environment)
    source = EnvSettingsSource(Settings)
    source.env_vars = {
        name.lower(): value
        for name, value in environment.items()
        if value and not _injected(name, value)
    }
    given = {field: value for field, value in arguments.items() if value is not None}
    try:
        settings = Settings(**{**source(), **given})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0])
        flag = f"--{field.replace('_', '-')}"
        name = flag if field in given else PREFIX + field.upper()
        raise RefusedError(_sentence(field, name, first["input"])) from None
    # Refused now, not at the first request.
    _ = settings.host_patterns, settings.frame_policy
    _ = settings.proxies, settings.metrics_readers, settings.watching
    return settings


def settings_table() -> str:
    """The table of docs/SETTINGS.md."""
    lines = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default != "" else "(none)"
        unit = _unit(name)
        text = f"{field.description}"
        if unit in ("MiB", "seconds"):
            text += f" ({unit})"
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {text} |")
    lines += [f"| `{name}` | | {text} |" for name, text in OTHER_SETTINGS.items()]
    return "\n".join(lines) + "\n"
