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


def test_an_export_of_one_line_makes_the_session_anew(server):
    with program(server) as script:
        start = script.state()
        script.command(INFLATE, "?wait=idle")
        state, exported = script.state(), script.get().json()
        # The state before the command of tick 0, and after it.
        before, after = (script.get(f"/state?tick=0&index={n}").json() for n in (0, 1))
        assert before["digest"] == start["digest"] != after["digest"]
        assert script.get("/state?tick=0&index=2").status_code == 400
        assert script.get("/state?tick=0&index=x").json()["error"].startswith("index is 'x'")
    url = f"{server}/api/sessions/import"
    made = Made.of(httpx.post(url, content=json.dumps({**exported, "name": "early"}), timeout=60))
    with program(server, made) as script:
        assert script.state() == state
        assert json.loads(script.get("/export").text.splitlines()[1])["timeline"]["name"] == "early"
    upload = {**exported["config"], "source": {"kind": "upload", "capture": "0" * 64}}
    for wrong, sentence in (
        ({"config": upload}, "starts from an uploaded file, which is not in it"),
        ({"log": [{}]}, "a log entry lacks"),
        ({"name": ""}, "name of the export"),
        ({"more": 1}, "more"),
    ):
        refused = httpx.post(url, content=json.dumps({**exported, **wrong}))
        assert (refused.status_code, sentence in refused.json()["error"]) == (400, True), wrong


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
