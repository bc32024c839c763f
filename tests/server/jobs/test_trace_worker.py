"""The messages between the server and the process that makes traces."""

from __future__ import annotations

import io

from server.jobs.trace_worker import put, take


def test_messages_come_back_whole_and_in_order() -> None:
    stream = io.BytesIO()
    for message in (b"one", b"", b"x" * 100_000):
        put(stream, message)
    stream.seek(0)
    assert [take(stream) for _ in range(4)] == [b"one", b"", b"x" * 100_000, None]


def test_a_message_cut_short_is_no_message() -> None:
    stream = io.BytesIO()
    put(stream, b"whole")
    assert take(io.BytesIO(stream.getvalue()[:-1])) is None
    assert take(io.BytesIO(stream.getvalue()[:3])) is None
