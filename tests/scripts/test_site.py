"""The site without a server: what is in it, and that its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.scenarios.catalog import SCENARIOS
from scripts.docs import site

NAME = next(name for name, one in SCENARIOS.items() if one.source["kind"] == "synthetic")
SETTINGS = [("1", "on", "on", "v4", "off"), ("1", "off", "off", "v4", "off")]


def test_every_link_of_the_index_leads_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "scenario_page", lambda scenario, _: f"<p>{scenario.name}</p>")
    whole = site.build(tmp_path, [NAME], SETTINGS)
    assert whole == sum(path.stat().st_size for path in tmp_path.iterdir())
    links = re.findall(r'<a href="([^"]+)"', (tmp_path / "index.html").read_text())
    assert sorted(links) == sorted({path.name for path in tmp_path.iterdir()} - {"index.html"})
    assert 'href="index.html"' in (tmp_path / "race.html").read_text()
    with pytest.raises(SystemExit, match=r"MB: 0 are the limit"):
        site.build(tmp_path, [], SETTINGS[:1], most=1000)


def test_every_step_of_every_way_to_a_break_is_there() -> None:
    data = site.race_data(SETTINGS)
    assert len(site.every_setting()) == 64
    assert not data["races"]["1 on on v4 off"]["violations"]
    for key, found in data["races"].items():
        plays = data["plays"][key]
        assert plays[""]["moves"]
        for one in found["violations"]:
            choices = [str(turn["choice"]) for turn in one["schedule"]]
            assert all(",".join(choices[:n]) in plays for n in range(len(choices) + 1))
