"""The answer of a report: what programs get, and the sentences that people read."""

from typing import Any

from engine.errors import RefusedError
from engine.indices import fragmentation_index, unusable_index
from engine.report.agree import Check, checks_of
from engine.report.gfp import USUAL_MASKS, Mask, given_names, mask_of
from engine.report.judge import Verdict, ZoneVerdict, judge_request
from engine.report.late import refused, unmanaged_words
from engine.report.model import (
    USUAL_PAGE_KIB,
    FailedRequest,
    FreeCounts,
    Moment,
    TextReport,
    ZoneFacts,
)
from engine.report.proc import PROC_FILES
from engine.report.words import CAUSES, closed_words, request_words, verdict_words

USUAL_ORDERS = 11  # asked for where no zone is known to have more


def answer_of(
    report: TextReport, order: int | None = None, gfp: str | None = None
) -> dict[str, Any]:
    """Everything that a report says, as JSON.

    Args:
        report: as read.
        order: of a request to judge besides the usual ones; with ``gfp``.
        gfp: its mask, ``GFP_KERNEL`` by default.

    Raises:
        RefusedError: a mask that is none, or nothing in the text that is known; one sentence.
    """
    shown = report.shown
    if not report.lines:
        raise RefusedError(
            f"{report.name} holds nothing that is known: {', '.join(PROC_FILES)} or a kernel log's"
            " Mem-Info"
        )
    moment = shown[-1] if shown else None
    failed = report.failed
    checks = [check for one in shown for check in checks_of(one)]
    asked = _asked(order, gfp)
    no_answer = refused(moment) if moment else None
    return {
        "name": report.name,
        "zones": [
            {"moment": i, **_zone(zone, one)} for i, one in enumerate(shown) for zone in one.counted
        ],
        "request": _request(failed) if failed else None,
        "requests": [_request(one) for one in report.logs if one.request is not None],
        "refused": no_answer,
        "notices": unmanaged_words(moment) if moment else [],
        "answers": _answers(moment, asked) if moment and not no_answer else [],
        "checks": [_check(check) for check in checks],
        "disagreements": [check.text for check in checks if not check.agrees],
        "assumed": assumed(moment) if moment else [],
        "page_kib": moment.page_kib if moment else None,
        "read": [{"file": one.file, "line": one.line, "as": one.kind} for one in report.lines],
        "passed_over": list(report.passed),
    }


def _asked(order: int | None, gfp: str | None) -> tuple[int, Mask] | None:
    if order is None and gfp is None:
        return None
    return order or 0, mask_of(given_names(gfp if gfp is not None else "GFP_KERNEL"))


def _row(counts: FreeCounts) -> dict[str, Any]:
    return {"counts": list(counts.values), "floors": sorted(counts.floors)}


def _zone(zone: ZoneFacts, moment: Moment) -> dict[str, Any]:
    """One zone of one moment."""
    counts = zone.best or FreeCounts(())
    orders = range(len(counts.values))
    return {
        "node": zone.key[0],
        "zone": zone.key[1],
        "counts": list(counts.values),
        "floors": sorted(counts.floors),
        "free_pages": counts.pages,
        "free_blocks": sum(counts.values),
        "pageblock_order": moment.pageblock_order,
        "unusable_index": [unusable_index(counts.values, order) for order in orders],
        "fragmentation_index": [fragmentation_index(counts.values, order) for order in orders],
        "exact": not counts.floors,
        "source": _source(zone, moment),
        "types": {name: _row(row) for name, row in zone.types.items()},
        "present": [None if letters is None else list(letters) for letters in zone.present],
        "pageblocks": dict(zone.blocks),
        "watermarks": {n: zone.pages[n] for n in ("min", "low", "high") if n in zone.pages},
        "managed": zone.pages.get("managed"),
        "present_pages": zone.pages.get("present"),
    }


def _source(zone: ZoneFacts, moment: Moment) -> str:
    if moment.source == "Mem-Info":
        return "Mem-Info"
    return "buddyinfo" if zone.counts is not None else "pagetypeinfo"


def _check(check: Check) -> dict[str, Any]:
    return {
        "node": check.node if check.zone else None, "zone": check.zone or None,
        "what": check.what, "left": check.left, "right": check.right, "unit": check.unit,
        "agrees": check.agrees, "text": check.text,
    }  # fmt: skip


def _request(moment: Moment) -> dict[str, Any]:
    """A request that failed, why, and which counters agree."""
    request = moment.request
    assert request is not None
    mask = mask_of(request.flags)
    verdict = (
        judge_request(moment, mask, max(request.order, 0), request.nodes)
        if moment.counted
        else None
    )
    checks = checks_of(moment)
    return {
        "who": request.who,
        "order": request.order,
        "mode": request.mode,
        "gfp": list(request.flags),
        "migratetype": mask.migratetype,
        "highest_zone": mask.highest,
        "may_reclaim": mask.waits,
        "by": "OOM killer" if request.killer else "allocation failure",
        "cgroup": request.cgroup,
        "file": moment.file,
        "line": request.line,
        "cause": (cause := cause_of(request, verdict)),
        "why": CAUSES[cause] if cause else None,
        "verdict": _verdict(verdict) if verdict else None,
        "text": request_words(request, mask, verdict, moment.page_kib or USUAL_PAGE_KIB)
        + closed_words(request, moment),
        "checks": [_check(check) for check in checks],
        "disagreements": [check.text for check in checks if not check.agrees],
    }


def cause_of(request: FailedRequest, verdict: Verdict | None) -> str | None:
    """Why a request failed, in one word; None: the text does not say.

    Args:
        request: what failed.
        verdict: what the Mem-Info says about such a request.
    """
    if request.cgroup:
        return "cgroup"
    if request.order < 0:
        return "asked for"
    if verdict is None or not verdict.zones:
        return None
    return verdict.cause or "gone"


def _answers(moment: Moment, asked: tuple[int, Mask] | None) -> list[dict[str, Any]]:
    """What a request of each order would meet now, by the usual masks; first what was asked for."""
    size = max((len(z.best.values) for z in moment.counted if z.best), default=USUAL_ORDERS)
    page_kib = moment.page_kib or USUAL_PAGE_KIB
    wanted = [asked] if asked else []
    for gfp in USUAL_MASKS.values():
        wanted += [(order, mask_of((gfp,))) for order in range(size)]
    out = []
    for i, (order, mask) in enumerate(wanted):
        verdict = judge_request(moment, mask, order)
        out.append(
            {
                "asked": bool(asked) and i == 0,
                "gfp": list(mask.names),
                "migratetype": mask.migratetype,
                **_verdict(verdict),
                "text": verdict_words(verdict, page_kib, moment.source == "Mem-Info"),
            }
        )
    return out


def _zone_verdict(one: ZoneVerdict) -> dict[str, Any]:
    return {
        "node": one.node, "zone": one.zone, "succeeds": one.cause is None, "cause": one.cause,
        "free": one.free, "not_for_it": one.unusable, "mark": one.mark, "reserve": one.reserve,
        "large_blocks": one.large, "usable_blocks": None if one.usable < 0 else one.usable,
        "fragmentation_index": one.index,
    }  # fmt: skip


def _verdict(verdict: Verdict) -> dict[str, Any]:
    at = verdict.zones[verdict.decides] if verdict.decides >= 0 else None
    return {
        "order": verdict.order,
        "succeeds": verdict.succeeds,
        "cause": verdict.cause,
        "node": at.node if at else None,
        "zone": at.zone if at else None,
        "zones": [_zone_verdict(one) for one in verdict.zones],
    }


def assumed(moment: Moment) -> list[str]:
    """What the text does not say and the answer takes for granted, in sentences.

    Args:
        moment: what was read.
    """
    out = []
    zones = moment.counted
    if any("min" not in zone.pages for zone in zones):
        out.append("watermarks are not in the text: taken as 0 (zoneinfo has them)")
    if len(zones) > 1 and any(z.key[1] == "DMA" and not z.protection for z in zones):
        out.append(
            "lowmem_reserve is not in the text: zone DMA is taken as closed to requests that could"
            " use a higher zone (zoneinfo has it)"
        )
    if not any(zone.types or any(zone.present) for zone in zones):
        out.append(
            "migratetypes are not in the text: every free block is taken for one that the request"
            " may use (pagetypeinfo has them)"
        )
    if moment.page_kib is None and moment.source == "proc":
        out.append(f"the size of a page is not in the text: MiB are for {USUAL_PAGE_KIB} KiB pages")
    if any(zone.best is not None and zone.best.floors for zone in zones):
        out.append("counts behind > are floors: indices are of what was counted")
    return out
