"""The published score is what the simulator reaches now, and it is high enough."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from engine.recordings.measure import Measured, everything
from engine.recordings.score import BLOCKS_AFTER_COMPACT, Score, score
from scripts.docs import fidelity
from scripts.docs.fidelity_parts import SEEDS


@pytest.fixture(scope="module")
def scenarios() -> list[Measured]:
    """All examples under all seeds; measured once for this file, some ten seconds."""
    return [fidelity.measured(name) for name in fidelity.EXAMPLES]


@pytest.fixture(scope="module")
def found(scenarios: list[Measured]) -> Score:
    return score(everything(scenarios))


def test_the_score_reaches_what_is_asked_of_the_examples(found: Score) -> None:
    for name, least in fidelity.LEAST.items():
        assert found.share(name) >= least, f"{name}: {found.counts[name]}"


def test_the_score_is_not_below_the_published_one(found: Score) -> None:
    text = fidelity.DOCUMENT.read_text(encoding="utf-8")
    patterns = {
        "all": r"\*\*(\d+) of (\d+) quantities lie in the band",
        "huge": r"2 MiB pages handed out:\s(\d+) of (\d+)",
        BLOCKS_AFTER_COMPACT: r"Free 2 MiB blocks after a compaction:\s(\d+) of (\d+)",
    }
    published = {}
    for name, pattern in patterns.items():
        match = re.search(pattern, re.sub(r"\s+", " ", text))
        assert match, f"docs/FIDELITY.md does not give the score of {name}"
        published[name] = (int(match.group(1)), int(match.group(2)))
    assert published == fidelity.published()
    assert fidelity.drops(found, published) == []


def test_no_published_file_is_stale(scenarios: list[Measured]) -> None:
    for path, text in fidelity.outputs(scenarios).items():
        stored = path.read_text(encoding="utf-8")
        assert stored == text, f"{path.name} is stale: make fidelity writes it"


def test_the_importer_keeps_its_promise(scenarios: list[Measured]) -> None:
    for one in scenarios:
        right, total = one.types
        assert right >= 0.98 * total > 0, one.name
        assert one.orders >= 0.99, one.name


def test_a_drop_is_reported_and_not_written(
    scenarios: list[Measured], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    stored = json.loads(fidelity.FIGURES.read_text())
    stored["summary"]["huge"] = {"inside": 28, "total": 28}
    figures = tmp_path / "fidelity.json"
    figures.write_text(json.dumps(stored))
    by_name = {one.name: one for one in scenarios}
    monkeypatch.setattr(fidelity, "FIGURES", figures)
    monkeypatch.setattr(fidelity, "ROOT", tmp_path.parent)
    monkeypatch.setattr(fidelity, "DOCUMENT", tmp_path / "doc.md")
    monkeypatch.setattr(fidelity, "PICTURE", tmp_path / "picture.svg")
    monkeypatch.setattr(fidelity, "measured", by_name.__getitem__)
    parts = "\n".join(f"<!-- generated: {n} -->\n<!-- end: {n} -->" for n in
                      ("summary", "spread", "importer", "table"))  # fmt: skip
    fidelity.DOCUMENT.write_text(parts)
    monkeypatch.setattr(fidelity, "README", tmp_path / "readme.md")
    fidelity.README.write_text("<!-- generated: score -->\n<!-- end: score -->")
    assert fidelity.main([]) == 1
    assert "not written: huge:" in capsys.readouterr().out
    assert fidelity.DOCUMENT.read_text() == parts
    assert fidelity.main(["--check"]) == 1
    assert fidelity.main(["--accept-drop"]) == 0
    assert fidelity.main(["--check"]) == 0
    assert fidelity.DOCUMENT.read_text().count("\n| `") > 390
    assert " of 515 " in " ".join(fidelity.README.read_text().split())


def test_the_figures_for_the_page_add_up_to_the_score(scenarios: list[Measured]) -> None:
    data = json.loads(fidelity.figures(scenarios))
    assert set(data["scenarios"]) == set(fidelity.EXAMPLES)
    assert data["summary"]["seeds"] == list(SEEDS)
    counted = 0
    for scenario in data["scenarios"].values():
        for steps in scenario["designs"].values():
            assert len(steps) == len(scenario["ops"])
            for quantities in steps:
                for one in quantities.values():
                    counted += one["inside"]
                    assert len(one["kernel"]) == 3
                    assert one["low"] <= one["ours"] <= one["high"]
    assert counted == data["summary"]["all"]["inside"]


def test_the_picture_is_an_svg_with_a_mark_for_every_quantity(scenarios: list[Measured]) -> None:
    judged = everything(scenarios)
    root = ElementTree.fromstring(fidelity.outputs(scenarios)[fidelity.PICTURE])
    titles = [node.text or "" for node in root.iter() if node.tag.endswith("title")]
    assert len(titles) == 1 + len(judged)
