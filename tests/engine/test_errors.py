"""A refusal can be told from a fault, and is a ValueError to those who need no more."""

import pytest

from engine.commands import command_from_dict
from engine.designs import parse_designs
from engine.errors import RefusedError, unknown_name
from engine.presets import make_synthetic
from engine.replay import parse_ops


@pytest.mark.parametrize(
    "ask",
    [
        lambda: command_from_dict({"type": "huge", "nr": 0}),
        lambda: parse_designs("none"),
        lambda: make_synthetic("tight", 7, 1),
        lambda: parse_ops([["inflate"]]),
    ],
)
def test_what_a_person_asks_wrongly_is_refused(ask):
    with pytest.raises(RefusedError):
        ask()
    with pytest.raises(ValueError):
        ask()


def test_an_unknown_name_is_quoted_in_part_and_told_from_those_there_are():
    error = unknown_name("design", "x" * 1000, ("pinned", "lru_hook"))
    assert isinstance(error, RefusedError)
    assert str(error) == f"unknown design '{'x' * 59}: must be one of pinned, lru_hook"
