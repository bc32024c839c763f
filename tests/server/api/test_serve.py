"""The process: its address, a busy port, and a clean end by SIGTERM and SIGINT."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2 as httpx
import pytest

from server.api.serve import address, bind, make_server
from server.compiler import warm as warm_module
from server.settings import Settings
from server.wire import messages
from tests.server.client import joined, post_session
from tests.server.raw_socket import RawSocket, text

ROOT = Path(__file__).parents[3]


def start(*arguments):
    """The server as a process of its own; its address is read off what it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "server.cli", "serve", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )
    line = process.stdout.readline()
    assert "http://" in line, process.communicate()[1]
    return process, line.split()[3].rstrip("/")


def test_ctrl_c_says_goodbye_to_viewers_and_ends_with_status_0():
    process, where = start("--port", "0")

    async def watch():
        async with joined(where, post_session(where)) as client:
            await client.until(lambda p: True)
            process.send_signal(signal.SIGINT)
            return await client.close_code()

    assert asyncio.run(watch()) == messages.CLOSE_GOING_AWAY
    begin = time.monotonic()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert time.monotonic() - begin < 8
    assert "Traceback" not in err


def test_a_signal_under_load_ends_all_within_5_seconds_and_leaves_the_journals_in_one_piece(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("FRAGSCOPE_DATA_DIR", str(tmp_path))
    process, where = start("--port", "0")

    async def play():
        """Two sessions at work, watched; one socket answers nothing, one body never comes."""
        made = [post_session(where) for _ in range(2)]
        async with AsyncExitStack() as sockets:
            for session in made:
                client = await sockets.enter_async_context(joined(where, session))
                await client.send("pace", ticks_per_s=1000)
                await client.command("w", type="workload", enabled=True, rate=500)
                await client.until(lambda picture: picture.tick > 20)
            watching = [await sockets.enter_async_context(joined(where, one)) for one in made]
            stalled = sockets.enter_context(RawSocket(where))
            stalled.handshake(f"/ws/{made[0]}".encode())
            hello = {"type": "hello", "versions": [1], "token": made[0].viewer}
            stalled.send(text(json.dumps(hello)))
            upload = sockets.enter_context(RawSocket(where))
            upload.send(
                f"POST /api/captures HTTP/1.1\r\nHost: {upload.host}\r\n"
                "Content-Length: 9\r\n\r\n".encode()
            )
            begin = time.monotonic()
            process.send_signal(signal.SIGTERM)
            codes = [await client.close_code() for client in watching]
            _, err = await asyncio.to_thread(process.communicate, timeout=30)
            return codes, time.monotonic() - begin, err

    codes, seconds, err = asyncio.run(play())
    assert process.returncode == 0, err
    assert codes == [messages.CLOSE_GOING_AWAY] * 2
    assert "Traceback" not in err
    assert seconds < 5
    # A closed SQLite file has taken its write-ahead log in: nothing lies beside it but the lock.
    kept = [path.suffix for path in (tmp_path / "sessions").iterdir()]
    assert sorted(kept) == [".lock", ".lock", ".sqlite", ".sqlite"]


def test_a_signal_while_it_still_prepares_ends_it_quietly():
    process, where = start("--port", "0")
    assert httpx.get(f"{where}/api/info").status_code == 200
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err


def test_a_port_in_use_is_one_sentence():
    taken = bind("127.0.0.1", 0)
    port = taken.getsockname()[1]
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "serve", "--port", str(port)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    taken.close()
    assert done.returncode == 2
    assert done.stderr.startswith(f"fragscope: cannot listen on port {port} of 127.0.0.1: ")
    assert done.stderr.count("\n") == 1


def test_the_printed_address_can_be_opened_and_a_bad_one_is_refused():
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    assert address(listener) == f"http://127.0.0.1:{port}/"
    listener.close()
    everywhere = bind("0.0.0.0", 0)
    assert address(everywhere).startswith("http://127.0.0.1:")
    everywhere.close()
    with pytest.raises(ValueError, match=r"cannot listen on no\.such\.host"):
        bind("no.such.host.invalid", 0)


def test_it_ends_when_the_simulator_cannot_be_prepared(monkeypatch, caplog):
    def broken():
        raise OSError("no space left on device")
        yield

    monkeypatch.setattr(warm_module, "scene", broken)
    server = make_server(Settings())
    server.run(sockets=[bind("127.0.0.1", 0)])
    assert server.failed
    assert "no space left" in caplog.text
