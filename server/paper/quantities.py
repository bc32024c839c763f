"""What a report says about each design, from the engine's statistics by name; pure.

The scoreboard's rows are those of the page (web/src/numbers/columns.js), under the same words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine import units as u
from engine.replay import exact_mib
from engine.units import PAGE_SHIFT
from server.paper.sheets import Cell, number

Stats = Mapping[str, int]
BOARD_GROUPS = {"benefit": "Benefit", "balloon": "The balloon", "cost": "Cost"}
_TESTS = ("hook_checks", "hook_unmap", "hook_move", "hook_putback")


@dataclass(frozen=True)
class BoardRow:
    """One row.

    Attributes:
        key: as on the page.
        group: of BOARD_GROUPS.
        words: what it is called.
        unit: of the number.
        show: the cell of one design.
    """

    key: str
    group: str
    words: str
    unit: str
    show: Callable[[Stats], Cell]


def _sum(*names: str) -> Callable[[Stats], Cell]:
    return lambda stats: number(sum(stats[name] for name in names))


def pages_as_mib(pages: int) -> Cell:
    """Pages as MiB."""
    return number(exact_mib(pages))


def _huge(stats: Stats) -> Cell:
    if not stats["huge_runs"] and not stats["huge_attempt"]:
        return Cell("not tried")
    best, first = stats["huge_best"], stats["huge_first"]
    return Cell(f"{best:,} / {first:,}", f"{best} / {first}")


def _largest(stats: Stats) -> Cell:
    order = stats["largest_order"]
    if order < 0:
        return Cell("none")
    kib = 1 << (order + PAGE_SHIFT - 10)
    size = f"{kib} KiB" if kib < 1024 else f"{kib >> 10} MiB"
    return Cell(f"{order} ({size})", str(order))


def _balloon(stats: Stats) -> Cell:
    held, target = exact_mib(stats["balloon_actual"]), exact_mib(stats["balloon_target"])
    return Cell(f"{held:,} of {target:,}", f"{held} of {target}")


def _of(got: str, asked: str, of_pages: bool = False) -> Callable[[Stats], Cell]:
    """How much there was of what was asked for."""

    def show(stats: Stats) -> Cell:
        if not stats[asked]:
            return Cell("not tried")
        had, of = ((exact_mib if of_pages else int)(stats[name]) for name in (got, asked))
        return Cell(f"{had:,} of {of:,}", f"{had} of {of}")

    return show


def _range(stats: Stats) -> Cell:
    if not stats["range_kind"]:
        return Cell("not tried")
    done = "offline" if stats["range_kind"] == u.RANGE_OFFLINE else "allocated"
    ends = {u.RANGE_DONE: done, u.RANGE_STOPPED: "stopped"}
    return Cell(ends.get(stats["range_result"], "at work"))


def _migrated(stats: Stats) -> Cell:
    all_of_them, balloon = stats["pgmigrate_success"], stats["balloon_migrate"]
    return Cell(f"{all_of_them:,} ({balloon:,})", f"{all_of_them} ({balloon})")


SCOREBOARD: tuple[BoardRow, ...] = (
    BoardRow("free_blocks_all", "benefit", "Free now", "2 MiB blocks", _sum("free_blocks_all")),
    BoardRow("thp_potential", "benefit", "Free or movable", "pageblocks", _sum("thp_potential")),
    BoardRow("huge", "benefit", "Huge pages taken", "most / first try", _huge),
    BoardRow("range", "benefit", "Range asked for", "offline or contiguous", _range),
    BoardRow("kmem", "benefit", "Kernel memory had", "requests", _of("kmem_got", "kmem_asked")),
    BoardRow(
        "pins", "cost", "Pinned", "MiB of so much asked", _of("pin_got", "pin_asked", of_pages=True)
    ),
    BoardRow("largest_order", "benefit", "Largest free", "order", _largest),
    BoardRow("balloon", "balloon", "Balloon", "MiB of target", _balloon),
    BoardRow("excess_blocks", "balloon", "Excess E", "pageblocks", _sum("excess_blocks")),
    BoardRow(
        "blocks_with_balloon", "balloon", "Host huge pages broken", "pageblocks",
        _sum("blocks_with_balloon"),
    ),
    BoardRow(
        "scanned", "cost", "Scanned", "pages",
        _sum("compact_migrate_scanned", "compact_free_scanned", "pass_scanned"),
    ),
    BoardRow("compact_isolated", "cost", "Isolated", "pages", _sum("compact_isolated")),
    BoardRow("migrated", "cost", "Migrated", "pages (balloon)", _migrated),
    BoardRow("host_exits", "cost", "Host exits", "messages", _sum("host_exits")),
    BoardRow("tests", "cost", "Hook tests", "generic paths", _sum(*_TESTS)),
    BoardRow(
        "failed", "cost", "Failed", "allocations",
        _sum("alloc_failed", "alloc_failed_high", "alloc_failed_huge"),
    ),
)  # fmt: skip

# What the balloon's pages cost, path by path; the statistic is its own key.
COSTS: tuple[tuple[str, str], ...] = (
    ("hook_checks", "balloon tests when isolating"),
    ("hook_unmap", "balloon tests before unmapping"),
    ("hook_move", "balloon tests before moving"),
    ("hook_putback", "balloon tests when putting back"),
    ("hook_checks_balloon", "tests when isolating that met a balloon page"),
    ("compact_migrate_scanned", "pages looked at by the migrate scanner"),
    ("compact_free_scanned", "pages looked at by the free scanner"),
    ("pass_scanned", "pages looked at by the balloon's own pass"),
    ("pgmigrate_success", "pages moved"),
    ("pgmigrate_fail", "pages that could not be moved"),
    ("balloon_migrate", "balloon pages among those moved"),
    ("balloon_repeats", "balloon pages moved again"),
    ("pages_copied", "pages copied"),
    ("host_exits", "messages to the host that stop the guest"),
    ("host_pfns", "page numbers in those messages"),
)

HOLDERS: tuple[tuple[str, str], ...] = (
    ("blocks_free", "free"),
    ("blocks_rescuable", "movable only: compaction can empty it"),
    ("blocks_rescuable_by_hook", "movable by the hook: with balloon pages that compaction moves"),
    ("blocks_held_by_balloon", "held by balloon pages"),
    ("blocks_held_by_kernel", "held by the kernel"),
    ("blocks_reserved", "reserved"),
)
