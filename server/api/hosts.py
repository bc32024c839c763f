"""Which names this server answers to: no other site's name may be pointed at it (DNS rebinding).

The Origin check does not help there: once evil.example resolves to 127.0.0.1, its page's Origin and
the Host header agree. Who asks for an IP address cannot have been led here by a name.
"""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api.body import error_response
from server.settings import Settings

ALWAYS = ("localhost", "*.localhost")


def _name(authority: str) -> str:
    """Host of an authority without port and brackets, in small letters; empty if there is none."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def is_address(host: str) -> bool:
    """Whether a Host header names an IP address, v4 or v6."""
    try:
        ipaddress.ip_address(_name(host))
    except ValueError:
        return False
    return True


def known_names(settings: Settings) -> tuple[str, ...]:
    """Patterns for TrustedHostMiddleware: a name, ``*.name``, or ``*`` for any.

    Those of the settings, the name listened on, and the hosts of origins that are let in.
    """
    origins = [urlsplit(origin).netloc for origin in settings.allowed_origins]
    named = [_name(part) for part in (settings.host, *origins)]
    return (*ALWAYS, *settings.host_patterns, *filter(None, named))


class KnownHosts:
    """Starlette's TrustedHostMiddleware, with what it cannot say: IP addresses, and the reason."""

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        """Requests, HTTP and WebSocket, with any other Host get 400.

        Args:
            app: what they are handed on to.
            names: see known_names().
        """
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on or refuse one request."""
        if scope["type"] in ("http", "websocket"):
            host = Headers(scope=scope).get("host", "")
            if not is_address(host) and not await self._knows(scope, receive):
                text = f"this server does not go by the name {host[:80]!r}"
                refusal = error_response(400, f"{text}: FRAGSCOPE_ALLOWED_HOSTS could allow it")
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _knows(self, scope: Scope, receive: Receive) -> bool:
        known = False

        async def handed_on(_scope: Scope, _receive: Receive, _send: Send) -> None:
            nonlocal known
            known = True

        async def unsent(_: Message) -> None:
            """Its own refusal has no reason in it."""

        await TrustedHostMiddleware(handed_on, self._names, False)(scope, receive, unsent)
        return known
