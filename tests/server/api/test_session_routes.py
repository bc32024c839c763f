"""Sessions by program, and their way through files, restarts and other versions."""

import httpx2 as httpx
import pytest

from server import manager as manager_module
from server.guests import library
from server.settings import Settings
from server.wire import messages
from tests.server.api.program import INFLATE, program
from tests.server.client import SMALL, bearer, joined, post_session, raw
from tests.server.conftest import running
from tests.server.server_log import faults

ENDLESS = {"type": "workload", "enabled": True}


def test_a_script_drives_a_session_at_full_speed_and_reads_its_numbers(server):
    with program(server) as script:  # sent before the guests are made
        assert script.command(INFLATE).json() == {"index": 1, "tick": 0}
        done = script.command({"type": "compact"}, "?wait=idle")
        assert (done.status_code, done.json()["index"]) == (200, 2)
        now = script.state()
        assert now["idle"]
        assert now["designs"]["pinned"]["stats"]["balloon_actual"] == 4096
        told = script.get().json()
        assert [entry["command"]["type"] for entry in told["log"]] == ["balloon_inflate", "compact"]
        assert told["tick"] == now["tick"]


def test_the_past_can_be_read_and_the_future_cannot(server):
    with program(server) as script:
        start = script.state()
        script.command(INFLATE, "?wait=idle")
        now = script.state()
        assert script.state(now["tick"]) == now
        half = script.state(now["tick"] // 2)
        assert 0 < half["designs"]["pinned"]["stats"]["balloon_actual"] < 4096
        assert (
            script.state(0)["designs"]["pinned"]["buddyinfo"]
            == (start["designs"]["pinned"]["buddyinfo"])
        )
        later = script.get(f"/state?tick={now['tick'] + 1}")
        assert later.status_code == 404
        assert "lies in the future" in later.json()["error"]


@pytest.mark.parametrize("tick", ["x", "-1", "1.5", "9" * 17, "²", ""])
def test_a_tick_that_is_none_is_one_sentence(server, tick):
    with program(server) as script:
        answer = script.get(f"/state?tick={tick}")
        assert (answer.status_code, "whole number" in answer.json()["error"]) == (400, True)


def test_what_will_not_be_idle_is_409_and_bad_commands_are_400(server):
    with program(server) as script:
        assert script.command(ENDLESS, "?wait=idle").status_code == 409
        assert script.get().json()["log"] == []
        assert script.command(ENDLESS).status_code == 200
        assert script.command(INFLATE, "?wait=idle").status_code == 409
        assert script.command({"type": "workload", "enabled": False}, "?wait=idle").status_code == (
            200
        )
        for bad in ({"type": "fly"}, {}, None, {"type": "balloon_inflate", "nr_pages": 1 << 27}):
            assert script.command(bad).status_code == 400
        assert script.command(INFLATE, "?wait=ever").status_code == 400
        assert script.client.post(f"{script.url}/commands", json={"commands": []}).status_code == (
            400
        )


def test_a_session_comes_back_after_the_server_did_and_its_page_goes_on(tmp_path):
    settings = Settings(port=0, data_dir=str(tmp_path))
    with running(settings) as address:
        session = post_session(address)
        with program(address, session) as script:
            script.command(INFLATE, "?wait=idle")
            before = script.state()
    with running(settings) as address, program(address, session) as script:
        assert script.get().json()["tick"] == before["tick"], "read without being opened"
        assert script.state() == before
        assert script.command({"type": "compact"}).json()["index"] == 2


async def test_a_session_at_rest_returns_with_the_next_visit_as_if_it_had_never_gone(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(manager_module, "GRACE_S", -1.0)
    with running(Settings(port=0, data_dir=str(tmp_path), max_sessions=1)) as address:
        session = post_session(address)
        async with joined(address, session) as client:
            await client.command("c", **INFLATE)
            picture = await client.until(lambda p: client.stat("balloon_actual") == 4096)
        other = post_session(address)  # there is room for one in memory
        async with joined(address, session) as client:
            again = await client.until(lambda p: True)
            assert (again.log_index, client.stat("balloon_actual")) == (1, 4096)
            assert again.tick >= picture.tick
            assert client.welcome["epoch"] == 1
        assert other != session


async def test_both_endings_of_a_fork_are_there_after_a_restart(tmp_path):
    settings = Settings(port=0, data_dir=str(tmp_path))
    with running(settings) as address:
        session = post_session(address)
        async with joined(address, session) as client:
            first = client.welcome["timeline"]
            await client.send("pace", ticks_per_s=1000)
            await client.command("c", **INFLATE)
            await client.until(lambda p: client.stat("balloon_actual") == 4096)
            other = {"type": "balloon_inflate", "nr_pages": 512}
            await client.send("fork", command_id="f", command=other, tick=0, index=0)
            await client.text("welcome")
            await client.until(lambda p: client.stat("balloon_actual") == 512)
            await client.send("name", command_id="n", timeline=first + 1, name="the small one")
            told = await client.text("timelines")
            assert [line["name"] for line in told["timelines"]] == [None, "the small one"]
            await client.send("name", command_id="m", timeline=first + 2, name="nobody")
            refused = await client.text("error")
            assert f"timeline {first + 2}: this session has 2" in refused["text"]
    with running(settings) as address:
        async with joined(address, session) as client:
            names = [line["name"] for line in client.welcome["timelines"]]
            assert names == [None, "the small one"]
            assert client.welcome["timeline"] == first + 1
            await client.until(lambda p: client.stat("balloon_actual") == 512)
            await client.send("switch", command_id="s", timeline=first)
            await client.text("welcome")
            await client.until(lambda p: client.stat("balloon_actual") == 4096)
            third = {"type": "balloon_inflate", "nr_pages": 64}
            await client.send("fork", command_id="g", command=third, tick=0, index=0)
            await client.text("welcome")
            assert client.welcome["timeline"] == first + 2
    with running(settings) as address, program(address, session) as script:
        state = script.state()
        assert [entry["command"]["nr_pages"] for entry in script.get().json()["log"]] == [64]
        assert state["designs"]["pinned"]["stats"]["balloon_actual"] <= 64


def test_two_servers_share_the_folder_and_a_session_has_one_of_them(tmp_path):
    settings = Settings(port=0, data_dir=str(tmp_path))
    with running(settings) as one, running(settings) as two:
        session = post_session(one)
        with program(one, session) as here, program(two, session) as there:
            assert here.command(INFLATE, "?wait=idle").status_code == 200
            refused = there.command(INFLATE)
            assert refused.status_code == 503
            assert "open in another server on this machine" in refused.json()["error"]
            assert [entry["index"] for entry in there.get().json()["log"]] == [1]
            with program(two) as own:
                assert own.command(INFLATE).status_code == 200


async def test_another_versions_session_says_so_and_is_never_silently_another_world(
    tmp_path, monkeypatch
):
    settings = Settings(port=0, data_dir=str(tmp_path))
    with monkeypatch.context() as older:
        for module in (manager_module, library):
            older.setattr(module, "engine_digest", lambda: "0" * 20)
        with running(settings) as address:
            session = post_session(address)
            async with joined(address, session) as client:
                await client.command("c", **INFLATE)
    with running(settings) as address:
        live = f"{address}/api/sessions/{session}"
        async with raw(address, session) as client:
            await client.send("hello", versions=[1], token=session.viewer)
            assert "played by another version" in (await client.text("error"))["text"]
            assert await client.close_code() == messages.CLOSE_OLDER_ENGINE
        with program(address, session) as script:
            assert script.get("/state").status_code == 409
            assert script.get().json()["engine"] == "0" * 20
            assert [entry["index"] for entry in script.get().json()["log"]] == [1]
            denied = httpx.post(f"{live}/replay", headers=bearer(session.viewer))
            assert denied.status_code == 403
            assert script.client.post(f"{live}/replay").status_code == 202
            assert script.get("/state").status_code == 200
        async with joined(address, session) as client:
            assert client.welcome["log_index"] == 1


def test_a_damaged_journal_is_one_sentence_and_the_others_go_on(tmp_path):
    settings = Settings(port=0, data_dir=str(tmp_path))
    with running(settings) as address:
        broken, whole = post_session(address), post_session(address)
    path = tmp_path / "sessions" / f"{broken}.sqlite"
    path.write_bytes(b"what?" * 5000)
    with faults() as found, running(settings) as address:
        with program(address, broken) as script:
            for answer in (script.get(), script.get("/state"), script.command(INFLATE)):
                assert answer.status_code == 503
                assert "damaged; other sessions are not affected" in answer.json()["error"]
        with program(address, whole) as script:
            assert script.command(INFLATE).status_code == 200
    assert found == []


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with running(Settings(port=0, data_dir=str(tmp_path / "file"))) as address:
        answer = httpx.post(f"{address}/api/sessions", json=SMALL)
        assert answer.status_code == 503
        assert "FRAGSCOPE_DATA_DIR chooses another" in answer.json()["error"]
        assert httpx.get(f"{address}/api/info").status_code == 200
