"""A session's report as one HTML file over REST: the bytes of ``fragscope report SESSION``."""

from fastapi import Response

from server.api.made_files import Making, page_to_keep, time_limit
from server.journal.session_file import SessionFile
from server.manager import Manager
from server.paper.session_page import Origin, session_page
from server.paper.stored_page import play_stored


class Papers:
    """Makes the reports. Owned by the event loop."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._making = Making(manager, "reports are being made")

    async def answer(self, session_id: str, found: SessionFile) -> Response:
        """The answer of GET /api/sessions/{id}/export?as=report.

        Args:
            session_id: whose.
            found: the session, with the digest of where it stands.

        Raises:
            RefusedError: see play_for_paper().
            LimitReachedError: memory lacks, too many are wanted, or it takes over MAKING_S.
        """
        async with self._making.turn():
            text = await self._making.play(
                found.record.head.config, lambda: self._made(session_id, found)
            )
        return page_to_keep(text, f"fragscope-{session_id}-report.html")

    def _made(self, session_id: str, found: SessionFile) -> str:
        look = time_limit(
            "the report", f"use the command line: fragscope report {session_id} -o report.html"
        )
        session = self._manager.build(found.record.head.config, lambda *_: look(0))
        return session_page(*play_stored(found, Origin(session_id, "session"), session, look))
