"""What OpenAPI says is what the server does."""

import httpx2 as httpx
import pytest

from engine.commands import COMMANDS
from server.api.api_text import COMMAND, CREATE
from tests.server.client import Made


@pytest.fixture(scope="module")
def document(server):
    return httpx.get(f"{server}/api/openapi.json").json()


def test_every_session_route_has_words_and_an_example(document):
    for path, methods in document["paths"].items():
        if not path.startswith("/api/sessions") or path.endswith("/trace"):
            continue
        for method, told in methods.items():
            assert told["summary"][0].isupper(), path
            bodies = [*told["responses"].values()]
            assert any(b.get("content") for b in bodies), f"{method} {path}"
    assert set(document["components"]["securitySchemes"]) == {"presenter", "viewer"}


def test_the_examples_work(server):
    config = CREATE["requestBody"]["content"]["application/json"]["example"]
    session = Made.of(httpx.post(f"{server}/api/sessions", json=config))
    command = COMMAND["requestBody"]["content"]["application/json"]["example"]
    answer = httpx.post(
        f"{server}/api/sessions/{session}/commands",
        json=command,
        headers=session.headers,
        timeout=60,
    )
    assert answer.json() == COMMAND["responses"]["200"]["content"]["application/json"]["example"]


def test_every_command_has_its_form(document):
    body = document["paths"]["/api/sessions/{session_id}/commands"]["post"]["requestBody"]
    forms = body["content"]["application/json"]["schema"]["properties"]["command"]["oneOf"]
    assert [form["properties"]["type"]["const"] for form in forms] == list(COMMANDS)
