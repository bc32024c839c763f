"""Sentences about requests: what was asked for, what stood in the way, with the figures."""

from engine.report.gfp import Mask
from engine.report.judge import FRAGMENTATION, MEMORY, MIGRATETYPE, WATERMARK, Verdict, ZoneVerdict
from engine.report.model import FailedRequest, Moment

# What stood in the way, in a few words: said before the figures.
CAUSES = {
    MEMORY: "Memory was short: it would have failed however the free pages lay",
    WATERMARK: "Watermark: a block was large enough, but what must stay free would not have stayed",
    FRAGMENTATION: "Fragmentation: enough was free, and no block was large enough",
    MIGRATETYPE: "Migratetype: enough was free, but in lists that are closed to such requests",
    "cgroup": "A cgroup's limit was hit: the machine itself need not be short",
    "gone": "By the counts printed with it, it would not have failed",
    "asked for": "The OOM killer was asked for by hand",
}
_MOST_OTHERS = 3  # zones that a sentence tells of besides the one that decides


def size_words(pages: int, page_kib: int) -> str:
    """``512 pages (2 MiB)``.

    Args:
        pages: how many.
        page_kib: KiB of one.
    """
    kib = pages * page_kib
    size = f"{kib >> 10} MiB" if kib >= 1024 else f"{kib} KiB"
    return f"{pages} page{'s' if pages != 1 else ''} ({size})"


def _zone_words(one: ZoneVerdict) -> str:
    return f"zone {one.zone} of node {one.node}"


def _why(one: ZoneVerdict, verdict: Verdict, page_kib: int) -> str:
    """What stands in the way in one zone."""
    wanted = size_words(1 << verdict.order, page_kib)
    usable = one.free - one.unusable
    kept = f" ({one.unusable} more in lists closed to this request)" if one.unusable else ""
    guard = f"{one.mark} + {one.reserve} reserved" if one.reserve else str(one.mark)
    if one.cause == MEMORY:
        return (
            f"memory: {usable} pages are free{kept}, {guard} must stay: not enough for {wanted}"
            " however they lie"
        )
    if one.cause == FRAGMENTATION:
        return (
            f"fragmentation: {usable} pages are free{kept} with {guard} to stay, but no block is"
            f" of order {verdict.order} or above; fragmentation index {one.index / 1000:.3f}"
            " (towards 0: memory is short; towards 1: it is in pieces)"
        )
    if one.cause == MIGRATETYPE and one.usable:
        return (
            f"migratetype: {one.free} pages are free, but {one.unusable} of them in lists closed to"
            f" {verdict.mask.migratetype} requests; {usable} are open to it, and {guard} must stay"
        )
    if one.cause == MIGRATETYPE:
        return (
            f"migratetype: {one.large} free block{'s are' if one.large != 1 else ' is'} of order"
            f" {verdict.order} or above, none of them of a type that {verdict.mask.migratetype}"
            f" requests may use; {usable} pages are free outside of the closed lists"
        )
    return (
        f"watermark: {one.large} free block{'s are' if one.large != 1 else ' is'} large enough, but"
        f" of {usable} free pages{kept} {guard} must stay after {wanted} are gone"
    )


def _blocks(number: int) -> str:
    return f"{number} free block{'s' if number != 1 else ''}"


def _others(verdict: Verdict) -> str:
    """What stands in the way in the zones that do not decide, briefly."""
    parts = []
    for i, one in enumerate(verdict.zones):
        if i == verdict.decides or one.cause is None:
            continue
        open_to_it = one.free - one.unusable
        figures = f"{open_to_it} pages open to it, {one.mark + one.reserve} must stay"
        if one.reserve >= open_to_it:
            figures = f"its {open_to_it} pages are kept from requests that can use a higher zone"
        elif one.cause == MIGRATETYPE:
            figures = f"{_blocks(one.large)} large enough, {one.unusable} pages closed to it"
        elif one.cause == FRAGMENTATION:
            figures = f"{open_to_it} pages open to it, no block large enough"
        parts.append(f"{_zone_words(one)} by {one.cause} ({figures})")
    if not parts:
        return ""
    more = f", and {len(parts) - _MOST_OTHERS} more zones" if len(parts) > _MOST_OTHERS else ""
    return f"; {', '.join(parts[:_MOST_OTHERS])}{more}"


def verdict_words(verdict: Verdict, page_kib: int, past: bool = False) -> str:
    """Whether a request would succeed, in a sentence with the figures that decide.

    Args:
        verdict: what was found.
        page_kib: KiB of a page.
        past: whether the counts are of a log, not of now.
    """
    succeeds, fails = (
        ("would have succeeded then", "would have failed then")
        if past
        else ("succeeds now", "fails now")
    )
    gfp = "|".join(verdict.mask.names) or "GFP_?"
    asked = f"order {verdict.order}, {gfp}"
    if verdict.decides < 0:
        return f"{asked}: no zone that it may use is in the text"
    one = verdict.zones[verdict.decides]
    if verdict.succeeds:
        blocks = one.large if one.usable < 0 else one.usable
        how = "" if one.low else ", below the low watermark: kswapd is woken"
        return (
            f"{asked}: {succeeds} in {_zone_words(one)}: {_blocks(blocks)} of order"
            f" {verdict.order} or above{how}"
        )
    return f"{asked}: {fails}, {_zone_words(one)}: {_why(one, verdict, page_kib)}"


def closed_words(request: FailedRequest, moment: Moment) -> str:
    """Which nodes with memory a request was kept from, and what is free there; mostly none.

    Args:
        request: what failed.
        moment: the machine then.
    """
    zones = [zone for zone in moment.counted if zone.best is not None]
    closed = sorted({z.key[0] for z in zones} - request.nodes) if request.nodes is not None else []
    if not closed:
        return ""
    free = sum(zone.best.pages for zone in zones if zone.best and zone.key[0] in closed)
    names = ", ".join(map(str, closed))
    return (
        f"; node{'s' if len(closed) > 1 else ''} {names} ({free} pages free) was closed to it by a"
        " memory policy or cpuset"
    )


def request_words(
    request: FailedRequest, mask: Mask, verdict: Verdict | None, page_kib: int
) -> str:
    """What failed and why.

    Args:
        request: what the kernel reported.
        mask: its mask.
        verdict: what the Mem-Info says about such a request; None: there is no Mem-Info.
        page_kib: KiB of a page.
    """
    who = request.who or "a task"
    if request.order < 0:
        return f"{who}: the OOM killer was asked for (SysRq-f); no request had failed"
    gfp = "|".join(request.flags) or request.mode or "an unknown mask"
    kind = "may be moved" if mask.migratetype == "Movable" else mask.migratetype.lower()
    waits = "" if mask.waits else ", may neither reclaim nor compact"
    what = (
        f"{who} asked for order {request.order}, {size_words(1 << request.order, page_kib)}, with"
        f" {gfp} ({kind}{waits})"
    )
    if request.cgroup:
        return f"{what}: a memory cgroup's limit was hit; the machine itself need not be short"
    if verdict is None or verdict.decides < 0:
        return f"{what}; the text has no Mem-Info to say why it failed"
    one = verdict.zones[verdict.decides]
    if verdict.succeeds:
        return (
            f"{what}; by the counts printed with it, it would succeed in {_zone_words(one)}"
            f" ({_blocks(one.large)} large enough): memory was freed between the failure and"
            " the printing, or the request had limits that are not in the text"
        )
    why = _why(one, verdict, page_kib)
    return f"{what}; it failed in {_zone_words(one)} by {why}{_others(verdict)}"
