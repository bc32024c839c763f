"""A class by REST: its code, its QR code, and copies that go their own way."""

import re

import httpx2 as httpx
import pytest

from server.session.join_codes import MAX_WRONG, code_of
from server.settings import Settings
from tests.server.api.program import INFLATE, program
from tests.server.client import Made, bearer, post_session
from tests.server.conftest import running


def post(address, session, what, token, **body):
    url = f"{address}/api/sessions/{session}/{what}"
    return httpx.post(url, json=body, headers=bearer(token), timeout=60)


def test_a_code_leads_to_the_viewers_link_and_no_further(server):
    session = post_session(server)
    made = post(server, session, "code", session.presenter, viewer=session.viewer)
    assert made.status_code == 200
    code = made.json()["code"]
    found = httpx.post(f"{server}/api/join", json={"code": f" {code[:3]}-{code[3:].lower()}"})
    assert found.json() == {"session": str(session), "viewer": session.viewer}
    assert found.headers["cache-control"] == "no-store"
    for token, viewer, status in (
        (session.viewer, session.viewer, 403),
        (session.presenter, session.presenter, 400),
        (session.presenter, "another", 400),
        (session.presenter, "", 400),
    ):
        refused = post(server, session, "code", token, viewer=viewer)
        assert refused.status_code == status, refused.text
    assert httpx.post(f"{server}/api/join", json={"code": "I"}).status_code == 400
    assert httpx.post(f"{server}/api/join", json={}).status_code == 400


def test_who_guesses_codes_is_stopped_with_a_sentence():
    with running(Settings(port=0)) as address:
        for n in range(MAX_WRONG):
            wrong = httpx.post(f"{address}/api/join", json={"code": code_of(f"guess {n}")})
            assert wrong.status_code == 404
        refused = httpx.post(f"{address}/api/join", json={"code": code_of("one more")})
        assert (refused.status_code, refused.json()["error"][:14]) == (429, "30 wrong codes")


def test_the_page_for_codes_is_there(server):
    page = httpx.get(f"{server}/join")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for path in re.findall(r'(?:href|src)="(?!\.|#)([^"]+)"', page.text):
        assert httpx.get(f"{server}/{path}").status_code == 200, path


def test_a_link_becomes_a_picture(server):
    session = post_session(server)
    link = f"https://host.example/lab/#s={session}&t={session.viewer}"
    picture = post(server, session, "qr", session.viewer, link=link)
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg ")
    assert "script" not in picture.text
    for bad in ("javascript:alert(1)", "", "http://" + "x" * 1000, 7):
        assert post(server, session, "qr", session.viewer, link=bad).status_code == 400
    assert post(server, session, "qr", "nobody", link=link).status_code == 403


def test_a_copy_is_what_it_was_taken_from_and_then_goes_its_own_way(server):
    with program(server) as script:
        script.command(INFLATE, "?wait=idle")
        script.command({"type": "compact"}, "?wait=idle")
        now = script.state()
        second = script.get().json()["log"][1]["tick"]
        session = script.url.rsplit("/", 1)[1]
        token = script.client.headers["authorization"].split()[1]
        whole = Made.of(post(server, session, "copy", token))
        earlier = Made.of(post(server, session, "copy", token, tick=second, index=1))
        with program(server, whole) as other:
            assert other.state() == now
        with program(server, earlier) as other:
            there = other.state()
            assert (there["tick"], len(other.get().json()["log"])) == (second, 1)
            other.command({"type": "drop_caches"}, "?wait=idle")
            assert len(other.get().json()["log"]) == 2
        assert script.state() == now
        assert len(script.get().json()["log"]) == 2
        for body, sentence in (
            ({"tick": now["tick"] + 1}, "lies in the future"),
            ({"tick": second, "index": 0}, "has from 1 to 2 commands, not 0"),
            ({"tick": -1}, "tick is -1"),
            ({"when": 1}, "has no field 'when'"),
        ):
            refused = post(server, session, "copy", token, **body)
            assert (refused.status_code, sentence in refused.json()["error"]) == (400, True)


@pytest.mark.parametrize("what", ["code", "qr", "copy"])
def test_nobody_comes_in_without_a_token(server, what):
    session = post_session(server)
    assert httpx.post(f"{server}/api/sessions/{session}/{what}", json={}).status_code == 401
