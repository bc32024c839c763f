"""Limits per address as a proxy's clients meet them: 429, close 4429, `error` on the socket."""

from contextlib import asynccontextmanager

import httpx2 as httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from server.settings import Settings
from server.wire import messages
from tests.server.api.program import INFLATE
from tests.server.client import SMALL, Client, Made
from tests.server.conftest import running

A, B = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
A_CLAIMS_B = {"X-Forwarded-For": "192.0.2.2, 192.0.2.1"}


@pytest.fixture(scope="module")
def limited():
    limits = {"address_sessions": 2, "address_sockets": 1, "address_commands_per_s": 0.02}
    with running(Settings(port=0, **limits)) as address:
        yield address


@pytest.fixture(scope="module")
def made(limited):
    """A session of A."""
    return Made.of(post(limited, A))


def post(address, headers, path="", **body):
    url = f"{address}/api/sessions{path}"
    return httpx.post(url, json=body or SMALL, headers=headers, timeout=60)


@asynccontextmanager
async def page_of(url, headers, token):
    """A page of an address; asked for again while one that has just left is still counted."""
    for _ in range(200):
        async with connect(url, additional_headers=headers) as socket:
            client = Client(socket)
            try:
                await client.send("hello", versions=[1], token=token)
                await client.text("welcome")
            except ConnectionClosedError:
                continue
            yield client
            return
    pytest.fail("the address never gets its page back")


def test_an_address_makes_so_many_sessions_whatever_it_claims(limited, made):
    assert post(limited, A).status_code == 201
    for headers in (A, A_CLAIMS_B):
        refused = post(limited, headers)
        assert refused.status_code == 429
        assert refused.json()["error"].startswith("2 sessions of your address are in memory")
        copied = post(limited, {**headers, **made.headers}, f"/{made}/copy", tick=0)
        assert copied.status_code == 429, copied.text
    assert post(limited, B).status_code == 201


async def test_an_address_has_so_many_sockets_and_gets_them_back(limited, made):
    url = f"{limited.replace('http', 'ws', 1)}/ws/{made}"
    for _ in range(2):
        async with page_of(url, A, made.viewer):
            async with connect(url, additional_headers=A_CLAIMS_B) as second:
                refused = await Client(second).text("error")
                assert refused["text"].startswith("1 pages of your address are open")
                assert await Client(second).close_code() == messages.CLOSE_LIMIT
            async with page_of(url, B, made.viewer):
                pass


async def test_commands_count_together_whichever_way_they_come(limited, made):
    url = f"{limited.replace('http', 'ws', 1)}/ws/{made}"
    async with page_of(url, A, made.presenter) as client:
        assert (await client.command("first", type="compact"))["type"] == "accepted"
        refused = await client.command("second", type="compact")
        assert (refused["type"], refused["code"]) == ("error", None)
        assert refused["text"].startswith("your address gives more than 0.02 commands a second")
    headers = {**A, **made.headers}
    answer = post(limited, headers, f"/{made}/commands", command=INFLATE)
    assert (answer.status_code, "more than 0.02 commands" in answer.text) == (429, True)
    assert (
        post(limited, {**B, **made.headers}, f"/{made}/commands", command=INFLATE).status_code
        == 200
    )
