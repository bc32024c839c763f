"""Which pages may connect."""

import pytest

from server.api.origin import origin_allowed

FURTHER = frozenset({"https://lectures.example"})


@pytest.mark.parametrize(
    ("origin", "scheme", "host", "allowed"),
    [
        (None, "ws", "127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "ws", "127.0.0.1:8000", True),
        ("http://LOCALHOST:8000", "http", "localhost:8000", True),
        ("http://box", "ws", "box:80", True),
        ("https://box", "wss", "box", True),
        ("http://[::1]:8000", "ws", "[::1]:8000", True),
        ("https://lectures.example", "ws", "127.0.0.1:8000", True),
        ("https://Lectures.example", "ws", "127.0.0.1:8000", True),
        ("http://evil.example", "ws", "127.0.0.1:8000", False),
        ("http://127.0.0.1:8001", "ws", "127.0.0.1:8000", False),
        ("https://127.0.0.1:8000", "ws", "127.0.0.1:8000", False),
        ("http://127.0.0.1:8000.evil.example", "ws", "127.0.0.1:8000", False),
        ("http://127.0.0.1:8000@evil.example", "ws", "127.0.0.1:8000", False),
        ("http://localhost:8000", "ws", "127.0.0.1:8000", False),
        ("null", "ws", "127.0.0.1:8000", False),
        ("", "ws", "127.0.0.1:8000", False),
        ("http://127.0.0.1:99999", "ws", "127.0.0.1:99999", False),
        ("http://a", "ws", None, False),
        ("file://", "ws", "127.0.0.1:8000", False),
    ],
)
def test_only_the_servers_own_origin_and_allowed_ones_may_connect(origin, scheme, host, allowed):
    assert origin_allowed(origin, scheme, host, FURTHER) is allowed
