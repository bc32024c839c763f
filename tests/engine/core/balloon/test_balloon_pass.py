"""The balloon's own pass: sources from below, targets from above, one pair of messages a batch."""

from __future__ import annotations

import numpy as np

from engine import units as u
from engine.core.balloon import balloon, balloon_pass
from engine.core.observe.check import validate
from engine.designs import parse_design
from engine.designs.base import rules_dict
from engine.guest import Guest
from engine.snapshot import copy_guest
from tests.engine.worlds import base


def filled(key: str, nr: int = 1000) -> Guest:
    guest = copy_guest(base("roomy"))
    for name, value in rules_dict(parse_design(key).rules()).items():
        guest.vm[0][name] = value
    while nr > 0:
        nr -= balloon.fill_chunk(guest, nr)
    vm = guest.vm[0]
    vm["host_exits"] = vm["host_pfns"] = 0
    vm["pass_pending"], vm["pass_budget"] = 1, u.PFN_NONE
    return guest


def finish(guest: Guest) -> None:
    while balloon_pass.balloon_pass_step(guest, 256):
        assert int(validate(guest)[0]) == 0
    assert int(validate(guest)[0]) == 0


def balloon_sum(guest: Guest) -> int:
    return int(np.flatnonzero(guest.pages["state"] == u.STATE_BALLOON).sum())


def test_pages_move_up_and_the_balloon_keeps_its_size() -> None:
    guest = filled("separate_pass")
    before = balloon_sum(guest)
    finish(guest)
    assert guest.vm[0]["pass_migrated"] > 0
    assert balloon_sum(guest) > before
    assert balloon.balloon_size(guest) == 1000
    assert guest.vm[0]["balloon_isolated"] == 0
    assert guest.cc[u.CC_PASS]["active"] == 0
    assert guest.vm[0]["pages_copied"] == 0


def test_one_pair_of_messages_a_batch() -> None:
    guest = filled("separate_pass:batch=64")
    finish(guest)
    moved = int(guest.vm[0]["pass_migrated"])
    assert guest.vm[0]["host_pfns"] == 2 * moved
    assert guest.vm[0]["host_exits"] >= 2 * (moved // 64)
    assert guest.vm[0]["host_exits"] < moved


def test_a_second_pass_finds_less_to_do_and_counts_repeats() -> None:
    guest = filled("separate_pass")
    finish(guest)
    first = int(guest.vm[0]["pass_migrated"])
    finish(guest)
    second = int(guest.vm[0]["pass_migrated"]) - first
    assert second < first
    assert guest.vm[0]["balloon_repeats"] <= second


def test_the_budget_ends_the_pass() -> None:
    guest = filled("separate_pass")
    guest.vm[0]["pass_budget"] = 100
    finish(guest)
    assert guest.vm[0]["pass_migrated"] <= 100


def test_unmovable_pages_stay_in_unmovable_blocks() -> None:
    guest = filled("separate_pass:type=unmovable")

    def outside() -> int:
        blocks = guest.blocks
        return int(blocks["nr_balloon"][blocks["migratetype"] != u.MIGRATE_UNMOVABLE].sum())

    before = outside()
    finish(guest)
    assert outside() <= before
