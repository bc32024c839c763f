"""REST of "because", on a real server, with either token."""

from __future__ import annotations

import httpx2 as httpx
import pytest

from engine.errors import RefusedError
from engine.trace.reasons import REASONS
from engine.units import MIGRATE_MOVABLE
from server.api.because_routes import type_number
from tests.server.client import SMALL, joined, post_session


async def test_a_pageblock_its_obstacles_and_a_free_list(server: str) -> None:
    session = post_session(server, SMALL)
    async with joined(server, session) as client:
        await client.send("pace", ticks_per_s=1000)
        await client.command("c1", type="balloon_target", nr_pages=2560)
        await client.until(lambda p: p.log_index == 1 and client.stat("busy") == 0)
        address = f"{server}/api/sessions/{client.welcome['session']}"
        async with httpx.AsyncClient(timeout=60, headers=session.headers) as http:
            design = client.welcome["designs"][0]["key"]
            near = (await http.get(f"{address}/obstacles", params={"design": design})).json()
            first = near["obstacles"][0]
            assert near["total"] >= len(near["obstacles"]) > 0
            asked = {"design": design, "pageblock": str(first["pageblock"])}
            told = (await http.get(f"{address}/because", params=asked)).json()
            assert told["holders"][0]["pfn"] == first["pfn"]
            assert [one["way"] for one in told["ways"]] == [
                "compaction", "reclaim", "offlining", "contiguous",
            ]  # fmt: skip
            assert {one["reason"] for one in told["ways"]} <= set(REASONS)
            assert {one["command"] for one in told["brought"]} <= {0, 1}
            old = (await http.get(f"{address}/because", params={**asked, "tick": "0"})).json()
            assert (old["tick"], told["tick"]) == (0, near["tick"])
            free = (await http.get(f"{address}/freelist", params={"order": "0"})).json()
            assert free["designs"][design]["total"] > 0
            for path, bad, words in (
                ("because", {**asked, "pageblock": "999999"}, "pageblock 999999: the guest has"),
                ("because", {**asked, "pageblock": "x"}, "pageblock is 'x': a whole number"),
                ("obstacles", {"design": "x"}, "design is 'x': this session has"),
                ("obstacles", {"design": design, "tick": "9999999"}, "has not come yet"),
                ("freelist", {"order": "3", "type": "x"}, "type is 'x': known are all, "),
                ("freelist", {"order": "99"}, "order is 99: free blocks are of order 0 to 10"),
            ):
                answer = await http.get(f"{address}/{path}", params=bad)
                assert answer.status_code == 400
                assert words in answer.json()["error"]
        answer = httpx.get(f"{address}/because", params=asked, timeout=60)
        assert answer.status_code == 401


def test_a_type_is_named_as_the_kernel_names_it() -> None:
    assert type_number("movable") == MIGRATE_MOVABLE
    assert type_number("all") == -1
    with pytest.raises(RefusedError, match="type is 'Movable'"):
        type_number("Movable")
