"""Memory that is there and in no zone's care, and files that are not of one machine.

Present pages that no zone manages are on no free list: a kernel that has not initialised them yet
will, a balloon that lowers what is managed gives them back, what boot reserved stays away.
"""

from engine.report.model import USUAL_PAGE_KIB, Moment, ZoneFacts

_LEAST_KIB = 128 << 10  # the unit in which page structures are set up late: a section
_SHARE = 8  # an eighth of a zone; boot reserves less for itself
_LEAST_AGREEMENT = 0.1  # of two counts of the free memory: below, they are not of one machine
_FEW_PAGES = 1024


def _managed(moment: Moment) -> list[ZoneFacts]:
    """Zones that say what is present and what is managed."""
    return [zone for zone in moment.zones.values() if {"present", "managed"} <= set(zone.pages)]


def _unmanaged(zone: ZoneFacts) -> int:
    return max(0, zone.pages["present"] - zone.pages["managed"])


def late_pages(moment: Moment) -> int:
    """Pages that meminfo's MemTotal counts and no zone manages: not initialised yet.

    Args:
        moment: the machine.
    Source:
        mm/mm_init.c deferred_init_memmap(), mm/memblock.c memblock_free_all(): all memory is in
        totalram_pages() from the beginning, in managed_pages only when it has been initialised.
    """
    page_kib = moment.page_kib or USUAL_PAGE_KIB
    zones = _managed(moment)
    if not zones or "MemTotal" not in moment.totals:
        return 0
    surplus = moment.totals["MemTotal"] // page_kib - sum(zone.pages["managed"] for zone in zones)
    room = sum(map(_unmanaged, zones))
    return surplus if _LEAST_KIB // page_kib <= surplus <= room else 0


def unmanaged_words(moment: Moment) -> list[str]:
    """Memory that is present and managed by no zone, in sentences; nothing for what is usual.

    Args:
        moment: the machine.
    """
    page_kib = moment.page_kib or USUAL_PAGE_KIB
    late = late_pages(moment)
    out = []
    for zone in _managed(moment):
        missing, present = _unmanaged(zone), zone.pages["present"]
        if missing * page_kib < _LEAST_KIB or missing * _SHARE < present:
            continue
        node, name = zone.key
        which = (
            f"zone {name} of node {node} manages {zone.pages['managed']} of {present} present pages"
            f" ({missing * page_kib >> 10} MiB less)"
        )
        if late:
            why = (
                "MemTotal counts the rest, so the kernel has not initialised it yet"
                " (CONFIG_DEFERRED_STRUCT_PAGE_INIT). It is on no free list; a request that the"
                " lists cannot serve has more of it initialised first"
            )
        elif "MemTotal" in moment.totals:
            why = "MemTotal does not count the rest: a balloon has it, or boot has reserved it"
        else:
            why = (
                "a balloon has the rest, boot has reserved it, or the kernel has not initialised"
                " it yet (meminfo's MemTotal would tell: it counts the last only)"
            )
        out.append(f"{which}: {why}")
    return out


def refused(moment: Moment) -> str | None:
    """Why no request can be judged: two files count the free memory next to nothing alike.

    Args:
        moment: the machine.
    """
    if moment.source == "Mem-Info":
        return None
    pairs = [
        (zone.counts.pages, zone.pages["free"])
        for zone in moment.zones.values()
        if zone.counts is not None and not zone.counts.floors and "free" in zone.pages
    ]
    ours, theirs = (sum(pair[i] for pair in pairs) for i in (0, 1))
    low, high = sorted((ours, theirs))
    if high <= _FEW_PAGES or low >= _LEAST_AGREEMENT * high:
        return None
    third = moment.vmstat.get("nr_free_pages", -1)
    if not low:
        cause = f"{'buddyinfo' if not ours else 'zoneinfo'} is masked by a container or zero-filled"
    elif third >= 0 and abs(third - ours) < _LEAST_AGREEMENT * ours:
        cause = (
            f"vmstat ({third}) agrees with buddyinfo, so zoneinfo is of another moment or machine"
        )
    elif third >= 0 and abs(third - theirs) < _LEAST_AGREEMENT * theirs:
        cause = (
            f"vmstat ({third}) agrees with zoneinfo, so buddyinfo is of another moment or machine"
        )
    else:
        cause = "they were taken far apart, or are of two machines"
    return (
        f"No request is judged: buddyinfo lists {ours} free pages, zoneinfo {theirs}: {cause}."
        " Counts and watermarks have to be of one moment"
    )
