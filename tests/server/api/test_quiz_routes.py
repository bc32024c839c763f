"""The table of answers by REST: for presenters, empty before anybody asked."""

import httpx2 as httpx

from tests.server.client import bearer, post_session


def test_the_table_is_the_presenters(server):
    session = post_session(server)
    url = f"{server}/api/sessions/{session}/answers"
    answer = httpx.get(url, headers=session.headers, timeout=60)
    assert answer.status_code == 200
    assert answer.text.startswith("question,text,quantity,round,answer,design,low,high")
    assert answer.text.count("\n") == 1
    assert answer.headers["cache-control"] == "no-store"
    assert httpx.get(url, headers=bearer(session.viewer), timeout=60).status_code == 403
    assert httpx.get(url, timeout=60).status_code == 401
