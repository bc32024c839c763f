"""recordings/: what is in there, and that docs/FIDELITY.md has a line for each of them."""

from __future__ import annotations

import re

from scripts.docs import kinds


def test_every_kind_has_a_recording_that_nobody_tuned_on() -> None:
    held_out = {kind for kind, held, _ in kinds.recordings() if held}
    assert held_out == set(kinds.KINDS)


def test_no_recording_is_missing_in_the_document() -> None:
    text = kinds.DOCUMENT.read_text(encoding="utf-8")
    assert [one.name for _, _, one in kinds.recordings() if f"| `{one.name}` |" not in text] == []


def test_the_readme_says_how_good_it_is_on_guests_that_nobody_looked_at() -> None:
    text = kinds.DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| `\S+` \| no \| [\d.]+ of \d+ \((\d+) %\)", text, re.MULTILINE)
    split = [int(share) for kind, share in rows if kind == kinds.KINDS["thp"]]
    others = [int(share) for kind, share in rows if kind != kinds.KINDS["thp"]]
    assert len(rows) == sum(held for _, held, _ in kinds.recordings())
    said = " ".join((kinds.ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"it is {min(others)} to {max(others)} %, with transparent huge pages" in said
    assert f"transparent huge pages {min(split)} to {max(split)} %" in said
