"""REST of the past, on a real server: what was true when, and what cannot be asked."""

from __future__ import annotations

import httpx2 as httpx
import pytest

from server.wire.frames import FRAME_PAST, decode_frame
from tests.server.client import SMALL, joined, post_session

BODY = {
    "source": {"kind": "synthetic", "preset": "tight", "size_mib": 256, "seed": 1},
    "designs": ["pinned", "dedicated_block"],
}


async def test_what_was_true_when_has_its_ends(server: str) -> None:
    session = post_session(server, SMALL)
    async with joined(server, session) as client:
        await client.send("pace", ticks_per_s=1000)
        await client.command("c1", type="balloon_target", nr_pages=2560)
        await client.until(lambda p: p.log_index == 1 and client.stat("busy") == 0)
        address = f"{server}/api/sessions/{client.welcome['session']}"
        async with httpx.AsyncClient(timeout=60, headers=session.headers) as http:
            asked = {"what": "balloon_pages", "design": "pinned", "pages": "2560"}
            told = (await http.get(f"{address}/find", params=asked)).json()
            assert told["words"] == "the balloon of pinned holds at least 2560 pages"
            assert 0 < told["first"] < told["last"] == told["tick"]
            assert told["stretches"] == [[told["first"], told["last"]]]
            never = {"what": "balloon_pages", "design": "pinned", "pages": "2561"}
            told = (await http.get(f"{address}/find", params=never)).json()
            assert (told["first"], told["last"], told["total"]) == (None, None, 0)
            marks = (await http.get(f"{address}/moments", params={"design": "pinned"})).json()
            assert marks["emptied"] == sorted(set(marks["emptied"]))
            for asked, tick, index in (
                ({"tick": told["tick"]}, told["tick"], 1),
                ({"tick": 0, "index": 0}, 0, 0),
            ):
                data = (await http.get(f"{address}/frame", params=asked)).content
                seen = decode_frame(data)
                assert (data[5], seen.tick, seen.log_index) == (FRAME_PAST, tick, index)
                held = [int(panel.planes["balloon"].sum()) for panel in seen.panels]
                assert held == [2560 * index] * 2
            page = {"design": "pinned", "pfn": str(60 * 512)}
            way = (await http.get(f"{address}/story", params=page)).json()
            assert way["design"] == "pinned"
            assert way["since"] == way["looked_back_to"] <= way["tick"] == told["tick"]
            late = await http.get(f"{address}/frame", params={"tick": 10**9})
            assert late.status_code == 400
            assert "has not come yet" in late.json()["error"]


async def test_a_page_that_does_not_exist_has_no_story(server: str) -> None:
    session = post_session(server, SMALL)
    async with joined(server, session) as client:
        address = f"{server}/api/sessions/{client.welcome['session']}/story"
        async with httpx.AsyncClient(timeout=60, headers=session.headers) as http:
            for asked, words in (
                ({"design": "pinned", "pfn": "x"}, "pfn is 'x': a whole number of pages"),
                ({"design": "pinned", "pfn": "999999999"}, "the guest has pages 0 to"),
                ({"design": "x", "pfn": "1"}, "design is 'x': this session has pinned"),
            ):
                answer = await http.get(address, params=asked)
                assert answer.status_code == 400
                assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"what": "love"}, "what is 'love': known are no_free_block"),
        ({"what": "no_free_block", "design": "x"}, "design is 'x': this session has pinned"),
        (
            {"what": "block_free", "design": "pinned", "pageblock": "-1"},
            "pageblock is '-1': a whole",
        ),
        (
            {"what": "block_free", "design": "pinned", "pageblock": "128"},
            "pageblock 128: the guest",
        ),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    server: str, asked: dict[str, str], words: str
) -> None:
    session = post_session(server, BODY)
    address = f"{server}/api/sessions/{session}/find"
    answer = httpx.get(address, params=asked, headers=session.headers, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(words)


@pytest.mark.parametrize("what", ["find?what=no_free_block", "moments"])
def test_a_session_that_is_not_there_has_no_past(server: str, what: str) -> None:
    assert httpx.get(f"{server}/api/sessions/none/{what}").status_code == 404
