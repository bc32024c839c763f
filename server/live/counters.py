"""A machine's counts and counters as its kernel prints them, and what follows from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine import units as u
from engine.capture.text import ZoneText, parse_vmstat, parse_zoneinfo
from engine.errors import RefusedError
from engine.indices import contig_pages, fragmentation_index, unusable_index
from engine.report.model import Moment
from engine.report.read import read_report

# What compaction, reclaim and the balloon did, by the names of /proc/vmstat.
WATCHED = (
    "compact_stall", "compact_fail", "compact_success", "compact_migrate_scanned",
    "compact_free_scanned", "compact_isolated", "compact_daemon_wake",
    "compact_daemon_migrate_scanned", "compact_daemon_free_scanned", "pgmigrate_success",
    "pgmigrate_fail", "balloon_inflate", "balloon_deflate", "balloon_migrate", "pageoutrun",
    "pgscan_kswapd", "pgsteal_kswapd", "pgscan_direct", "pgsteal_direct", "thp_fault_alloc",
    "thp_fault_fallback",
)  # fmt: skip


@dataclass(frozen=True)
class ZoneCounts:
    """Free memory of one zone.

    Attributes:
        node: NUMA node.
        zone: name.
        counts: free blocks per order.
    """

    node: int
    zone: str
    counts: tuple[int, ...]

    @property
    def free_pages(self) -> int:
        """Free pages on the lists."""
        return contig_pages(self.counts, 0)[0]

    @property
    def free_blocks(self) -> int:
        """Pieces of a pageblock's size that could be handed out."""
        return contig_pages(self.counts, u.HPAGE_ORDER)[2]

    @property
    def unusable(self) -> int:
        """unusable_free_index() for a pageblock, per mille."""
        return unusable_index(self.counts, u.HPAGE_ORDER)

    @property
    def fragmentation(self) -> int:
        """__fragmentation_index() for a pageblock, per mille; -1000: the request succeeds."""
        return fragmentation_index(self.counts, u.HPAGE_ORDER)


@dataclass(frozen=True)
class Reading:
    """What the counters said once.

    Attributes:
        zones: populated zones, as buddyinfo lists them.
        events: name in WATCHED → count since boot; what the kernel does not print is missing.
    """

    zones: tuple[ZoneCounts, ...]
    events: Mapping[str, int]


def read_file(path: Path) -> bytes:
    """A text file of /proc.

    Raises:
        RefusedError: it is not there or may not be read; one sentence.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror or error}") from error


def zones_of(proc: Path) -> tuple[ZoneText, ...]:
    """The populated zones of the machine.

    Raises:
        RefusedError: zoneinfo is missing or has another form; one sentence.
    """
    return parse_zoneinfo(read_file(proc / "zoneinfo"))[0]


def read_counters(proc: Path) -> Reading:
    """Read buddyinfo and vmstat.

    Args:
        proc: where procfs is.

    Raises:
        RefusedError: a file is missing, or lists no zone; one sentence.
    """
    return counters_of(read_file(proc / "buddyinfo"), read_file(proc / "vmstat"), f"{proc}/")


def counters_of(buddyinfo: bytes, vmstat: bytes, where: str) -> Reading:
    """What two files say.

    Args:
        buddyinfo: one of them.
        vmstat: the other.
        where: what stands before a file's name in a sentence.

    Raises:
        RefusedError: no zone is listed, or a file has another form; one sentence.
    """
    zones = tuple(_zones(read_report(buddyinfo, "buddyinfo").moments)) if buddyinfo else ()
    if not zones:
        raise RefusedError(f"{where}buddyinfo lists no zone: nothing can be watched")
    events = parse_vmstat(vmstat)
    return Reading(zones, {name: events[name] for name in WATCHED if name in events})


def _zones(moments: Sequence[Moment]) -> Iterator[ZoneCounts]:
    for moment in moments[:1]:
        for zone in moment.zones.values():
            if zone.counts is not None:
                yield ZoneCounts(*zone.key, zone.counts.values)
