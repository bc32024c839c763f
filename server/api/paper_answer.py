"""A session's report as one HTML file over REST: the bytes of ``fragscope report SESSION``."""

import asyncio
import time

from fastapi import Response

from server.api.body import LargeBodies
from server.api.playback_answer import MAKING_S, MAX_WAITING
from server.errors import LimitReachedError
from server.journal.session_file import SessionFile
from server.manager import Manager
from server.paper.session_page import Origin, session_page
from server.paper.stored_page import play_stored


class Papers:
    """Makes the reports, one at a time. Owned by the event loop."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._turn = asyncio.Semaphore(1)
        self._waiting = LargeBodies(MAX_WAITING, "reports are being made")

    async def answer(self, session_id: str, found: SessionFile) -> Response:
        """The answer of GET /api/sessions/{id}/export?as=report.

        Args:
            session_id: whose.
            found: the session, with the digest of where it stands.

        Raises:
            RefusedError: see play_for_paper().
            LimitReachedError: memory lacks, too many are wanted, or it takes over MAKING_S.
        """
        with self._waiting.one():
            async with self._turn:
                size = self._manager.library.check(found.record.head.config)
                holder = object()
                self._manager.budget.reserve(holder, size)
                try:
                    text = await asyncio.to_thread(self._made, session_id, found)
                finally:
                    self._manager.budget.release(holder)
        name = f"fragscope-{session_id}-report.html"
        return Response(
            text,
            media_type="text/html; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _made(self, session_id: str, found: SessionFile) -> str:
        end = time.monotonic() + MAKING_S

        def look(tick: int) -> None:
            if time.monotonic() > end:
                raise LimitReachedError(
                    f"the report was not made within {MAKING_S:.0f} s, which got to tick {tick}:"
                    f" use the command line: fragscope report {session_id} -o report.html"
                )

        session = self._manager.build(found.record.head.config, lambda *_: look(0))
        return session_page(*play_stored(found, Origin(session_id, "session"), session, look))
