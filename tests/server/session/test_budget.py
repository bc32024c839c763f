"""Memory for guests."""

import pytest

from server.errors import LimitReachedError
from server.session.budget import Budget

MIB = 1 << 20


def test_more_than_is_free_is_refused_with_all_three_sizes():
    budget = Budget(100 * MIB)
    budget.reserve("a", 60 * MIB)
    with pytest.raises(LimitReachedError) as caught:
        budget.reserve("b", 50 * MIB)
    assert str(caught.value).startswith(
        "this guest under these designs takes 50 MiB: 40 MiB of the server's 100 MiB"
    )
    assert budget.used == 60 * MIB
    budget.reserve("b", 40 * MIB)
    budget.release("a")
    budget.release("a")
    assert budget.used == 40 * MIB


def test_a_reset_holds_both_until_it_has_ended():
    budget = Budget(100 * MIB)
    budget.reserve("a", 30 * MIB)
    budget.reserve("a", 40 * MIB)
    assert budget.used == 70 * MIB
    budget.hold("a", 40 * MIB)
    assert budget.used == 40 * MIB


def test_a_holder_that_holds_nothing_counts_nothing():
    budget = Budget(100 * MIB)
    budget.reserve("a", 30 * MIB)
    assert (budget.free, budget.held_by("a"), budget.held_by("b")) == (70 * MIB, 30 * MIB, 0)
    budget.check(70 * MIB, budget.free)
    with pytest.raises(LimitReachedError, match="takes 71 MiB: 70 MiB of the server's 100 MiB"):
        budget.check(71 * MIB, budget.free)
