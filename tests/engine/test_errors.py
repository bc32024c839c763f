"""A refusal can be told from a fault, and is a ValueError to those who need no more."""

import pytest

from engine.commands import command_from_dict
from engine.designs import parse_designs
from engine.errors import RefusedError
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
