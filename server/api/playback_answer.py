"""A session as one HTML file over REST: played once more beside the session, one at a time."""

from fastapi import Request, Response

from server.api.made_files import Making, page_to_keep, time_limit
from server.jsontext import whole_of
from server.manager import Manager
from server.playback.export import PlaybackFile, Wanted, playback_of
from server.playback.recorder import Span
from server.session.transcript import Transcript


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
        self._making = Making(manager, "playbacks are being made")

    async def answer(self, request: Request, session_id: str) -> Response:
        """The answer of GET /api/sessions/{id}/export?as=html.

        Raises:
            RefusedError, ConflictError: see playback_of().
            LimitReachedError: memory lacks, too many are wanted, or it takes over MAKING_S.
        """
        wanted = wanted_of(dict(request.query_params))
        async with self._making.turn():
            handle = await self._manager.open(session_id)
            found = await handle.transcript()
            made = await self._making.play(found.config, lambda: self._made(found, wanted))
        return page_to_keep(made.text, f"fragscope-{session_id}.html")

    def _made(self, found: Transcript, wanted: Wanted) -> PlaybackFile:
        look = time_limit(
            "the file",
            "play a part (from, to), or use the command line: fragscope session export --html",
        )
        session = self._manager.build(found.config, lambda *_: look(0))
        return playback_of(session, found.log, found.tick, wanted, look)
