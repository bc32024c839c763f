"""GET …/export?as=html: a file to be saved, made beside the session."""

import httpx2 as httpx
import pytest

from engine.errors import RefusedError
from server.api.playback_answer import wanted_of
from tests.server.api.program import INFLATE, program
from tests.server.playback.test_page_file import inside


def test_a_viewer_takes_the_session_home(server):
    with program(server) as script:
        script.command(INFLATE, "?wait=idle")
        state = script.state()
        answer = script.get("/export?as=html&link=http://127.0.0.1:8000/&every=5&yes=1")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith('attachment; filename="fragscope-')
        assert state["digest"] in inside(answer.text, "playback-story").decode()
        assert script.state() == state
        for query, sentence in (
            ("as=pdf", "lines, html or report"),
            ("as=html&every=0", "every is 0"),
            ("as=html&from=x", "from is 'x'"),
            ("as=html&designs=nobody", "design is 'nobody'"),
            ("as=html&from=99999", "begins at tick 99999"),
        ):
            refused = script.get(f"/export?{query}")
            assert (refused.status_code, sentence in refused.json()["error"]) == (400, True), query
        url = script.url
    assert httpx.get(f"{url}/export?as=html").status_code == 401


def test_an_address_says_what_is_wanted():
    wanted = wanted_of({"from": "3", "to": "9", "designs": "a, b,", "charts": "1"})
    assert (wanted.part.first, wanted.part.last, wanted.part.designs) == (3, 9, ("a", "b"))
    assert (wanted.charts, wanted.large, wanted.part.every) == (True, False, 1)
    with pytest.raises(RefusedError):
        wanted_of({"every": "-1"})
