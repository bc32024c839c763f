"""The application as a whole: headers, starting state, what a browser is told."""

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from engine.errors import RefusedError
from server.api.app import create_app
from server.api.static import SECURITY_HEADERS
from server.paths import web_folder
from server.settings import Settings


@pytest.mark.parametrize(
    "path", ["/", "/api/info", "/healthz", "/nothing", "/vendor/plotly.min.js"]
)
def test_every_answer_carries_the_policy(server, path):
    answer = httpx.get(f"{server}{path}")
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value


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
