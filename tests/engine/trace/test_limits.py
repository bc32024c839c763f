"""How much a trace may be asked for: both ends of each limit, and its sentence."""

from __future__ import annotations

import pytest

from engine.trace.limits import MAX_TICKS, MAX_TRACED_PAGES, check_size, check_ticks


@pytest.mark.parametrize("ticks", [1, MAX_TICKS])
def test_both_ends_of_each_limit_are_allowed(ticks: int) -> None:
    assert check_ticks(ticks) == ticks


@pytest.mark.parametrize("ticks", [-1, 0, MAX_TICKS + 1])
def test_ticks_beyond_the_ends_are_refused_with_the_limit(ticks: int) -> None:
    with pytest.raises(ValueError, match=f"^ticks is {ticks}: a trace runs 1 to 16 ticks$"):
        check_ticks(ticks)


def test_a_guest_too_large_is_refused_with_its_size_and_the_limit() -> None:
    check_size(MAX_TRACED_PAGES)
    with pytest.raises(
        ValueError, match="the guest has 131072 MiB: call traces are made of guests"
    ):
        check_size(2 * MAX_TRACED_PAGES)
