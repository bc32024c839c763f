"""The recipes of synthetic guests."""

from __future__ import annotations

from engine.recipes import PRESETS


def test_what_is_touched_fits_and_names_are_the_keys() -> None:
    for name, recipe in PRESETS.items():
        assert recipe.name == name and recipe.label and recipe.text
        assert recipe.anon + recipe.cache < 950, "the watermarks need the rest"
        assert 0 <= recipe.keep <= 100 and recipe.run >= 0 and recipe.nodes >= 1
