"""``fragscope view``: the maps of a running session in a terminal, live, or one picture of them."""

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from websockets.asyncio.client import ClientConnection

    from server.wire.frames import Picture

DRAW_S = 0.1  # a terminal over ssh follows ten pictures a second
ANSWER_S = 60
PACES = (10, 20, 60, 120, 250, 500, 1000)  # ticks a second
BALLOON_MIB = 25  # of one press
HUGE = 2000
KEYS = "arrows block  Tab design  c compact  h huge  < > balloon  + - pace  q quit"
_KEY = re.compile(rb"\x1b\[[A-Z]|.", re.DOTALL)
_ARROWS = {b"\x1b[A": "up", b"\x1b[B": "down", b"\x1b[C": "right", b"\x1b[D": "left"}


def add_view(commands: Any) -> None:
    """Describe the command to argparse."""
    parser = commands.add_parser(
        "view",
        help="draw a running session's maps in this terminal",
        description="The maps of a session, live, in a terminal. In quotes: its address has a &.",
    )
    parser.add_argument("url", metavar="URL", help="a link of the page, in quotes")
    parser.add_argument("--once", action="store_true", help="print one picture and end")
    parser.set_defaults(run=run_view)


def run_view(args: argparse.Namespace) -> int:
    """Draw until ``q``, or once; the exit status."""
    from rich.console import Console
    from websockets.exceptions import ConnectionClosed, InvalidHandshake

    address, token = door_of(args.url)
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    live = not args.once and sys.stdin.isatty() and console.is_terminal
    try:
        return asyncio.run(_View(console, address, token).run(live))
    except ConnectionClosed as closed:
        told = closed.rcvd.reason if closed.rcvd and closed.rcvd.reason else "it said no why"
        raise ValueError(f"the server has closed the connection: {told}") from None
    except InvalidHandshake as refused:
        raise ValueError(f"no fragscope answers at {address}: {refused}") from None
    except TimeoutError:
        raise ValueError(f"nothing came from {address} for {ANSWER_S} seconds") from None


def door_of(url: str) -> tuple[str, str]:
    """The socket's address and the token in a link of the page.

    Raises:
        ValueError: it is no link to a session; one sentence.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{url[:80]!r} is no address of a page: http:// or https:// is needed")
    fields = {name: values[0] for name, values in parse_qs(parts.fragment).items()}
    token = fields.get("p") or fields.get("t")
    if "s" not in fields or not token:
        raise ValueError(
            "the link names no session and token (#s=…&t=…): copy it from the page, and put it"
            " in quotes, for it has a &"
        )
    folder = parts.path.rpartition("/")[0]
    return f"ws{parts.scheme[4:]}://{parts.netloc}{folder}/ws/{fields['s']}", token


@contextmanager
def _keys_at_once() -> Iterator[None]:
    """The terminal gives each key as it is pressed, without showing it."""
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


class _View:
    """One socket, one terminal. What came last is drawn; nothing waits in a queue."""

    def __init__(self, console: "Console", address: str, token: str) -> None:
        self._console = console
        self._address = address
        self._token = token
        self._letters = console.no_color or console.color_system is None
        self._socket: ClientConnection
        self._welcome: dict[str, Any] = {}
        self._picture: Picture | None = None
        self._may = False
        self._said = ""
        self._given = 0
        self._pace = 0.0
        self._chosen: int | None = None
        self._at = 0
        self._changed = asyncio.Event()
        self._over = False

    async def run(self, live: bool) -> int:
        """Connect and draw; the exit status."""
        from websockets.asyncio.client import connect

        async with connect(self._address, max_size=None, open_timeout=ANSWER_S) as self._socket:
            await self._send("hello", versions=[1], token=self._token)
            while self._picture is None:
                await asyncio.wait_for(self._receive(), ANSWER_S)
            if live:
                await self._live()
            else:
                for line in self._lines(keys=False):
                    self._console.print(line, no_wrap=True, crop=False)
        return 0

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def _receive(self) -> None:
        """One message of the server."""
        from server.wire.frames import decode_frame

        data = await self._socket.recv()
        if isinstance(data, bytes):
            with suppress(ValueError):  # of an event that a terminal does not draw
                self._picture = decode_frame(data, self._picture)
            await self._send("credit")
        else:
            self._hear(json.loads(data))
        self._changed.set()

    def _hear(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "welcome":
            self._welcome, self._picture, self._chosen = message, None, None
            self._pace = message["ticks_per_s"]
        elif kind == "pace":
            self._pace = message["ticks_per_s"]
        elif kind == "role":
            self._may = message["role"] == "presenter"
        elif kind == "error" or kind == "progress":
            self._said = message["text"]
        elif kind == "accepted":
            self._said = f"command no. {message['index']} at tick {message['tick']:,}"

    def _lines(self, keys: bool) -> list[Any]:
        from rich.text import Text

        from server.cli.view_map import picture_lines

        size = (self._console.width, self._console.height)
        assert self._picture is not None
        lines = picture_lines(
            self._picture, self._welcome, size, self._letters, self._chosen, self._at
        )
        if keys:
            for words in (self._said, KEYS if self._may else "arrows block  Tab design  q quit"):
                line = Text(words)
                line.truncate(size[0])
                lines.append(line)
        return lines

    async def _live(self) -> None:
        from rich.live import Live

        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()

        def read() -> None:
            for pressed in _KEY.findall(os.read(sys.stdin.fileno(), 64)):
                task = loop.create_task(self._press(pressed))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        hearing = loop.create_task(self._hear_on())
        with _keys_at_once(), Live(console=self._console, screen=True, auto_refresh=False) as live:
            loop.add_reader(sys.stdin.fileno(), read)
            try:
                await self._draw_on(live, hearing)
            finally:
                loop.remove_reader(sys.stdin.fileno())
                hearing.cancel()

    async def _hear_on(self) -> None:
        try:
            while True:
                await self._receive()
        finally:
            self._changed.set()

    async def _draw_on(self, live: "Live", hearing: "asyncio.Task[None]") -> None:
        from rich.text import Text

        while not self._over:
            if self._picture is not None:
                live.update(Text("\n").join(self._lines(keys=True)), refresh=True)
            await self._changed.wait()
            self._changed.clear()
            if hearing.done():
                hearing.result()  # raises what ended it
            if not self._over:
                await asyncio.sleep(DRAW_S)

    async def _press(self, pressed: bytes) -> None:
        """What a key does."""
        self._said = ""
        self._changed.set()
        key = _ARROWS.get(pressed) or pressed.decode("ascii", "replace")[:1]
        if key in ("q", "\x03", "\x04"):
            self._over = True
        elif key == "\t":
            self._at = (self._at + 1) % max(1, len(self._welcome.get("designs", ())))
        elif key in _ARROWS.values():
            self._move(key)
        elif key in "ch<>+-":
            await self._act(key)

    def _move(self, way: str) -> None:
        if self._picture is None:
            return
        from server.cli.view_map import grid_of

        grid = grid_of(
            self._picture.nr_pageblocks,
            len(self._picture.panels),
            (self._console.width, self._console.height),
            self._letters,
        )
        step = {"right": 1, "left": -1, "up": grid.cols, "down": -grid.cols}[way] * grid.per
        last = self._picture.nr_pageblocks - 1
        self._chosen = 0 if self._chosen is None else min(last, max(0, self._chosen + step))

    async def _act(self, key: str) -> None:
        if not self._may:
            self._said = "this link may look on only: a presenter's link may command"
        elif key in "+-":
            faster = [pace for pace in PACES if pace > self._pace]
            slower = [pace for pace in PACES if pace < self._pace]
            pace = (faster or PACES[-1:])[0] if key == "+" else (slower or PACES[:1])[-1]
            await self._send("pace", ticks_per_s=pace)
            self._pace = pace
            self._said = f"{pace} ticks a second"
        else:
            self._given += 1
            command = self._command(key)
            await self._send("command", command_id=f"view-{self._given}", command=command)

    def _command(self, key: str) -> dict[str, Any]:
        if key == "c":
            return {"type": "compact"}
        if key == "h":
            return {"type": "huge", "nr": HUGE}
        from engine import units as u

        assert self._picture is not None
        fields = self._welcome["stat_fields"]
        now = int(self._picture.panels[0].stats[fields.index("balloon_target")])
        step = BALLOON_MIB * u.MIB_PAGES
        target = max(0, now + (step if key == ">" else -step))
        return {"type": "balloon_target", "nr_pages": target}
