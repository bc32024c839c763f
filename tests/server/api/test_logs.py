"""The log of a real server process: JSON lines, and no token in them whatever is asked how."""

import asyncio
import json
import logging
import os
import re
import signal
import subprocess
import sys

import httpx2 as httpx
import pytest

from engine.errors import RefusedError
from server.api.logs import JsonLines
from server.settings import settings_from
from tests.project_files import ROOT
from tests.server.api.program import INFLATE
from tests.server.client import joined, post_session, raw
from tests.server.raw_socket import RawSocket


@pytest.fixture
def process():
    """The server, its address, and a function that ends it and returns all that it wrote."""
    one = subprocess.Popen(
        [sys.executable, "-m", "server.cli", "serve", "--port", "0"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FRAGSCOPE_LOG": "json"},
    )  # fmt: skip
    lines = [one.stdout.readline()]
    where = re.search(r"http://\S+(?=/)", json.loads(lines[0])["message"])[0]

    def end():
        one.send_signal(signal.SIGTERM)
        lines.extend(one.communicate(timeout=30)[0].splitlines())
        assert one.returncode == 0
        return lines

    yield where, end
    one.kill()
    one.wait()


async def walk(where, made):
    """Everything that a person or a program does with tokens, well and badly."""
    url = f"{where}/api/sessions/{made}"
    tokens = (made.presenter, made.viewer)
    async with httpx.AsyncClient(timeout=60) as client:
        for token in tokens:
            bearer = {"Authorization": f"Bearer {token}"}
            for query in (f"?t={token}", f"?tick={token}", f"?what={token}&design={token}"):
                for path in ("", "/state", "/find", "/moments", "/preview", "/export", f"/{token}"):
                    await client.get(f"{url}{path}{query}", headers=bearer)
                await client.get(f"{where}/{query}", headers={"Referer": f"{where}/{query}"})
            await client.post(f"{url}/commands", headers=bearer, json={"command": INFLATE})
            await client.post(f"{url}/commands", headers=bearer, content=f'{{"{token}')
            await client.post(f"{url}/replay?t={token}", headers=bearer)
            await client.get(f"{where}/api/sessions/{token}", headers={"Authorization": token})
    for token in tokens:
        async with joined(where, made, token) as socket:
            await socket.send("command", command_id=token, command={"type": token})
            await socket.text("error")
            await socket.send("hello", versions=[1], token=token)
            await socket.text("error")
        async with raw(where, made) as socket:
            await socket.socket.send(f'{{"type": "hello", "token": "{token}", ')
            await socket.close_code()
    with RawSocket(where) as peer:
        peer.send(f"GET /ws/{made}?t={made.viewer} HTTP/9 {made.presenter}\r\n\r\n".encode())
        peer.half_close()


def test_a_session_walked_with_its_tokens_leaves_none_in_the_log(process):
    where, end = process
    made = post_session(where)
    asyncio.run(walk(where, made))
    lines = end()
    for line in lines:
        assert {"time", "level", "logger", "message"} <= json.loads(line).keys()
        assert "Traceback" not in line
    text = "\n".join(lines)
    assert "the simulator is ready" in text
    assert made.presenter not in text
    assert made.viewer not in text


def test_a_fault_is_one_line_with_its_traceback():
    try:
        raise KeyError("epoch")
    except KeyError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, __file__, 1, "%s failed", ("it\nall",), sys.exc_info()
        )
    line = JsonLines().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["message"]) == ("error", "it\nall failed")
    assert "KeyError: 'epoch'" in told["exception"]


def test_another_form_is_refused():
    with pytest.raises(RefusedError, match="FRAGSCOPE_LOG is 'xml': text or json is needed"):
        settings_from({"FRAGSCOPE_LOG": "xml"})
