"""Causes and ends: each has its statistic or its words, and a source."""

from __future__ import annotations

from engine.core.workload.demand_codes import (
    CAUSE_FIELDS,
    PIN_SOURCES,
    PIN_WORDS,
    AllocCause,
    PinEnd,
)
from engine.report import judge
from engine.view import STAT_FIELDS


def test_every_cause_is_counted_and_has_the_word_of_a_report() -> None:
    assert set(CAUSE_FIELDS) == set(AllocCause) - {AllocCause.NONE}
    assert set(CAUSE_FIELDS.values()) <= set(STAT_FIELDS)
    words = {judge.MEMORY, judge.WATERMARK, judge.FRAGMENTATION, judge.MIGRATETYPE}
    assert {cause.name.lower() for cause in CAUSE_FIELDS} == words


def test_every_end_but_success_has_a_sentence_and_a_source() -> None:
    for end in PinEnd:
        assert bool(PIN_WORDS[end]) == bool(PIN_SOURCES[end]) == (end != PinEnd.NONE)
