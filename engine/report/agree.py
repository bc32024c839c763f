"""Which figures of a report agree with each other, and which do not.

The kernel reads its counters without stopping anything, so small differences are usual: rows of
buddyinfo are not one instant, and pages on per-CPU lists are free to some counters only. What is
far apart was taken at different moments, masked, or is from different machines.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.indices import fragmentation_index, unusable_index
from engine.report.late import late_pages
from engine.report.model import USUAL_PAGE_KIB, Moment, ZoneFacts, total_of

ENOUGH = 0.9  # share of the smaller in the larger from which two figures agree
_NEAR_PAGES = 64  # difference that per-CPU lists make at any size
_NEAR_INDEX = 20  # per mille


@dataclass(frozen=True)
class Check:
    """Two figures that should be the same.

    Attributes:
        node, zone: which zone; -1 and empty for the whole machine.
        what: what is compared, in words.
        left, right: the figures; the first is the one that stands.
        unit: of both.
        agrees: whether they are near enough.
    """

    node: int
    zone: str
    what: str
    left: int
    right: int
    unit: str
    agrees: bool

    @property
    def text(self) -> str:
        """In a sentence."""
        where = f"node {self.node}, zone {self.zone}: " if self.zone else ""
        verb = "agree" if self.agrees else "do not agree"
        return f"{where}{self.what} {verb}: {self.left} and {self.right} {self.unit}"


def _near(left: int, right: int, slack: int = _NEAR_PAGES) -> bool:
    low, high = sorted((left, right))
    return high - low <= slack or (high > 0 and low / high >= ENOUGH)


def _zone_checks(zone: ZoneFacts, moment: Moment) -> Iterator[Check]:
    counts = zone.best
    if counts is None:
        return
    node, name = zone.key
    ours = "the free list" if moment.source == "Mem-Info" else "buddyinfo"

    def check(what: str, left: int, right: int, unit: str = "pages") -> Check:
        slack = _NEAR_INDEX if unit == "per mille" else _NEAR_PAGES
        return Check(node, name, what, left, right, unit, _near(left, right, slack))

    if zone.counts is not None and (typed := total_of(zone.types.values())) is not None:
        yield from _type_checks(zone, typed.values, typed.floors)
    if not counts.floors and "free" in zone.pages:
        other = "free:" if moment.source == "Mem-Info" else "zoneinfo's free"
        yield check(f"{ours} and {other}", counts.pages, zone.pages["free"])
    if "list_total" in zone.kib and moment.page_kib:
        yield check(
            "the free list and its own sum", counts.pages * moment.page_kib, zone.kib["list_total"],
            "KiB",
        )  # fmt: skip
    formulas = {"extfrag_index": fragmentation_index, "unusable_index": unusable_index}
    for file, printed in zone.printed.items():
        computed = [formulas[file](counts.values, order) for order in range(len(printed))]
        if not counts.values:
            continue
        worst = max(range(len(printed)), key=lambda o: abs(printed[o] - computed[o]))
        near = abs(printed[worst] - computed[worst]) <= _NEAR_INDEX
        yield Check(
            node, name, f"{file} of order {worst}, by {ours} and as printed,", computed[worst],
            printed[worst], "per mille", near,
        )  # fmt: skip


def _type_checks(
    zone: ZoneFacts, typed: tuple[int, ...], floors: frozenset[int]
) -> Iterator[Check]:
    """buddyinfo beside the sum over pagetypeinfo's rows: pages, and the order farthest apart."""
    node, name = zone.key
    counts = zone.counts.values if zone.counts is not None else ()
    if len(counts) != len(typed):
        yield Check(
            node, name, "the orders of buddyinfo and pagetypeinfo", len(counts), len(typed),
            "orders", False,
        )  # fmt: skip
        return
    orders = [o for o in range(len(counts)) if o not in floors]
    ours = sum(counts[o] << o for o in orders)
    theirs = sum(typed[o] << o for o in orders)
    what = "buddyinfo and pagetypeinfo" + (", where it counted," if floors else "")
    yield Check(node, name, what, ours, theirs, "pages", _near(ours, theirs))


def _machine_checks(moment: Moment) -> Iterator[Check]:
    zones = moment.counted
    known = [zone.best for zone in zones]
    pages = sum(counts.pages for counts in known if counts is not None)
    if not zones or any(counts is None or counts.floors for counts in known):
        return
    page_kib = moment.page_kib or USUAL_PAGE_KIB

    def check(what: str, right: int) -> Check:
        return Check(-1, "", what, pages, right, "pages", _near(pages, right))

    if "nr_free_pages" in moment.vmstat:
        yield check("all zones and vmstat's nr_free_pages", moment.vmstat["nr_free_pages"])
    free, late = moment.totals.get("MemFree", 0) // page_kib, late_pages(moment)
    if "MemFree" in moment.totals and not (late and pages <= free <= pages + late):
        yield check("all zones and meminfo's MemFree", free)
    if moment.source == "Mem-Info" and "free" in moment.totals:
        yield check("all zones and the total free:", moment.totals["free"])
    present = [zone.pages["present"] for zone in zones if "present" in zone.pages]
    ram = moment.totals.get("pages RAM")
    if ram is not None and len(present) == len(zones):
        total = sum(present)
        yield Check(
            -1, "", "the zones' present pages and pages RAM", total, ram, "pages", _near(total, ram)
        )


def checks_of(moment: Moment) -> list[Check]:
    """Every pair of figures that should be the same.

    Args:
        moment: the machine.
    """
    return [
        *(check for zone in moment.counted for check in _zone_checks(zone, moment)),
        *_machine_checks(moment),
        *_missing(moment),
    ]


def _missing(moment: Moment) -> Iterator[Check]:
    """Zones with memory that one file has and buddyinfo has not."""
    counted = {zone.key for zone in moment.counted}
    if not counted:
        return
    for key, zone in moment.zones.items():
        free = zone.pages.get("free", 0)
        if key not in counted and zone.pages.get("present", 0) and free:
            yield Check(
                key[0], key[1], "zoneinfo has the zone and buddyinfo has not:", 0, free,
                "free pages", False,
            )  # fmt: skip
