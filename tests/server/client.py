"""A client of the server, as the page is one: hello, credits, deltas."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2 as httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.wire.frames import Picture, decode_frame

SMALL = {
    "source": {"kind": "synthetic", "preset": "tight", "size_mib": 256, "seed": 1},
    "designs": ["pinned", "dedicated_block"],
}
WAIT_S = 60


class Made(str):
    """A session's id, with the tokens that its maker was told.

    Attributes:
        presenter: token of who may command.
        viewer: token of who may look.
    """

    presenter: str
    viewer: str

    @classmethod
    def of(cls, answer: httpx.Response) -> "Made":
        """What the answer to a POST tells."""
        assert answer.status_code == 201, answer.text
        made = cls(answer.json()["session"])
        made.presenter, made.viewer = answer.json()["presenter"], answer.json()["viewer"]
        return made

    @property
    def headers(self) -> dict[str, str]:
        """Of a request by the presenter."""
        return {"Authorization": f"Bearer {self.presenter}"}


def bearer(token: str) -> dict[str, str]:
    """Headers of a request with that token."""
    return {"Authorization": f"Bearer {token}"}


class Client:
    """One socket. Messages that nobody waits for yet are kept in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.picture: Picture | None = None
        self.welcome: dict[str, Any] = {}
        self.texts: list[dict[str, Any]] = []
        self.frame_types: list[int] = []

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def receive(self) -> dict[str, Any] | Picture:
        """The next message; a frame is applied and paid for with a credit."""
        data = await asyncio.wait_for(self.socket.recv(), WAIT_S)
        if isinstance(data, str):
            message: dict[str, Any] = json.loads(data)
            if message["type"] == "welcome":
                self.welcome = message
                self.picture = None
            return message
        self.picture = decode_frame(data, self.picture)
        self.frame_types.append(data[5])
        # The server may have closed meanwhile; what it said before that is still to be read.
        with suppress(ConnectionClosed):
            await self.send("credit")
        return self.picture

    async def text(self, kind: str) -> dict[str, Any]:
        """The next text message of a kind; frames on the way are painted, other texts kept."""
        for i, message in enumerate(self.texts):
            if message["type"] == kind:
                return self.texts.pop(i)
        while True:
            message = await self.receive()
            if isinstance(message, dict):
                if message["type"] == kind:
                    return message
                self.texts.append(message)

    async def until(self, condition: Callable[[Picture], bool]) -> Picture:
        """The first picture from now on, the present one included, that fulfils ``condition``."""
        while self.picture is None or not condition(self.picture):
            message = await self.receive()
            if isinstance(message, dict):
                self.texts.append(message)
        return self.picture

    def stat(self, name: str, design: int = 0) -> int:
        """A statistic of the present picture."""
        assert self.picture is not None
        return int(self.picture.panels[design].stats[self.welcome["stat_fields"].index(name)])

    async def command(self, command_id: str, **command: Any) -> dict[str, Any]:
        """Send a command; the answer to it."""
        await self.send("command", command_id=command_id, command=command)
        while True:
            message = await self.receive()
            if isinstance(message, dict):
                if message.get("command_id") == command_id:
                    return message
                self.texts.append(message)

    async def close_code(self) -> int | None:
        """Wait until the server closes."""
        await asyncio.wait_for(self.socket.wait_closed(), WAIT_S)
        return self.socket.close_code


def post_session(address: str, config: dict[str, Any] | None = None) -> Made:
    """A new session."""
    json = SMALL if config is None else config
    return Made.of(httpx.post(f"{address}/api/sessions", json=json, timeout=WAIT_S))


@asynccontextmanager
async def raw(address: str, session: str, origin: str | None = None) -> AsyncIterator[Client]:
    """A socket before hello."""
    url = f"{address.replace('http', 'ws', 1)}/ws/{session}"
    async with connect(url, origin=origin, max_size=None) as socket:  # type: ignore[arg-type]
        yield Client(socket)


@asynccontextmanager
async def joined(address: str, session: Made, token: str | None = None) -> AsyncIterator[Client]:
    """A socket that has been welcomed; by default the presenter's."""
    async with raw(address, session, origin=address) as client:
        await client.send("hello", versions=[1], token=token or session.presenter)
        await client.text("welcome")
        yield client
