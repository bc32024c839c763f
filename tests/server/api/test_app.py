"""The application as a whole: headers, starting state, what a browser is told."""

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from engine.errors import RefusedError
from server.api.app import create_app
from server.api.static import security_headers
from server.paths import web_folder
from server.settings import Settings
from tests.server.conftest import running


@pytest.mark.parametrize(
    "path", ["/", "/api/info", "/healthz", "/nothing", "/vendor/plotly.min.js"]
)
def test_every_answer_carries_the_policy(server, path):
    answer = httpx.get(f"{server}{path}")
    for name, value in security_headers("'self'").items():
        assert answer.headers[name] == value


def test_who_may_show_the_page_in_a_frame_is_a_setting():
    settings = Settings(port=0, frame_ancestors="https://lms.example.org, https://*.example.com")
    with running(settings) as address:
        policy = httpx.get(f"{address}/livez").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self' https://lms.example.org https://*.example.com")


def test_it_is_not_ready_where_sessions_cannot_be_kept(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with running(Settings(port=0, data_dir=str(tmp_path / "file"))) as address:
        assert httpx.get(f"{address}/livez").status_code == 200
        answer = httpx.get(f"{address}/readyz")
        assert (answer.status_code, "FRAGSCOPE_DATA_DIR" in answer.json()["error"]) == (503, True)
    with httpx.Client() as client:
        while client.get(f"{server}/healthz").status_code != 200:
            pass
        assert client.get(f"{server}/readyz").json()["status"] == "ok"


def test_the_page_is_served(server):
    assert httpx.get(f"{server}/").text == (web_folder() / "index.html").read_text()


def test_nothing_is_fetched_from_elsewhere_for_docs(server):
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert httpx.get(f"{server}{path}").status_code == 404


def test_a_method_that_no_route_has_is_one_sentence(server):
    answer = httpx.delete(f"{server}/api/info")
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}


def test_each_server_has_its_own_sessions():
    assert create_app(Settings()).state is not create_app(Settings()).state


@pytest.mark.parametrize(
    ("error", "status", "sentence", "logged"),
    [
        (RefusedError("nr is 7: from 1 to 5 are allowed"), 400, "nr is 7: from 1 to 5", False),
        (ValueError("negative shift count"), 500, "the server failed by a fault of its own", True),
        (KeyError("epoch"), 500, "the server failed by a fault of its own", True),
    ],
)
def test_a_fault_of_ours_is_not_told_as_bad_input(error, status, sentence, logged, caplog):
    app = create_app(Settings())

    @app.get("/api/broken")
    async def broken():
        raise error

    answer = TestClient(app, base_url="http://localhost").get("/api/broken")
    assert (answer.status_code, set(answer.json())) == (status, {"error"})
    assert answer.json()["error"].startswith(sentence)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("failed by a fault" in caplog.text) == logged
