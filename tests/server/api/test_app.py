"""The application as a whole: headers, starting state, what a browser is told."""

import httpx2 as httpx
import pytest

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


def test_methods_that_are_not_there(server):
    answer = httpx.delete(f"{server}/api/info")
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}


def test_each_server_has_its_own_sessions():
    assert create_app(Settings()).state is not create_app(Settings()).state
