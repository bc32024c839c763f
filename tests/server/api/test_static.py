"""The page's own files and plotly.js."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from server.api.static import PageFiles, Script, security_headers


@pytest.fixture
def client(tmp_path):
    web = tmp_path / "web"
    (web / "src" / "map").mkdir(parents=True)
    (web / "node_modules" / "x").mkdir(parents=True)
    (web / "index.html").write_text("<h1>page</h1>")
    (web / "src" / "main.js").write_text("export {};")
    (web / "src" / "map" / "a.js").write_text("export {};")
    (web / "tsconfig.json").write_text("{}")
    (web / ".secret.js").write_text("x")
    (web / "node_modules" / "x" / "i.js").write_text("x")
    (tmp_path / "outside.js").write_text("x")
    (tmp_path / "big.js").write_bytes(b"var a = 1;\n" * 1000)
    script = Script(tmp_path / "big.js")

    async def big(request: Request) -> Response:
        return script.response(request)

    routes = [
        Route("/big.js", big),
        Mount("/", PageFiles(directory=web, html=True)),
    ]
    with TestClient(Starlette(routes=routes)) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/index.html", "/src/main.js", "/src/map/a.js"])
def test_the_page_is_served_and_asked_for_anew(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/tsconfig.json",
        "/.secret.js",
        "/node_modules/x/i.js",
        "/../outside.js",
        "/%2e%2e/outside.js",
        "/src/..%2f..%2foutside.js",
        "/src/",
        "/nothing.js",
    ],
)
def test_what_only_developers_need_is_not_served(client, path):
    assert client.get(path).status_code == 404


def test_a_script_is_compressed_once_and_kept_by_version(client):
    plain = client.get("/big.js", headers={"Accept-Encoding": "identity"})
    packed = client.get("/big.js?v=1", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 10
    assert packed.content == plain.content
    assert plain.headers["cache-control"] == "no-cache"
    assert "immutable" in packed.headers["cache-control"]
    again = client.get("/big.js", headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_compression_is_deterministic(tmp_path):
    path = tmp_path / "a.js"
    path.write_text("a" * 5000)
    one, two = Script(path), Script(path)
    assert one._packed == two._packed
    assert gzip.decompress(one._packed) == path.read_bytes()


def test_no_script_of_others_may_run():
    headers = security_headers("'self'")
    assert headers["Referrer-Policy"] == "no-referrer", "the address has a token in it"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "script-src" not in policy
