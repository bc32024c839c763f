"""recordings/: what is in there, and that docs/FIDELITY.md has a line for each of them."""

from __future__ import annotations

from scripts.docs import kinds


def test_every_kind_has_a_recording_that_nobody_tuned_on() -> None:
    held_out = {kind for kind, held, _ in kinds.recordings() if held}
    assert held_out == set(kinds.KINDS)


def test_no_recording_is_missing_in_the_document() -> None:
    text = kinds.DOCUMENT.read_text(encoding="utf-8")
    assert [one.name for _, _, one in kinds.recordings() if f"| `{one.name}` |" not in text] == []
