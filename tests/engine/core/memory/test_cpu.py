"""What work costs, and the count of what has been done."""

from engine.core.memory.cpu import COST_BALLOON, COST_MIGRATE, COST_RECLAIM, TURN, work_done
from tests.engine.small_guest import all_free, settle


def test_work_of_different_kinds_is_one_sum() -> None:
    guest = settle(all_free(8))
    before = int(work_done(guest))
    vm = guest.vm[0]
    vm["balloon_inflate"] += 3
    vm["balloon_deflate"] += 2
    vm["pgmigrate_success"] += 5
    vm["pgscan_direct"] += 7
    assert work_done(guest) - before == 5 * COST_BALLOON + 5 * COST_MIGRATE + 7 * COST_RECLAIM


def test_costs_keep_their_measured_ratios() -> None:
    # Moving a page costs about two balloon pages; looking at one for reclaim a sixth.
    assert 2 * COST_BALLOON < COST_MIGRATE < 3 * COST_BALLOON
    assert 5 * COST_RECLAIM < COST_BALLOON < 7 * COST_RECLAIM
    assert TURN == 256 * COST_BALLOON
