"""REST of a real server."""

import threading
from pathlib import Path
from urllib.parse import quote

import httpx2 as httpx
import pytest

from engine.designs import DEFAULT_DESIGNS, DESIGNS
from engine.recipes import PRESETS
from server.api import routes
from server.compiler.warm import Warm
from server.guests.library import EXAMPLES
from server.paths import examples_folder
from server.settings import Settings
from server.wire.frames import decode_frame
from tests.engine.small_capture import archive, half_agreeing, masked
from tests.server.client import SMALL, Made, joined, post_session
from tests.server.conftest import running


def test_info_lists_every_design_preset_example_and_limit(server):
    info = httpx.get(f"{server}/api/info").json()
    assert [d["name"] for d in info["designs"]] == list(DESIGNS)
    assert info["default_designs"] == list(DEFAULT_DESIGNS)
    assert [p["name"] for p in info["presets"]] == list(PRESETS)
    assert all(p["text"] for p in info["presets"])
    assert [c["name"] for c in info["captures"]] == list(EXAMPLES)
    assert all(c["recorded"] for c in info["captures"])
    assert info["limits"]["max_size_mib"] == 65536
    assert info["ends_with_container"] in (True, False)  # tests/server/test_paths.py: which
    assert {".tar", ".gz", ".xz", ".bz2"} <= set(info["upload_suffixes"])
    assert ".zst" not in info["upload_suffixes"]
    toggles = {t["name"]: t["values"] for d in info["designs"] for t in d["toggles"]}
    assert toggles["prevent"] == ["off", "on"]


async def test_healthy_once_commands_are_served(server):
    async with joined(server, post_session(server)):
        answer = httpx.get(f"{server}/healthz")
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_without_a_body_the_default_guest_opens(server):
    session = Made.of(httpx.post(f"{server}/api/sessions"))
    async with joined(server, session) as client:
        assert client.welcome["config"]["source"] == {"kind": "capture", "name": "runs"}
        assert client.welcome["guest"]["size_mib"] in range(1000, 1025)
        assert len((await client.until(lambda p: True)).panels) == 4
    exported = httpx.get(f"{server}/api/sessions/{session}", headers=session.headers).json()
    assert exported == {
        "session": session,
        "log_version": 1,
        "engine": client.welcome["engine"],
        "config": client.welcome["config"],
        "tick": exported["tick"],
        "log": [],
    }


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"{", 400, "the config is not JSON"),
        (b'{"seed": NaN}', 400, "the config is not JSON"),
        (b"[]", 400, "the config is a JSON list"),
        (b'{"designs": ["fly"]}', 400, "unknown design 'fly'"),
        (b'{"source": {"kind": "capture", "name": "x"}}', 400, "unknown example 'x'"),
        (b'{"source": {"kind": "synthetic", "preset": "x"}}', 400, "unknown preset 'x'"),
        (
            b'{"source": {"kind": "synthetic", "preset": "tight", "size_mib": -1}}',
            400,
            "size is -1",
        ),
        (b'{"source": {"kind": "upload", "capture": "x"}}', 404, "upload 'x' is not kept"),
        (b" " * 70_000, 413, "the body is over 65536 B"),
    ],
)
def test_a_config_that_cannot_be_is_refused_in_one_sentence(server, body, status, sentence):
    answer = httpx.post(f"{server}/api/sessions", content=body)
    assert answer.status_code == status
    assert sentence in answer.json()["error"]


def test_an_address_with_nothing_behind_it_is_404_in_one_sentence(server):
    for path in ("/api/sessions/x", "/api/nothing", "/nothing.js", "/tsconfig.json"):
        answer = httpx.get(f"{server}{path}")
        assert answer.status_code == 404, path
        assert answer.json()["error"]
    assert httpx.get(f"{server}/api/sessions").status_code == 404


def test_a_recording_is_served_as_numbers_and_as_a_frame(server):
    answer = httpx.get(f"{server}/api/recorded/runs").json()
    assert [o["text"] for o in answer["operations"]] == [
        "inflate by 200 MiB", "compact", "take up to 2,000 huge pages",
    ]  # fmt: skip
    key = "dedicated_block:prevent"
    assert key in [design["key"] for design in answer["designs"]]
    frame = httpx.get(f"{server}/api/recorded/runs/{quote(key, safe='')}/2")
    assert frame.headers["content-type"] == "application/octet-stream"
    (panel,) = decode_frame(frame.content).panels
    assert panel.planes["balloon"].sum() == 51200


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("recorded/nothing", "nothing was recorded for 'nothing'"),
        ("recorded/runs/separate_pass/1", "runs was not recorded under 'separate_pass'"),
        ("recorded/runs/pinned/4", "runs has steps 0 to 3, not 4"),
        ("recorded/runs/pinned/3", "memory was not recorded after step 3 of runs"),
        ("recorded/runs/pinned/-1", "step is '-1': a whole number is needed"),
        ("recorded/runs/pinned/9999999", "runs has steps 0 to 3, not 9999999"),
        ("nothing", "there is nothing at /api/nothing"),
    ],
)
def test_a_recording_that_is_not_there_is_404_and_says_which(server, path, sentence):
    answer = httpx.get(f"{server}/api/{path}")
    assert answer.status_code == 404
    assert sentence in answer.json()["error"]


def test_a_session_can_be_seen_while_the_simulator_is_still_being_compiled(monkeypatch):
    go = threading.Event()
    monkeypatch.setattr(Warm, "_compile", lambda self: go.wait(60))
    with running(Settings(port=0)) as address:
        session = Made.of(httpx.post(f"{address}/api/sessions"))
        assert httpx.get(f"{address}/healthz").status_code == 503
        told = httpx.get(
            f"{address}/api/sessions/{session}/preview", headers=session.headers
        ).json()
        assert (told["recorded"], told["guest"]["nr_pageblocks"]) == ("runs", 512)
        start = decode_frame(
            httpx.get(f"{address}/api/sessions/{session}/start", headers=session.headers).content
        )
        assert len(start.panels) == len(told["designs"]) == 4
        assert httpx.get(f"{address}/api/recorded/runs").status_code == 200
        assert httpx.get(f"{address}/api/recorded/runs/lru_hook/1").status_code == 200
        assert httpx.get(f"{address}/api/sessions/none/preview").status_code == 404
        assert httpx.get(f"{address}/api/sessions/none/start").status_code == 404
        go.set()


def test_published_results_are_served_where_there_are_any(server, tmp_path, monkeypatch):
    monkeypatch.setattr(routes, "examples_folder", lambda: tmp_path)
    assert httpx.get(f"{server}/api/fidelity").status_code == 404
    assert httpx.get(f"{server}/api/info").json()["published"] == []
    (tmp_path / "fidelity.json").write_text('{"all": [1, 2]}')
    assert httpx.get(f"{server}/api/info").json()["published"] == ["fidelity"]
    assert httpx.get(f"{server}/api/fidelity").json() == {"all": [1, 2]}


async def test_an_upload_becomes_a_guest(server):
    data = (examples_folder() / "roomy" / "s1.tar.xz").read_bytes()
    answer = httpx.post(f"{server}/api/captures", params={"name": "my machine"}, content=data)
    assert answer.status_code == 201, answer.text
    assert answer.json()["summary"]["name"] == "my machine"
    source = {"kind": "upload", "capture": answer.json()["capture"]}
    session = post_session(server, {"source": source, "designs": ["pinned"]})
    async with joined(server, session) as client:
        assert client.welcome["guest"]["label"] == "my machine"
        await client.until(lambda p: True)


def test_a_bad_upload_is_one_sentence(server):
    for data in (b"", b"not a capture", Path(__file__).read_bytes() * 20):
        answer = httpx.post(f"{server}/api/captures", content=data)
        assert answer.status_code == 400
        assert answer.json()["error"]
        assert "Traceback" not in answer.text


def test_an_upload_whose_files_disagree_is_refused_or_warned_of(server):
    answer = httpx.post(f"{server}/api/captures?name=mine", content=archive(masked()))
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("mine: zone DMA of node 0: kpageflags shows 0 free")
    assert "zero-filled" in answer.json()["error"]
    answer = httpx.post(f"{server}/api/captures?name=mine", content=archive(half_agreeing()))
    (warning,) = answer.json()["summary"]["warnings"]
    assert "(40% under the same order)" in warning


def test_a_foreign_page_may_not_write(server):
    headers = {"Origin": "http://evil.example"}
    answer = httpx.post(f"{server}/api/sessions", headers=headers)
    assert answer.status_code == 403
    assert httpx.post(f"{server}/api/sessions", headers={"Origin": server}).status_code == 201


def test_plotly_is_served_compressed(server):
    answer = httpx.get(f"{server}/vendor/plotly.min.js?v=1")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert len(answer.content) > 1 << 20


def test_sessions_memory_and_uploads_over_the_limit_are_refused():
    with running(Settings(port=0, max_sessions=1, max_guest_mib=64, max_upload_mib=1)) as address:
        post_session(address)
        answer = httpx.post(f"{address}/api/sessions", json=SMALL)
        assert answer.status_code == 429
        assert "the server's limit" in answer.json()["error"]
        answer = httpx.post(f"{address}/api/captures", content=b"x" * ((1 << 20) + 1))
        assert answer.status_code == 413
        assert answer.json()["error"] == "the body is over 1 MiB"
        large = {**SMALL, "source": {**SMALL["source"], "size_mib": 131072}}
        answer = httpx.post(f"{address}/api/sessions", json=large)
        assert answer.status_code == 400
        words = "size is 131072 MiB: this server makes guests up to 65536 MiB"
        assert f"{words} (FRAGSCOPE_MAX_SIZE_MIB)" in answer.json()["error"]
    with running(Settings(port=0, max_guest_mib=2)) as address:
        answer = httpx.post(f"{address}/api/sessions", json=SMALL)
        assert answer.status_code == 429
        assert (
            "MiB of the server's 2 MiB for guests (FRAGSCOPE_MAX_GUEST_MIB) are free"
            in answer.json()["error"]
        )
