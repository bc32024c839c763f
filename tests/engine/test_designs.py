"""Every registered design keeps the same promises; a new one is tested by being registered."""

from __future__ import annotations

import numpy as np
import pytest

from engine import commands as c
from engine import units as u
from engine.designs import DEFAULT_DESIGNS, DESIGNS, MAX_DESIGNS, parse_design, parse_designs
from engine.designs.base import Cause, Design, Work, rules_dict
from engine.guest import VM_DTYPE, Guest
from engine.world import World
from tests.engine.worlds import TENTH, UNCOMPILED, done, stats, world

# Each design as it is, and with each value of each of its toggles.
KEYS = [
    key
    for name, cls in DESIGNS.items()
    for key in (name, *(f"{name}:{t.name}={v}" for t in cls.toggles for v in t.values[1:]))
]
# Worlds without compiled code take a hundred times as long: one of each there.
WORLD_KEYS = list(DESIGNS) if UNCOMPILED else KEYS


def profile_of(key: str) -> str:
    """The profile that a key needs; modern if any will do."""
    design = parse_design(key)
    bound = {v: p for t in design.toggles for v, p in t.bound if design.params[t.name] == v}
    return next(iter(bound.values()), u.PROFILES[u.PROFILE_MODERN])


def kinds(guest: Guest) -> dict[int, int]:
    """Pages by state; what is free is one kind, wherever it is parked."""
    states, counts = np.unique(guest.pages["state"], return_counts=True)
    found = dict(zip(states.tolist(), counts.tolist(), strict=True))
    free = sum(found.pop(s, 0) for s in (u.STATE_FREE, u.STATE_PCP, u.STATE_ISOLATED_FREE))
    return {**found, u.STATE_FREE: free}


# -- what a person writes


def test_the_table_is_ordered_and_named_by_the_classes() -> None:
    assert tuple(DESIGNS) == DEFAULT_DESIGNS
    assert all(DESIGNS[name].name == name for name in DESIGNS)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_names_every_toggle_in_force(key: str) -> None:
    design = parse_design(key)
    assert design.key == key
    assert list(design.params) == [t.name for t in design.toggles]
    if ":" in key:
        toggle, value = key.split(":")[1].split("=")
        assert design.params[toggle] == value


def test_a_bare_toggle_means_on() -> None:
    assert parse_design("dedicated_block:prevent").rules().whole_blocks == 1
    design = parse_design("dedicated_block:keep=4+gain")
    assert (design.rules().gather_keep, design.rules().gather_gain) == (4, 1)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("virtio", "unknown design 'virtio': must be one of pinned, lru_hook, separate_pass"),
        ("", "unknown design ''"),
        ("pinned:", "ends with a colon"),
        ("pinned:prevent", "has no toggle 'prevent': it has retry"),
        ("dedicated_block:keep", "toggle keep has no value: it takes 0, 1, 4, 16"),
        ("dedicated_block:keep=2", "toggle keep has '2': it takes 0, 1, 4, 16"),
        ("dedicated_block:gain+gain", "toggle gain is given twice"),
        ("lru_hook:+stop", "has no toggle ''"),
    ],
)
def test_a_wrong_key_is_refused_in_one_sentence(key: str, words: str) -> None:
    with pytest.raises(ValueError, match="design") as error:
        parse_design(key)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_several_designs_are_parsed_from_one_text() -> None:
    designs = parse_designs("pinned, dedicated_block:prevent,dedicated_block")
    assert [d.key for d in designs] == ["pinned", "dedicated_block:prevent", "dedicated_block"]
    with pytest.raises(ValueError, match="'pinned' is given twice"):
        parse_designs(["pinned", "pinned"])
    with pytest.raises(ValueError, match="at most 8"):
        parse_designs(["pinned"] * (MAX_DESIGNS + 1))
    with pytest.raises(ValueError, match="no design given"):
        parse_designs("")


@pytest.mark.parametrize("key", KEYS)
def test_rules_are_fields_of_the_guest(key: str) -> None:
    rules = rules_dict(parse_design(key).rules())
    assert set(rules) <= set(VM_DTYPE.names or ())


@pytest.mark.parametrize("profile", [None, "2012"])
def test_the_hook_as_merged_belongs_to_one_profile(profile: str | None) -> None:
    (design,) = parse_designs("lru_hook:hook=merged", profile)
    assert design.rules().hook == u.HOOK_MERGED
    words = "design lru_hook: toggle hook=merged needs profile 2012, this is profile modern"
    with pytest.raises(ValueError, match=words):
        parse_designs("lru_hook:hook=merged", "modern")
    with pytest.raises(ValueError, match=words):
        world("lru_hook:hook=merged")


# -- what every design keeps, under every profile

CASES = [(key, profile_of(key)) for key in WORLD_KEYS] + [(name, "2012") for name in DESIGNS]


@pytest.mark.parametrize(("key", "profile"), CASES)
def test_pages_are_conserved_and_deflation_restores(key: str, profile: str) -> None:
    w = done(world(key, profile=profile))
    before = kinds(w.guest(0))
    file_before = before[u.STATE_FILE]
    for command in (
        c.BalloonInflate(TENTH // 2),
        c.CompactMemory(),
        c.BalloonInflate(TENTH // 3),
        c.DirectCompact(u.PAGEBLOCK_ORDER),
        c.CompactMemory(),
        c.BalloonDeflate(TENTH // 2 + 77),
        c.TakeHugePages(1000),
        c.CompactMemory(),
    ):
        now = kinds(done(w, command).guest(0))
        assert sum(now.values()) == sum(before.values())
        held = now.get(u.STATE_BALLOON, 0)
        assert held == stats(w)["balloon_actual"]
        reclaimed = file_before - now.get(u.STATE_FILE, 0)
        assert now[u.STATE_FREE] == before[u.STATE_FREE] + reclaimed - held
        for state in (u.STATE_ANON, u.STATE_SLAB, u.STATE_KERNEL, u.STATE_RESERVED):
            assert now[state] == before[state]
    after = kinds(done(w, c.BalloonTarget(0)).guest(0))
    assert after.get(u.STATE_BALLOON, 0) == 0
    blocks = w.guest(0).blocks
    assert not (blocks["flags"] & u.PB_DEDICATED).any()
    assert not (blocks["migratetype"] == u.MIGRATE_BALLOON).any()


@pytest.mark.parametrize(("key", "profile"), CASES)
def test_the_same_seed_gives_the_same_digest(key: str, profile: str) -> None:
    def run() -> str:
        w = world(key, seed=7, profile=profile)
        for command in (c.BalloonInflate(2000), c.CompactMemory(), c.SetWorkload(True, 64)):
            w.apply(command)
            w.step(20)
        return w.digest(0)

    assert run() == run()


@pytest.mark.parametrize("key", WORLD_KEYS)
def test_plans_are_bounded_requests_and_change_nothing(key: str) -> None:
    w = done(world(key, profile=profile_of(key)), c.BalloonInflate(1000))
    digest = w.digest(0)
    for cause in Cause:
        plan = w.designs[0].plan(w.view(0), cause)
        assert all(isinstance(work, Work) for work in plan)
        assert all(0 < work.budget <= u.PFN_NONE for work in plan)
        assert len(plan) <= 2
    assert w.digest(0) == digest


def test_the_base_design_plans_nothing() -> None:
    w = world("pinned")
    assert list(Design.plan(w.designs[0], w.view(0), Cause.INFLATED)) == []


# -- what sets them apart

FILL = c.BalloonInflate(TENTH)
COMPACT = c.CompactMemory()


def balloon_pfns(w: World) -> list[int]:
    return np.flatnonzero(w.guest(0).pages["state"] == u.STATE_BALLOON).tolist()


def test_pinned_pages_never_move() -> None:
    w = done(world("pinned"), FILL)
    before = balloon_pfns(w)
    done(w, COMPACT)
    assert balloon_pfns(w) == before
    assert stats(w)["balloon_migrate"] == 0


def test_the_hook_moves_balloon_pages_at_two_exits_each() -> None:
    w = done(world("lru_hook", preset="roomy"), FILL)
    exits = stats(w)["host_exits"]
    assert exits == TENTH // 256  # one message per 256 pages
    moved = stats(done(w, COMPACT))["balloon_migrate"]
    assert moved > 0
    assert stats(w)["host_exits"] == exits + 2 * moved
    assert stats(w)["hook_checks_balloon"] > 0


def test_the_separate_pass_runs_when_ballooning_happens_and_batches() -> None:
    w = done(world("separate_pass:lru_pass=off"), FILL)
    moved = stats(w)["pass_migrated"]
    assert moved > 0
    assert stats(w)["balloon_migrate"] == moved
    assert stats(w)["host_exits"] <= TENTH // 256 + 2 * (moved // 256 + 8)
    assert stats(w)["hook_checks"] == 0
    assert stats(done(w, COMPACT))["balloon_migrate"] == moved


def test_the_pass_moves_balloon_pages_upwards() -> None:
    key = "separate_pass:type=unmovable+lru_pass=off"
    without_pass = world(key)
    without_pass.designs[0].plan = lambda view, cause: ()  # type: ignore[method-assign]
    lower = balloon_pfns(done(without_pass, FILL))
    w = done(world(key), FILL)
    higher = balloon_pfns(w)
    assert len(higher) == len(lower)
    assert stats(w)["pass_migrated"] == 0 or sum(higher) > sum(lower)


def test_a_batch_of_one_costs_two_exits_a_page() -> None:
    s = stats(done(world("separate_pass:batch=1+lru_pass=off"), FILL))
    assert s["host_exits"] == TENTH // 256 + 2 * s["pass_migrated"]


def test_an_lru_run_follows_the_pass_unless_switched_off() -> None:
    assert stats(done(world("separate_pass"), FILL))["compact_migrate_scanned"] > 0
    assert stats(done(world("separate_pass:lru_pass=off"), FILL))["compact_migrate_scanned"] == 0


def test_dedicated_blocks_gather_after_a_compaction_only() -> None:
    w, pinned = done(world("dedicated_block"), FILL), done(world("pinned"), FILL)
    assert stats(w)["dedicated_blocks"] == 0
    assert balloon_pfns(w) == balloon_pfns(pinned)
    s = stats(done(w, COMPACT))
    assert s["dedicated_blocks"] > 0
    assert s["balloon_dedicated"] == 512 * s["dedicated_blocks"]
    assert s["balloon_actual"] == TENTH
    # Gathering copies nothing: balloon pages have no contents.
    assert s["pages_copied"] == stats(done(pinned, COMPACT))["pages_copied"]


def test_prevent_takes_whole_blocks_and_never_gathers() -> None:
    s = stats(done(world("dedicated_block:prevent"), FILL, COMPACT))
    assert s["balloon_dedicated"] == 512 * s["dedicated_blocks"] > 0
    assert s["gather_blocks"] == 0


def test_keep_leaves_free_blocks_to_others() -> None:
    literal = stats(done(world("dedicated_block"), FILL, COMPACT))
    keeping = stats(done(world("dedicated_block:keep=16"), FILL, COMPACT))
    assert keeping["gather_blocks"] <= literal["gather_blocks"]
    assert keeping["gather_blocks"] == 0 or keeping["free_blocks_all"] >= 15


def test_own_type_is_used_by_nobody_else_and_given_back() -> None:
    w = done(world("dedicated_block:own_type+prevent"), FILL)
    blocks = w.guest(0).blocks
    own = blocks["migratetype"] == u.MIGRATE_BALLOON
    assert own.sum() == stats(w)["dedicated_blocks"] > 0
    done(w, c.BalloonDeflate(TENTH // 2 + 33))
    holes = blocks[(blocks["migratetype"] == u.MIGRATE_BALLOON) & (blocks["nr_free"] > 0)]
    assert len(holes) > 0
    assert ((holes["nr_free"] + holes["nr_balloon"]) == 512).all()
    done(w, c.BalloonInflate(20))
    assert stats(w)["balloon_actual"] == TENTH - TENTH // 2 - 33 + 20
    # The holes were filled first: all that the balloon holds is in its own blocks still.
    assert stats(w)["balloon_scattered"] == 0 or stats(w)["balloon_dedicated"] % 512 == 0


def test_fill_gathers_fewer_than_a_block() -> None:
    small = c.BalloonInflate(300)
    assert stats(done(world("dedicated_block"), small, COMPACT))["gather_blocks"] == 0
    s = stats(done(world("dedicated_block:fill"), small, COMPACT))
    assert (s["gather_blocks"], s["balloon_dedicated"], s["balloon_actual"]) == (1, 300, 300)


def test_victims_emptiest_free_more_blocks_from_balloon_pages() -> None:
    newest = stats(done(world("dedicated_block:keep=1"), FILL, COMPACT))
    emptiest = stats(done(world("dedicated_block:keep=1+victims=emptiest"), FILL, COMPACT))
    assert emptiest["gather_blocks"] > 0
    assert emptiest["blocks_with_balloon"] <= newest["blocks_with_balloon"]


def test_deflate_blocks_gives_back_whole_blocks_first() -> None:
    w = done(world("dedicated_block:prevent+deflate=blocks"), FILL)
    blocks = stats(w)["dedicated_blocks"]
    done(w, c.BalloonDeflate(512))
    assert stats(w)["dedicated_blocks"] == blocks - 1


def test_deflate_emptiest_empties_one_block_before_the_next() -> None:
    w = done(world("dedicated_block:prevent+deflate=emptiest"), FILL)
    s = stats(w)
    done(w, c.BalloonDeflate(s["balloon_scattered"] + 100))
    done(w, c.BalloonDeflate(100))
    partly = w.guest(0).blocks["nr_balloon"]
    assert ((partly > 0) & (partly < 512)).sum() == 1


def test_retry_and_stop_differ_when_memory_runs_out() -> None:
    much = c.BalloonInflate(TENTH * 9)
    stopped = stats(done(world("lru_hook:stop"), much))
    retried = stats(done(world("lru_hook"), much))
    assert stopped["balloon_stopped"] == 1
    assert retried["balloon_actual"] >= stopped["balloon_actual"]
    assert retried["balloon_out_of_puff"] > stopped["balloon_out_of_puff"] == 1
