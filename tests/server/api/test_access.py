"""Who may do what by REST."""

import httpx2 as httpx
import pytest

from tests.server.client import bearer, post_session


@pytest.fixture
def http():
    """Waits for guests."""
    with httpx.Client(timeout=60) as client:
        yield client


LOOK = ("", "/state", "/preview", "/export")
COMPACT = {"command": {"type": "compact"}}


def test_without_a_token_of_the_session_nothing_is_shown(server, http):
    session, other = post_session(server), post_session(server)
    for path in LOOK:
        address = f"{server}/api/sessions/{session}{path}"
        assert http.get(address).status_code == 401
        for wrong in (other.presenter, other.viewer, "x", f"{session.viewer}x"):
            answer = http.get(address, headers=bearer(wrong))
            assert (answer.status_code, answer.json()) == (
                403,
                {"error": "this token does not open the session"},
            )
        for value in ("Basic eDp5", "Bearer"):
            odd = {"Authorization": value}
            assert http.get(address, headers=odd).status_code == 401


def test_a_viewer_looks_and_does_not_command(server, http):
    session = post_session(server)
    address = f"{server}/api/sessions/{session}"
    for path in LOOK[:2]:
        assert http.get(f"{address}{path}", headers=bearer(session.viewer)).status_code == 200
    answer = http.post(f"{address}/commands", json=COMPACT, headers=bearer(session.viewer))
    assert answer.status_code == 403
    assert answer.json()["error"] == "this token lets one look: the presenter's is needed for that"
    assert http.get(address, headers=session.headers).json()["log"] == []


def test_a_session_that_is_not_there_is_404_whatever_the_token(server, http):
    for path in LOOK:
        assert http.get(f"{server}/api/sessions/none{path}").status_code == 404
