"""Who asks: the token of a request, and whether it opens a session."""

from fastapi import Request

from server.addresses import peer_of
from server.api.body import Refusal
from server.manager import Manager
from server.session.event_side import SessionHandle
from server.wire.messages import Role

_SCHEME = "bearer "


def token_of(request: Request) -> str:
    """The bearer token of a request.

    Raises:
        Refusal: 401, there is none.
    """
    header = request.headers.get("authorization", "")
    if not header.lower().startswith(_SCHEME) or not header[len(_SCHEME) :].strip():
        raise Refusal(401, "a token of this session is needed: Authorization: Bearer TOKEN")
    return header[len(_SCHEME) :].strip()


def peer(request: Request) -> str:
    """Whom limits per address count a request as."""
    return peer_of(request.client.host if request.client else None)


async def opened(request: Request, manager: Manager, session_id: str) -> SessionHandle:
    """The session, for whoever may look at it.

    Raises:
        As of let_in() and Manager.open().
    """
    await let_in(request, manager, session_id)
    return await manager.open(session_id)


async def let_in(
    request: Request, manager: Manager, session_id: str, least: Role = "viewer"
) -> None:
    """Refuse whoever may not do that.

    Args:
        request: with the token.
        manager: of all sessions.
        session_id: which.
        least: the role that is needed; a presenter may look, too.

    Raises:
        NotFoundError, JournalError: there is no such session, or it is damaged.
        Refusal: 401 without a token, 403 with one that does not do.
    """
    await manager.shelf.hashes(session_id)
    role = await manager.shelf.role(session_id, token_of(request))
    if role is None:
        raise Refusal(403, "this token does not open the session")
    if least == "presenter" and role != "presenter":
        raise Refusal(403, "this token lets one look: the presenter's is needed for that")
