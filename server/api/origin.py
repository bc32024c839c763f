"""Same Origin only: no other site's page may drive or watch a session; pure."""

from urllib.parse import urlsplit

_SAME = {"ws": "http", "wss": "https", "http": "http", "https": "https"}
_PORTS = {"http": 80, "https": 443}


def _parts(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin; None when it is none ("null", a malformed one)."""
    try:
        split = urlsplit(origin)
        port = split.port
    except ValueError:
        return None
    if split.scheme not in _PORTS or not split.hostname:
        return None
    return split.scheme, split.hostname.lower(), port or _PORTS[split.scheme]


def origin_allowed(
    origin: str | None, scheme: str, host: str | None, further: frozenset[str]
) -> bool:
    """Whether a request with this Origin header may be served.

    Args:
        origin: the header; None = no browser sent this, which is allowed.
        scheme: of the request: ws, wss, http or https.
        host: its Host header.
        further: origins allowed by the settings.
    """
    if origin is None:
        return True
    if origin.lower() in further:
        return True
    asked = _parts(origin)
    own = _parts(f"{_SAME.get(scheme, scheme)}://{host}") if host else None
    return asked is not None and asked == own
