"""A session whose guest has pageblocks of 4 MiB: the second process, as its clients see it.

That process is not compiled here, which would take a minute; its guest has 32 MiB.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from websockets.exceptions import InvalidStatus

from server.settings import Settings
from tests.engine import small_capture as small
from tests.server.cli.test_geometry import of_order_10
from tests.server.client import WAIT_S, Made, bearer, joined, post_session, raw
from tests.server.conftest import running

DESIGNS = ["lru_hook", "dedicated_block"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def both(folder: Path) -> Iterator[str]:
    """A server that will need its twin."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_DISABLE_JIT", "1")  # this process has read it long ago
        with running(Settings(port=0, data_dir=str(folder), address_sessions=4)) as address:
            yield address
            assert len(twins()) == 1
    assert not twins(), "it ends with the first"


def twins() -> list[int]:
    """Processes that this one has started as twins."""
    mine = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = [int(pid) for path in mine for pid in path.read_text().split()]
    return [pid for pid in pids if b"twin_server" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.fixture(scope="module")
def capture(both: str) -> str:
    """A capture of order 10, uploaded."""
    body = small.archive(of_order_10())
    answer = httpx.post(f"{both}/api/captures?name=ten", content=body, timeout=WAIT_S)
    assert answer.status_code == 201, answer.text
    assert answer.json()["pageblock_order"] == 10
    found: str = answer.json()["capture"]
    return found


@pytest.fixture(scope="module")
def session(both: str, capture: str) -> Made:
    source = {"kind": "upload", "capture": capture}
    return post_session(both, {"source": source, "designs": DESIGNS})


async def test_a_session_of_the_other_process_is_one_like_any_other(
    both: str, session: Made
) -> None:
    async with joined(both, session) as client:
        guest = client.welcome["guest"]
        assert (guest["nr_pages"], guest["nr_pageblocks"]) == (8192, 8)
        assert (await client.command("a", type="huge", nr=3))["type"] == "accepted"
        picture = await client.until(lambda now: now.log_index == 1 and now.tick > 2)
        free = picture.panels[0].planes["free"]
        assert (len(free), int(free.max())) == (8, 1024)
    url, asked = f"{both}/api/sessions/{session}", {"command": {"type": "compact"}}
    done = httpx.post(f"{url}/commands?wait=idle", json=asked, headers=session.headers, timeout=60)
    assert done.json()["index"] == 2
    lines = httpx.get(f"{url}/export", headers=session.headers, timeout=WAIT_S)
    assert lines.headers["content-disposition"].endswith(f'"fragscope-{session}.jsonl"')
    again = httpx.post(f"{both}/api/sessions/import", content=lines.content, timeout=WAIT_S)
    assert again.json()["session"].startswith("o10-")
    picture_of = httpx.get(f"{url}/preview", headers=session.headers, timeout=WAIT_S)
    assert len(picture_of.headers.get_list("date")) == 1
    assert picture_of.json()["guest"]["nr_pageblocks"] == 8


def test_tokens_and_origins_are_looked_at_as_ever(both: str, session: Made) -> None:
    url = f"{both}/api/sessions/{session}"
    assert httpx.get(f"{url}/state", timeout=WAIT_S).status_code == 401
    other = httpx.get(f"{url}/state", headers=bearer("x" * 24), timeout=WAIT_S)
    assert other.status_code == 403
    asked = {"command": {"type": "compact"}}
    viewer = httpx.post(f"{url}/commands", json=asked, headers=bearer(session.viewer), timeout=60)
    assert viewer.status_code == 403
    foreign = session.headers | {"Origin": "https://evil.example"}
    page = httpx.post(f"{url}/commands", json=asked, headers=foreign, timeout=WAIT_S)
    assert (page.status_code, page.json()["error"]) == (
        403, "this page's origin may not write here",
    )  # fmt: skip
    gone = httpx.get(f"{both}/api/sessions/o10-0123456789abcdef", headers=session.headers)
    assert gone.status_code == 404


async def test_a_socket_is_refused_by_the_twin_as_by_the_first(both: str, session: Made) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with raw(both, session, origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403
    async with raw(both, session) as client:
        await client.send("hello", versions=[1], token="not the one")
        assert await client.close_code() == 4403


def test_a_code_of_its_class_is_found(both: str, session: Made) -> None:
    url, body = f"{both}/api/sessions/{session}/code", {"viewer": session.viewer}
    code = httpx.post(url, json=body, headers=session.headers, timeout=WAIT_S).json()["code"]
    found = httpx.post(f"{both}/api/join", json={"code": code}, timeout=WAIT_S)
    assert found.json() == {"session": session, "viewer": session.viewer}
    assert httpx.post(f"{both}/api/join", json={"code": "zzzzzz"}, timeout=60).status_code == 404


def test_the_limits_of_an_address_hold_there(both: str, capture: str, session: Made) -> None:
    body = {"source": {"kind": "upload", "capture": capture}, "designs": DESIGNS}
    made = []
    for _ in range(4):
        answer = httpx.post(f"{both}/api/sessions", json=body, timeout=WAIT_S)
        made.append(answer.status_code)
    assert made[-1] == 429, "four sessions of one address"


async def test_an_example_is_no_guest_of_that_process(both: str, session: Made) -> None:
    async with joined(both, session) as client:
        config = {"source": {"kind": "capture", "name": "runs"}, "designs": DESIGNS}
        await client.send("reset", command_id="r", config=config)
        error = await client.text("error")
        assert "a new session gets a process that has them" in error["text"]


async def test_killed_it_comes_back_with_every_session(both: str, session: Made) -> None:
    url = f"{both}/api/sessions/{session}/state"
    before = httpx.get(url, headers=session.headers, timeout=WAIT_S).json()
    async with joined(both, session) as client:
        (pid,) = twins()
        os.kill(pid, signal.SIGKILL)
        assert await client.close_code() == 1001
    after = httpx.get(url, headers=session.headers, timeout=WAIT_S).json()
    assert (after["tick"], after["digest"]) == (before["tick"], before["digest"])
    assert twins() not in ([], [pid])


def test_they_share_the_folder_and_the_first_goes_on_alone(
    both: str, session: Made, folder: Path
) -> None:
    assert (folder / "sessions" / f"{session}.sqlite").is_file()
    usual = post_session(both, {"source": {"kind": "synthetic", "preset": "tight",
                                           "size_mib": 256}, "designs": ["pinned"]})  # fmt: skip
    assert not usual.startswith("o")
    assert httpx.get(f"{both}/healthz", timeout=WAIT_S).status_code in (200, 503)
