"""REST of call traces, on a real server."""

from __future__ import annotations

import httpx2 as httpx

from engine.trace.reasons import REASONS
from tests.server.client import bearer, post_session

BODY = {
    "source": {"kind": "synthetic", "preset": "tight", "size_mib": 256, "seed": 1},
    "designs": ["pinned", "lru_hook"],
}


def test_no_reason_is_missing_from_the_list(server: str) -> None:
    reasons = httpx.get(f"{server}/api/reasons").json()["reasons"]
    assert [reason["id"] for reason in reasons] == list(REASONS)
    fields = {"id", "outcome", "subject", "sentence", "source", "code"}
    assert all(set(reason) == fields for reason in reasons)


def test_a_session_is_traced_and_stays_as_it_is(server: str) -> None:
    session = post_session(server, BODY)
    address = f"{server}/api/sessions/{session}"
    asked = {"headers": bearer(session.viewer), "timeout": 60}
    before = httpx.get(address, **asked).json()
    answer = httpx.post(f"{address}/trace", json={"design": "lru_hook"}, **asked)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["design"], told["tick"], told["ticks"], told["idle"]) == ("lru_hook", 0, 0, True)
    assert httpx.get(address, **asked).json() == before


def test_bad_requests_are_one_sentence(server: str) -> None:
    session = post_session(server, BODY)
    address = f"{server}/api/sessions/{session}/trace"
    asked = {"headers": session.headers, "timeout": 60}
    refused = httpx.post(address, json={"design": "fly"}, **asked)
    assert refused.status_code == 400
    assert refused.json()["error"] == "design is 'fly': this session has pinned, lru_hook"
    assert httpx.post(address, json={"design": "pinned", "ticks": 99}, **asked).status_code == 400
    gone = httpx.post(f"{server}/api/sessions/none/trace", json={"design": "pinned"})
    assert gone.status_code == 404
