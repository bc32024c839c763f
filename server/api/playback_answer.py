"""A session as one HTML file over REST: played once more beside the session, one at a time."""

import asyncio
import time

from fastapi import Request, Response

from server.api.body import LargeBodies
from server.errors import LimitReachedError
from server.jsontext import whole_of
from server.manager import Manager
from server.playback.export import PlaybackFile, Wanted, playback_of
from server.playback.recorder import Span
from server.session.transcript import Transcript

MAKING_S = 60.0  # of playing; the command line has none
MAX_WAITING = 4


def wanted_of(fields: dict[str, str]) -> Wanted:
    """What an address asks for.

    Args:
        fields: of the address: from, to, every, designs, charts, link, yes; any may be absent.

    Raises:
        RefusedError: one of them makes no sense.
    """

    def number(name: str, otherwise: int | None) -> int | None:
        text = fields.get(name, "")
        return whole_of(text, name, "ticks") if text else otherwise

    designs = tuple(key.strip() for key in fields.get("designs", "").split(",") if key.strip())
    part = Span(number("from", 0) or 0, number("to", None), number("every", 1) or 0, designs)
    charts, large = (bool(fields.get(name, "")) for name in ("charts", "yes"))
    return Wanted(part, charts, fields.get("link", ""), large)


class Playbacks:
    """Makes the files. Owned by the event loop."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._turn = asyncio.Semaphore(1)
        self._waiting = LargeBodies(MAX_WAITING, "playbacks are being made")

    async def answer(self, request: Request, session_id: str) -> Response:
        """The answer of GET /api/sessions/{id}/export?as=html.

        Raises:
            RefusedError, ConflictError: see playback_of().
            LimitReachedError: memory lacks, too many are wanted, or it takes over MAKING_S.
        """
        wanted = wanted_of(dict(request.query_params))
        with self._waiting.one():
            async with self._turn:
                handle = await self._manager.open(session_id)
                found = await handle.transcript()
                size = self._manager.library.check(found.config)
                holder = object()
                self._manager.budget.reserve(holder, size)
                try:
                    made = await asyncio.to_thread(self._made, found, wanted)
                finally:
                    self._manager.budget.release(holder)
        return Response(
            made.text,
            media_type="text/html; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="fragscope-{session_id}.html"',
            },
        )

    def _made(self, found: Transcript, wanted: Wanted) -> PlaybackFile:
        end = time.monotonic() + MAKING_S

        def look(tick: int) -> None:
            if time.monotonic() > end:
                raise LimitReachedError(
                    f"the file was not made within {MAKING_S:.0f} s, which got to tick {tick}: play"
                    " a part (from, to), or use the command line: fragscope session export --html"
                )

        session = self._manager.build(found.config, lambda *_: look(0))
        return playback_of(session, found.log, found.tick, wanted, look)
