"""Phrases that a native reader stumbles over, found once and not to come back.

The list grows when one is found; each is written so that this file does not find itself.
"""

from __future__ import annotations

import re

import pytest

from tests.project_files import none, text_files

# Pattern -> how it reads in English.
STUMBLES = {
    r"nobody's fault in [f]orm": "neither bad input nor a defect",
    r"[Bb]lank of [a]ny": "knows nothing of",
    r"is found out [b]y": "is detected by",
    r"\b[W]hat of the\b": "which parts of the",
    r"\b[f]oretell": "predict",
    r"\b(have|has) [a]like\b": "share",
    r"\bwaits? to be [t]old\b": "waits for",
    r"\bis to be [s]aid\b": "must be said",
    r"\bsays? of [e]ach\b": "says about each",
    r"(?<![.\w])what [l]acks\b": "what is missing",
    r"\bdef test_\w*(is|are)_[t]old(?!_apart)": "what is shown, sent, named or reported",
    r"\bdef test_\w*nobody_is_[f]ooled": "say what would be wrong",
    r"\btest_no_meaning_is_[l]eft_over": "say what would be wrong",
    r"\btest_guests_leave_the_machine_[r]oom": "say what would be wrong",
}
NOT_PROSE = ("examples/", "tests/golden/", "docs/adr/")


def stumbles(text: str) -> list[tuple[int, str, str]]:
    """Line, phrase and what to write instead, for each phrase of the list in a text."""
    return [
        (text.count("\n", 0, hit.start()) + 1, hit.group(0), better)
        for pattern, better in STUMBLES.items()
        for hit in re.finditer(pattern, text)
    ]


def test_no_phrase_of_the_list_comes_back() -> None:
    none([
        f"{name}:{line}: {phrase!r}: {better}"
        for name, text in text_files()
        if not name.startswith(NOT_PROSE)
        for line, phrase, better in stumbles(text)
    ])  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "refusals that are nobody's fault in |form",
        "What |of the core is compiled",
        "def test_the_catalogue_is|_told(server):",
        "what several commands have| alike",
    ],
)
def test_a_planted_phrase_is_found(text: str) -> None:
    found = stumbles("first line\n" + text.replace("|", "") + "\n")
    assert [line for line, _, _ in found] == [2]


def test_things_may_be_told_apart() -> None:
    assert stumbles("def test_messages_are_told_apart_by_their_type():") == []
