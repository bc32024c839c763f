"""A question and what people say to it, for tests of several files."""

from __future__ import annotations

from typing import Any

POSE: dict[str, Any] = {
    "type": "pose",
    "text": "How many huge pages will each design give?",
    "quantity": "huge_best",
    "designs": ["pinned", "dedicated_block"],
    "commands": [
        {"type": "balloon_target", "nr_pages": 10_000},
        {"type": "huge", "nr": 60},
    ],
}


def guess(number: int, *ranges: tuple[int, int]) -> dict[str, Any]:
    """The message of a viewer."""
    return {"type": "guess", "number": number, "ranges": [list(one) for one in ranges]}
