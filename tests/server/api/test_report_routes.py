"""POST /api/report on a real server: the answer of the command line, within bounds."""

from __future__ import annotations

import httpx2 as httpx
import pytest

from engine.report.answer import answer_of
from engine.report.read import read_report
from server.api.report_routes import asked_order
from tests.engine.report import samples as s
from tests.engine.report.test_collect import packed


def test_a_pasted_text_is_answered_as_by_the_command_line(server: str) -> None:
    body = s.stamped(s.mem_info(s.SMALL, s.KILLED)).encode()
    query = {"order": "9", "gfp": "GFP_ATOMIC"}
    answer = httpx.post(f"{server}/api/report", content=body, params=query, timeout=60)
    assert answer.status_code == 200
    assert answer.json() == answer_of(read_report(body), 9, "GFP_ATOMIC")


def test_an_archive_is_opened(server: str) -> None:
    body = packed({"sos/proc/buddyinfo": s.buddyinfo(s.TWO_NODES).encode()})
    answer = httpx.post(f"{server}/api/report", content=body, params={"name": "x"}, timeout=60)
    assert [zone["node"] for zone in answer.json()["zones"]] == [0, 1]


@pytest.mark.parametrize(
    ("body", "query", "words"),
    [
        (b"hello", {}, "the text holds nothing that is known"),
        (b"hello", {"name": "a\nb.txt"}, "ab.txt holds nothing that is known"),
        (b"hello", {"order": "24"}, "order is '24': a whole number from 0 to 23"),
        (s.buddyinfo(s.SMALL).encode(), {"gfp": "x"}, "gfp has 'x'"),
        (packed({"a": b"b" * 9999})[:90], {}, "truncated or damaged"),
    ],
)
def test_bad_input_is_one_sentence(
    server: str, body: bytes, query: dict[str, str], words: str
) -> None:
    answer = httpx.post(f"{server}/api/report", content=body, params=query, timeout=60)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_an_order_is_a_number_or_absent() -> None:
    assert (asked_order(""), asked_order("0"), asked_order("13")) == (None, 0, 13)
    for text in ("-1", "x", "1e3", "²"):
        with pytest.raises(ValueError, match="order is"):
            asked_order(text)
