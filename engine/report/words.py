"""Sentences about requests: what was asked for, what stood in the way, with the figures."""

from engine.report.gfp import Mask
from engine.report.judge import FRAGMENTATION, MEMORY, MIGRATETYPE, Verdict, ZoneVerdict
from engine.report.model import FailedRequest


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


def verdict_words(verdict: Verdict, page_kib: int) -> str:
    """Whether a request would succeed now, in a sentence with the figures that decide.

    Args:
        verdict: what was found.
        page_kib: KiB of a page.
    """
    gfp = "|".join(verdict.mask.names) or "GFP_?"
    asked = f"order {verdict.order}, {gfp}"
    if verdict.decides < 0:
        return f"{asked}: no zone that it may use is in the text"
    one = verdict.zones[verdict.decides]
    if verdict.succeeds:
        blocks = one.large if one.usable < 0 else one.usable
        how = "" if one.low else ", below the low watermark: kswapd is woken"
        return (
            f"{asked}: succeeds now in {_zone_words(one)}: {blocks} free"
            f" block{'s' if blocks != 1 else ''} of order {verdict.order} or above{how}"
        )
    return f"{asked}: fails now, {_zone_words(one)}: {_why(one, verdict, page_kib)}"


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
            f" ({one.large} free blocks large enough): memory was freed between the failure and"
            " the printing, or the request had limits that are not in the text"
        )
    return f"{what}; it failed in {_zone_words(one)} by {_why(one, verdict, page_kib)}"
