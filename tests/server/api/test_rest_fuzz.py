"""Every route of the OpenAPI document with what fits it and what does not: no 5xx, no traceback.

Schemathesis draws the requests. Most of them are mended to be about a session that is there, with
its token and with values that it knows, since what is drawn blindly comes no further than the door.
A few for each route in `make test`, a hundred times as many under `make soak`
(FRAGSCOPE_HYPOTHESIS=soak).
"""

import json
import os
from typing import Any

import httpx2 as httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from server.settings import Settings
from tests.server.api.drawn import COMMANDS
from tests.server.client import WAIT_S, Made, post_session
from tests.server.conftest import running
from tests.server.raw_socket import RawSocket, healthy
from tests.server.server_log import faults

SOAK = os.environ.get("FRAGSCOPE_HYPOTHESIS") == "soak"
EXAMPLES = 500 if SOAK else 6  # for each route
REPORT = b"Node 0, zone   Normal   3  5  2  1  0  4  1  1  0  1  7\n"
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SMALLEST_DOCUMENT = 25  # routes; fewer would mean that the document has lost some


@schemathesis.serializer("application/jsonl")
def lines(_context, value) -> bytes:
    """A file of a session, or of anything."""
    lines_of = value if isinstance(value, list) else [value]
    return b"\n".join(json.dumps(line).encode() for line in lines_of)


@pytest.fixture(scope="module")
def place():
    """A server with room for small guests only, and a session in it."""
    with running(Settings(port=0, max_guest_mib=100, shutdown_s=2)) as address:
        session = post_session(address)
        with RawSocket(address) as client:
            client.join(session)  # the guest is there
        yield address, session


def known_values(session: Made, export: bytes) -> dict[str, st.SearchStrategy]:
    """What a route may know: path and query parameters by name, bodies by route."""
    mutated = st.builds(
        lambda at, junk, length: export[:at] + junk + export[at + length :],
        st.integers(0, len(export)), st.binary(max_size=3), st.integers(0, 3),
    )  # fmt: skip
    return {
        "session_id": st.just(str(session)),
        "design": st.sampled_from(["pinned", "dedicated_block"]),
        "what": st.sampled_from(
            ["no_free_block", "balloon_in_block", "block_free", "balloon_pages"]
        ),
        "pageblock": st.integers(-1, 200),
        "pages": st.integers(-1, 70_000),
        "tick": st.integers(-1, 300),
        "index": st.integers(-1, 10),
        "wait": st.just("idle"),
        "example": st.sampled_from(["runs", "tight"]),
        "step": st.integers(-1, 4),
        "name": st.sampled_from(["fidelity", "price", "a.tar", "b.txt"]),
        "/commands": st.fixed_dictionaries({"command": COMMANDS}),
        "/trace": st.fixed_dictionaries({"design": st.just("pinned"), "ticks": st.integers(0, 2)}),
        "/spread": st.fixed_dictionaries({"seeds": st.integers(1, 3)}),
        "/import": st.one_of(mutated, st.just(export)),
        "/report": st.one_of(st.just(REPORT), mutated),
        "/captures": mutated,
    }


def mend(case, draw, known: dict[str, st.SearchStrategy], session: Made) -> dict[str, Any]:
    """Put what is known into a case; how its body is to be sent, if not as drawn."""
    for parameters in (case.path_parameters, case.query):
        for name in parameters:
            if name in known and (name == "session_id" or draw(st.integers(0, 3))):
                parameters[name] = draw(known[name])
    for parameter in case.operation.query:
        if parameter.name in known and parameter.name not in case.query and draw(st.booleans()):
            case.query[parameter.name] = draw(known[parameter.name])
    case.headers["Authorization"] = session.headers["Authorization"]
    route = "/" + case.path.rsplit("/", 1)[1]
    if case.method != "POST" or route not in known or not draw(st.integers(0, 3)):
        return {}
    body = draw(known[route])
    if isinstance(body, bytes):
        return {"data": body, "json": None}
    return {"data": None, "json": body}


def judge(case, address: str, **body: Any) -> int:
    """Send one request; the answer must be one that the documents promise."""
    with faults() as found:
        answer = case.call(base_url=address, timeout=WAIT_S, **body)
    told = f"{case.as_curl_command()} {body}: {answer.status_code} {answer.content[:200]!r}"
    assert answer.status_code < 500, told
    assert found == [], told
    if answer.status_code >= 400 and case.path.startswith("/api/"):
        assert list(answer.json()) == ["error"], told
    return answer.status_code


def test_no_request_is_a_fault_of_the_server(place):
    address, session = place
    document = httpx.get(f"{address}/api/openapi.json").json()
    path = f"{address}/api/sessions/{session}/export"
    export = httpx.get(path, headers=session.headers).content
    known = known_values(session, export)
    schema = schemathesis.openapi.from_dict(document)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > SMALLEST_DOCUMENT
    inside = set()  # routes that came further than the door
    for operation in operations:
        drawn = st.one_of(operation.as_strategy(generation_mode=mode) for mode in MODES)

        @settings(
            max_examples=EXAMPLES,
            suppress_health_check=[*HealthCheck],
            database=None,
        )
        @given(drawn, st.data())
        def one_route(case, data):
            body = {}
            if data.draw(st.integers(0, 3)):
                body = mend(case, data.draw, known, session)
            if judge(case, address, **body) < 300:
                inside.add(case.operation.label)

        one_route()
    assert healthy(address)
    assert "POST /api/sessions/{session_id}/commands" in inside
    assert len(inside) > len(operations) / 2, inside
