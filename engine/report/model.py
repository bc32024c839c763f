"""What a report says: counts that are exact or floors, facts of a zone, a request that failed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

ZoneKey = tuple[int, str]  # NUMA node and zone name

MAX_ORDERS = 24  # a row of free blocks with more columns is none; kernels have 11 to 14
MAX_COUNT = 1 << 40  # no count of pages, blocks or events that matters here is larger
USUAL_PAGE_KIB = 4


@dataclass(frozen=True)
class FreeCounts:
    """Free blocks by order.

    Attributes:
        values: as printed, lowest order first.
        floors: orders at which the kernel stopped counting (``>100000``): at least that many.
    """

    values: tuple[int, ...]
    floors: frozenset[int] = frozenset()

    @property
    def pages(self) -> int:
        """Pages of all blocks."""
        return sum(n << order for order, n in enumerate(self.values))

    def __add__(self, other: "FreeCounts") -> "FreeCounts":
        """The blocks of both, a floor where either is one."""
        size = max(len(self.values), len(other.values))
        ours, theirs = (v + (0,) * (size - len(v)) for v in (self.values, other.values))
        summed = tuple(a + b for a, b in zip(ours, theirs, strict=True))
        return FreeCounts(summed, self.floors | other.floors)


def total_of(many: Iterable[FreeCounts]) -> FreeCounts | None:
    """The sum of several rows, None if there is none."""
    out: FreeCounts | None = None
    for one in many:
        out = one if out is None else out + one
    return out


@dataclass
class ZoneFacts:
    """What the text says about one zone at one moment.

    Attributes:
        key: NUMA node and name.
        counts: free blocks by order, of buddyinfo or a Mem-Info's free list.
        types: migratetype → free blocks by order, of pagetypeinfo.
        present: order → letters of the migratetypes that have a free block (Mem-Info), None where
            the kernel printed none.
        blocks: migratetype → pageblocks.
        pages: figures in pages by their names in zoneinfo: free, min, low, high, managed, …; of the
            per-CPU lists pcp_count and pcp_high of all CPUs, and pcp_batch.
        kib: figures in KiB by their names in a Mem-Info; ``settle`` makes pages of them.
        protection: lowmem_reserve, pages, by the highest zone that a request may use.
        printed: name of an index file → its values by order, per mille.
    """

    key: ZoneKey
    counts: FreeCounts | None = None
    types: dict[str, FreeCounts] = field(default_factory=dict)
    present: tuple[str | None, ...] = ()
    blocks: dict[str, int] = field(default_factory=dict)
    pages: dict[str, int] = field(default_factory=dict)
    kib: dict[str, int] = field(default_factory=dict)
    protection: tuple[int, ...] = ()
    printed: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def best(self) -> FreeCounts | None:
        """Counts of all types: buddyinfo's, else the sum over pagetypeinfo's rows."""
        return self.counts if self.counts is not None else total_of(self.types.values())

    def settle(self, page_kib: int) -> None:
        """Turn the figures in KiB into pages.

        Args:
            page_kib: size of a page.
        """
        for name, value in self.kib.items():
            self.pages.setdefault(name, value // page_kib)


@dataclass(frozen=True)
class FailedRequest:
    """A request that the kernel reported.

    Attributes:
        who: name of the task, empty if it is not in the text.
        order: of the pages wanted; -1: a kill that was asked for (SysRq-f).
        mode: gfp mask as printed.
        flags: names of the mask's flags.
        killer: whether the OOM killer was invoked, else a plain allocation failure.
        nodes: nodes that the request might use, None for all.
        cgroup: whether a memory cgroup's limit was hit, not the machine's.
        line: of its first line.
    """

    who: str
    order: int
    mode: str
    flags: tuple[str, ...]
    killer: bool
    nodes: frozenset[int] | None
    cgroup: bool
    line: int


@dataclass
class Moment:
    """One state of a machine.

    Attributes:
        zones: in the order of the text.
        request: what failed then.
        source: what the counts come from: ``proc`` or ``Mem-Info``.
        file: which file, empty for pasted text.
        page_kib: size of a page, None if the text does not say.
        pageblock_order: None if the text does not say.
        vmstat: counters by name.
        totals: of all zones by name: meminfo's in KiB, a Mem-Info's in pages.
    """

    zones: dict[ZoneKey, ZoneFacts] = field(default_factory=dict)
    request: FailedRequest | None = None
    source: str = "proc"
    file: str = ""
    page_kib: int | None = None
    pageblock_order: int | None = None
    vmstat: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    def zone(self, key: ZoneKey) -> ZoneFacts:
        """The facts of a zone, new if it is not known yet."""
        return self.zones.setdefault(key, ZoneFacts(key))

    @property
    def counted(self) -> list[ZoneFacts]:
        """Zones whose free blocks are known: buddyinfo's if there is one."""
        exact = [zone for zone in self.zones.values() if zone.counts is not None]
        return exact or [zone for zone in self.zones.values() if zone.best is not None]


@dataclass(frozen=True)
class LineRead:
    """What became of one line.

    Attributes:
        file: empty for pasted text.
        line: from 1.
        kind: as what it was read; None: not read.
    """

    file: str
    line: int
    kind: str | None


@dataclass(frozen=True)
class TextReport:
    """All that was found in a text, a folder or an archive.

    Attributes:
        name: what to call it.
        moments: of /proc files, oldest first.
        logs: of Mem-Infos, in the order of the text.
        lines: what became of each line; of long files those that were read.
        passed: files and lines passed over, in words.
    """

    name: str
    moments: tuple[Moment, ...]
    logs: tuple[Moment, ...]
    lines: tuple[LineRead, ...]
    passed: tuple[str, ...]

    @property
    def shown(self) -> tuple[Moment, ...]:
        """The moments that the answer is about: of /proc files, else of Mem-Infos."""
        return tuple(m for m in self.moments if m.counted) or self.logs

    @property
    def failed(self) -> Moment | None:
        """The first Mem-Info with a request that failed, else the first with a request alone."""
        asked = [m for m in self.logs if m.request is not None]
        return next((m for m in asked if m.counted), asked[0] if asked else None)
