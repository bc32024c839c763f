"""Sentences have the figures that decide."""

from __future__ import annotations

from engine.report.gfp import mask_of
from engine.report.judge import judge_request
from engine.report.kernlog import request_line
from engine.report.model import FreeCounts, Moment, ZoneFacts
from engine.report.words import request_words, size_words, verdict_words


def test_a_verdict_names_zone_cause_and_figures() -> None:
    zone = ZoneFacts((1, "Normal"), FreeCounts((1000, 500, *(0,) * 9)), pages={"min": 300})
    moment = Moment({zone.key: zone})
    words = verdict_words(judge_request(moment, mask_of(["GFP_KERNEL"]), 9), 4)
    assert words == (
        "order 9, GFP_KERNEL: fails now, zone Normal of node 1: fragmentation: 2000 pages are free"
        " with 300 to stay, but no block is of order 9 or above; fragmentation index 0.997"
        " (towards 0: memory is short; towards 1: it is in pieces)"
    )
    words = verdict_words(judge_request(moment, mask_of(["GFP_KERNEL"]), 1), 4)
    assert words.endswith(
        "succeeds now in zone Normal of node 1: 500 free blocks of order 1 or above"
    )
    assert "no zone" in verdict_words(judge_request(Moment(), mask_of(["GFP_KERNEL"]), 1), 4)


def test_a_request_without_a_mem_info_is_still_named() -> None:
    request = request_line("sh: page allocation failure: order:2, mode:0x820(GFP_ATOMIC)", 1)
    assert request is not None
    words = request_words(request, mask_of(request.flags), None, 4)
    assert words == (
        "sh asked for order 2, 4 pages (16 KiB), with GFP_ATOMIC (unmovable, may neither reclaim"
        " nor compact); the text has no Mem-Info to say why it failed"
    )


def test_sizes_are_in_the_unit_that_reads_best() -> None:
    assert size_words(1, 4) == "1 page (4 KiB)"
    assert size_words(512, 4) == "512 pages (2 MiB)"
    assert size_words(8, 64) == "8 pages (512 KiB)"
