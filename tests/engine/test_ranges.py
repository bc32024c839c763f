"""The outcome of a request for a range, in words."""

from __future__ import annotations

import json

from engine import units as u
from engine.core.ranges.range_codes import RangeReason
from engine.ranges import range_answer
from engine.view import RANGE_STATS


def stats_of(**fields: int) -> dict[str, int]:
    """Statistics as they are before any request, with some of them changed."""
    found = {**dict.fromkeys(RANGE_STATS, 0), "range_pfn": -1}
    return found | {f"range_{name}": value for name, value in fields.items()}


def test_success_has_no_reason() -> None:
    for kind, word in ((u.RANGE_OFFLINE, "offlined"), (u.RANGE_CONTIG, "allocated")):
        answer = range_answer(stats_of(kind=kind, result=u.RANGE_DONE, migrated=7))
        assert (answer["result"], answer["reason"], answer["sentence"]) == (word, "none", "")
        assert (answer["pfn"], answer["page"], answer["migrated"]) == (-1, "", 7)


def test_a_stop_has_a_page_a_reason_and_a_source() -> None:
    answer = range_answer(
        stats_of(
            kind=u.RANGE_OFFLINE,
            result=u.RANGE_STOPPED,
            reason=RangeReason.IN_USE,
            pfn=4711,
            page=u.STATE_BALLOON,
            wasted=12,
        )
    )
    assert (answer["result"], answer["reason"]) == ("stopped", "in_use")
    assert "page 4711 (balloon page) is still in use" in answer["sentence"]
    assert answer["source"] == "mm/page_isolation.c test_pages_isolated()"
    assert (answer["page"], answer["wasted"]) == ("balloon page", 12)
    assert json.loads(json.dumps(answer)) == answer
