"""Sessions as files over REST."""

import json

import httpx2 as httpx

from server.paths import examples_folder
from tests.server.api.program import INFLATE, program
from tests.server.client import Made, post_session


def test_a_session_travels_as_a_file(server):
    with program(server) as script:
        script.command(INFLATE, "?wait=idle")
        state = script.state()
        file = script.get("/export")
    lines = [json.loads(line) for line in file.text.splitlines()]
    assert lines[0]["fragscope_session"] == 1
    assert {"tick": state["tick"], "index": 1, "digest": state["digest"]} in [
        line["digest"] for line in lines if "digest" in line
    ]
    copy = Made.of(httpx.post(f"{server}/api/sessions/import", content=file.content, timeout=60))
    with program(server, copy) as script:
        assert script.state() == state
    for body, sentence in (
        (b"", "empty"),
        (b"\xff\xfe", "no UTF-8"),
        (file.content.replace(b'"index":1,"tick":0', b'"index":2,"tick":0'), "was altered"),
    ):
        refused = httpx.post(f"{server}/api/sessions/import", content=body)
        assert (refused.status_code, sentence in refused.json()["error"]) == (400, True)


def test_an_upload_travels_with_its_session(server):
    data = (examples_folder() / "roomy" / "s1.tar.xz").read_bytes()
    upload = httpx.post(f"{server}/api/captures?name=mine", content=data, timeout=60).json()
    source = {"kind": "upload", "capture": upload["capture"]}
    session = post_session(server, {"source": source, "designs": ["pinned"]})
    with program(server, session) as script:
        lines = script.get("/export").text.splitlines()
    assert json.loads(lines[1])["upload"]["name"] == "mine"
    Made.of(httpx.post(f"{server}/api/sessions/import", content="\n".join(lines), timeout=60))
    lines.pop(1)
    lacking = httpx.post(f"{server}/api/sessions/import", content="\n".join(lines))
    assert lacking.status_code == 400
