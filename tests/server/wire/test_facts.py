"""What ``welcome`` says of guest and designs: every field is needed, none is unknown."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from server.wire.facts import DesignInfo, GuestInfo
from tests.server.golden_wire import WELCOME


def test_a_guest_and_a_design_are_as_the_golden_welcome_has_them() -> None:
    guest = TypeAdapter(GuestInfo).validate_python(WELCOME["guest"])
    assert [zone.name for zone in guest.zones] == ["DMA", "DMA32"]
    design = TypeAdapter(DesignInfo).validate_python(WELCOME["designs"][1])
    assert design.toggles == {"prevent": "on", "keep": "0"}


def test_a_field_too_many_is_a_fault_of_ours() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(GuestInfo).validate_python({**WELCOME["guest"], "colour": "blue"})
