"""What passes between the past and the event loop cannot be changed on its way."""

from __future__ import annotations

import dataclasses

import pytest

from server.session.past_items import LookAt, Looked, Said


@pytest.mark.parametrize("item", [Looked(1, b"x"), Said(1, "x"), LookAt(1, 2, None)])
def test_an_item_on_its_way_stays_as_it_is(item: object) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        item.client = 2  # type: ignore[attr-defined]
