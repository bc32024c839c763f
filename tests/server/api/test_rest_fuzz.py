"""Every route of the OpenAPI document with what fits it and what does not: no 5xx, no traceback.

Schemathesis draws the requests; half of them are for a session that is there, with its token, since
a random id comes no further than the door. A few for each route in `make test`, a hundred times as
many under `make soak` (FRAGSCOPE_HYPOTHESIS=soak).
"""

import json
import os

import httpx2 as httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from server.settings import Settings
from tests.server.client import WAIT_S, Made, post_session
from tests.server.conftest import running
from tests.server.raw_socket import RawSocket, healthy
from tests.server.server_log import faults

SOAK = os.environ.get("FRAGSCOPE_HYPOTHESIS") == "soak"
EXAMPLES = 500 if SOAK else 5  # for each route
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


def requests_for(operation, session: Made):
    """Cases of one route: for anybody's session, and for this one with its token."""
    named = {
        "path_parameters": {"session_id": str(session)} if "{session_id}" in operation.path else {},
        "headers": session.headers,
    }
    return st.one_of(
        operation.as_strategy(generation_mode=mode, **with_names)
        for mode in MODES
        for with_names in ({}, {name: value for name, value in named.items() if value})
    )


def judge(case, address: str) -> None:
    """Send one request; the answer must be one that the documents promise."""
    with faults() as found:
        answer = case.call(base_url=address, timeout=WAIT_S)
    told = f"{case.as_curl_command()}: {answer.status_code} {answer.text[:200]}"
    assert answer.status_code < 500, told
    assert found == [], told
    if answer.status_code >= 400 and case.method != "HEAD" and case.path.startswith("/api/"):
        assert list(answer.json()) == ["error"], told


def test_no_request_is_a_fault_of_the_server(place):
    address, session = place
    document = httpx.get(f"{address}/api/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > SMALLEST_DOCUMENT
    for operation in operations:

        @settings(
            max_examples=EXAMPLES,
            suppress_health_check=[*HealthCheck],
            database=None,
        )
        @given(requests_for(operation, session))
        def one_route(case):
            judge(case, address)

        one_route()
    assert healthy(address)
