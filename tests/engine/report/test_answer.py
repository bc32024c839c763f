"""The answer has the fields that programs rely on, and says what it takes for granted."""

from __future__ import annotations

import json

import pytest

from engine.report.answer import answer_of
from engine.report.read import read_report
from tests.engine.report import samples as s
from tests.engine.report.test_proc import BLOCKS, SUMS, TYPES, ZONEINFO


def test_the_fields_that_programs_rely_on() -> None:
    text = s.buddyinfo(SUMS) + s.pagetypeinfo(TYPES, BLOCKS) + s.mem_info(s.SMALL, s.KILLED)
    answer = json.loads(json.dumps(answer_of(read_report(text.encode())), allow_nan=False))
    assert {"zones", "request", "read"} <= set(answer)
    zone = answer["zones"][0]
    assert {
        "node", "zone", "counts", "free_pages", "pageblock_order", "unusable_index",
        "fragmentation_index", "exact",
    } <= set(zone)  # fmt: skip
    assert [tuple(z["counts"]) for z in answer["zones"]] == list(SUMS.values())
    assert answer["request"]["order"] == 3
    assert all(one["line"] >= 1 for one in answer["read"])


def test_a_request_is_judged_by_its_own_mem_info_not_by_a_later_buddyinfo() -> None:
    roomy = {key: (*counts[:-1], 900) for key, counts in s.SMALL.items()}
    text = s.mem_info({(0, "Normal"): (900, *(0,) * 10)}, s.KILLED) + s.buddyinfo(roomy)
    answer = answer_of(read_report(text.encode()))
    assert answer["request"]["cause"] == "fragmentation"
    assert all(one["succeeds"] for one in answer["answers"])


def test_what_is_missing_is_named() -> None:
    bare = answer_of(read_report(s.buddyinfo(s.SMALL).encode()))["assumed"]
    assert len(bare) == 4
    text = s.buddyinfo({(0, "DMA32"): SUMS[0, "DMA32"]}) + ZONEINFO + s.pagetypeinfo(TYPES, BLOCKS)
    full = answer_of(read_report(text.encode()))["assumed"]
    assert [text for text in full if "size of a page" not in text] == []


def test_every_order_is_judged_for_every_usual_mask() -> None:
    answers = answer_of(read_report(s.buddyinfo(s.TWO_NODES).encode()))["answers"]
    assert len(answers) == 3 * 11
    assert not any(one["asked"] for one in answers)
    asked = answer_of(read_report(s.buddyinfo(s.TWO_NODES).encode()), 23, "GFP_NOFS")["answers"][0]
    assert (asked["asked"], asked["order"], asked["cause"]) == (True, 23, "memory")


def test_a_mask_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="gfp has 'X'"):
        answer_of(read_report(s.buddyinfo(s.SMALL).encode()), 1, "X")


def test_of_several_kills_the_first_is_the_request_and_all_are_listed() -> None:
    text = s.mem_info(s.SMALL, s.KILLED) + s.mem_info(s.TWO_NODES, s.FAILED)
    answer = answer_of(read_report(text.encode()))
    assert answer["request"] == answer["requests"][0]
    assert [one["order"] for one in answer["requests"]] == [3, 4]
    assert [z["moment"] for z in answer["zones"]] == [0, 0, 0, 1, 1]
