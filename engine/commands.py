"""What a user can ask of a world: a frozen dataclass per command, with bounds, to and from dicts.

A command changes the result of a simulation, so it goes into the session's log. Pace, pausing and
viewing do not change the result and are not commands. Internal units are pages; MiB appear only
where people type them (server/cli, web) and in ranges.
"""

from dataclasses import MISSING, asdict, dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, ClassVar, Literal

from engine import units as u
from engine.errors import RefusedError, unknown_name

MAX_PAGES = 1 << 28  # 1 TiB: more than any guest we make, small enough for int32 arithmetic
MAX_ALLOCS = 1_000_000  # requests of one command
MAX_RATE = 100_000  # workload operations a tick
MAX_WORKLOAD_TICKS = 1_000_000
MAX_WAIT_MS = 24 * 60 * 60 * 1000  # a day


def _int(name: str, value: object, low: int, high: int, unit: str) -> int:
    """Check that ``value`` is a whole number in [low, high].

    Raises:
        RefusedError: with name, value, limits and unit in one sentence.
    """
    shown = repr(value)[:60]
    if isinstance(value, bool) or not isinstance(value, int):
        raise RefusedError(
            f"{name} is {shown}: a whole number of {unit} from {low} to {high} is needed"
        )
    if not low <= value <= high:
        raise RefusedError(f"{name} is {shown}: from {low} to {high} {unit} are allowed")
    return value


def format_size(nr_pages: int) -> str:
    """A number of pages in words: in MiB if whole."""
    if nr_pages % u.MIB_PAGES == 0:
        return f"{nr_pages // u.MIB_PAGES} MiB"
    return f"{nr_pages} pages"


def _even(name: str, size_mib: int) -> None:
    """Check that a size is whole pageblocks.

    Raises:
        RefusedError: with name, value and unit in one sentence.
    """
    if size_mib * u.MIB_PAGES % u.PAGEBLOCK_NR_PAGES:
        raise RefusedError(f"{name} is {size_mib} MiB: whole pageblocks of 2 MiB are needed")


@dataclass(frozen=True)
class Command:
    """Base of all commands; ``type`` is its name on the wire and in the log."""

    type: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """The command as a JSON-able dict with its ``type``."""
        return {"type": self.type, **asdict(self)}


@dataclass(frozen=True)
class BalloonTarget(Command):
    """Set the balloon's target size in pages, as the host does in config space."""

    type: ClassVar[str] = "balloon_target"
    nr_pages: int

    def __post_init__(self) -> None:
        _int("balloon target", self.nr_pages, 0, MAX_PAGES, "pages")


@dataclass(frozen=True)
class BalloonInflate(Command):
    """Raise the balloon's target by ``nr_pages``.

    It counts from the target while any balloon is on its way, else from what each balloon holds.
    """

    type: ClassVar[str] = "balloon_inflate"
    nr_pages: int

    def __post_init__(self) -> None:
        _int("inflate", self.nr_pages, 1, MAX_PAGES, "pages")


@dataclass(frozen=True)
class BalloonDeflate(Command):
    """Lower the balloon's target by ``nr_pages``, to 0 at least; counted as for BalloonInflate."""

    type: ClassVar[str] = "balloon_deflate"
    nr_pages: int

    def __post_init__(self) -> None:
        _int("deflate", self.nr_pages, 1, MAX_PAGES, "pages")


@dataclass(frozen=True)
class CompactMemory(Command):
    """Write 1 to /proc/sys/vm/compact_memory: compact every zone, full sync, hints ignored."""

    type: ClassVar[str] = "compact"


@dataclass(frozen=True)
class DirectCompact(Command):
    """One allocation of ``order`` that may compact directly; the page is given back at once."""

    type: ClassVar[str] = "direct_compact"
    order: int

    def __post_init__(self) -> None:
        _int("order", self.order, 1, u.MAX_PAGE_ORDER, "(buddy order)")


@dataclass(frozen=True)
class TakeHugePages(Command):
    """Take at most ``nr`` 2 MiB pages, then give all back.

    Like writing nr_hugepages, repeated until three attempts gain nothing.
    """

    type: ClassVar[str] = "huge"
    nr: int

    def __post_init__(self) -> None:
        _int("huge", self.nr, 1, MAX_PAGES >> u.HPAGE_ORDER, "huge pages")


@dataclass(frozen=True)
class DropCaches(Command):
    """Write 3 to /proc/sys/vm/drop_caches: free clean page cache and reclaimable slab."""

    type: ClassVar[str] = "drop_caches"


@dataclass(frozen=True)
class Offline(Command):
    """Take a range of memory away: write offline to the state of its memory blocks.

    The range is ``size_mib`` from ``start_mib`` up: whole pageblocks of 2 MiB in one zone.
    """

    type: ClassVar[str] = "offline"
    start_mib: int
    size_mib: int

    def __post_init__(self) -> None:
        limit = MAX_PAGES // u.MIB_PAGES
        _even("start of the range", _int("start of the range", self.start_mib, 0, limit, "MiB"))
        _even("size of the range", _int("size of the range", self.size_mib, 2, limit, "MiB"))


@dataclass(frozen=True)
class AllocContig(Command):
    """Allocate ``size_mib`` of contiguous memory, from CMA if there is any; given back at once."""

    type: ClassVar[str] = "alloc_contig"
    size_mib: int

    def __post_init__(self) -> None:
        limit = MAX_PAGES // u.MIB_PAGES
        _even("contiguous memory", _int("contiguous memory", self.size_mib, 2, limit, "MiB"))


@dataclass(frozen=True)
class AllocPages(Command):
    """Ask for kernel memory: ``nr`` requests of one order, and what stands in the way of each.

    ``kind`` is unmovable (GFP_KERNEL), reclaimable (the same, for slab that can be shrunk) or
    atomic (GFP_ATOMIC, which cannot wait); with ``keep`` the pages stay, else they go back at the
    end.
    """

    type: ClassVar[str] = "alloc_pages"
    nr: int
    order: int
    kind: Literal["unmovable", "reclaimable", "atomic"] = "unmovable"
    keep: bool = False

    def __post_init__(self) -> None:
        _int("allocations", self.nr, 1, MAX_ALLOCS, "requests")
        _int("order", self.order, 0, u.MAX_PAGE_ORDER, "(buddy order)")
        kinds = u.KMEM_KINDS[1:]
        if not isinstance(self.kind, str) or self.kind not in kinds:
            raise unknown_name("kind of request", self.kind, kinds)
        if not isinstance(self.keep, bool):
            raise RefusedError(f"keep is {self.keep!r:.60}: true or false is needed")


@dataclass(frozen=True)
class PinMemory(Command):
    """Pin ``size_mib`` of programs' anonymous memory for long, as for RDMA or VFIO."""

    type: ClassVar[str] = "pin"
    size_mib: int

    def __post_init__(self) -> None:
        _int("memory to pin", self.size_mib, 1, MAX_PAGES // u.MIB_PAGES, "MiB")


@dataclass(frozen=True)
class Wait(Command):
    """Let ``ms`` milliseconds of simulated time pass, in which timers expire."""

    type: ClassVar[str] = "wait"
    ms: int

    def __post_init__(self) -> None:
        _int("wait", self.ms, 1, MAX_WAIT_MS, "ms")


@dataclass(frozen=True)
class SetWorkload(Command):
    """Turn the workload on or off.

    ``rate`` is operations per tick; it runs for ``ticks``, 0 = until it is turned off.
    """

    type: ClassVar[str] = "workload"
    enabled: bool
    rate: int = 256
    ticks: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.enabled, bool):
            raise RefusedError(f"workload enabled is {self.enabled!r:.60}: true or false is needed")
        _int("workload rate", self.rate, 1, MAX_RATE, "operations a tick")
        _int("workload's time", self.ticks, 0, MAX_WORKLOAD_TICKS, "ticks")


COMMANDS: dict[str, type[Command]] = {
    c.type: c
    for c in (
        BalloonTarget,
        BalloonInflate,
        BalloonDeflate,
        CompactMemory,
        DirectCompact,
        TakeHugePages,
        DropCaches,
        Offline,
        AllocContig,
        AllocPages,
        PinMemory,
        Wait,
        SetWorkload,
    )
}


def command_from_dict(data: object) -> Command:
    """The command that a JSON object describes.

    Args:
        data: dict with ``type`` and that command's fields, nothing else.

    Raises:
        RefusedError: not an object, unknown type, missing or unknown field, value out of bounds.
    """
    if not isinstance(data, dict):
        raise RefusedError(f"a command is a JSON object with a type, not {type(data).__name__}")
    name = data.get("type")
    if not isinstance(name, str) or name not in COMMANDS:
        raise unknown_name("command", name, COMMANDS)
    cls = COMMANDS[name]
    fields = {k: v for k, v in data.items() if k != "type"}
    known = [field.name for field in dataclass_fields(cls)]
    unknown = [k for k in fields if k not in known]
    if unknown:
        raise RefusedError(
            f"command {name} has no field {str(unknown[0])[:60]!r}: "
            f"its fields are {', '.join(known) or 'none'}"
        )
    try:
        return cls(**fields)
    except TypeError:
        needed = [f.name for f in dataclass_fields(cls) if f.default is MISSING]
        missing = [k for k in needed if k not in fields]
        raise RefusedError(f"command {name} lacks {', '.join(missing)}") from None
