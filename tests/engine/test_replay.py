"""Replay: golden pictures of what the designs make of captures, and the answer's form."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from engine import commands as c
from engine import units as u
from engine.capture import load
from engine.errors import RefusedError
from engine.guest import VMSTAT_FIELDS, Guest
from engine.presets import make_from_recipe
from engine.recipes import PRESETS
from engine.replay import READ_MS, Given, WhenDone, command_of, op_of, parse_ops, replay
from engine.snapshot import copy_guest
from engine.world import World
from tests.engine.worlds import base

EXAMPLES = Path(__file__).parents[2] / "examples"
DESIGNS = ("pinned", "lru_hook", "separate_pass", "dedicated_block", "dedicated_block:prevent")
COUNTERS = (
    "compact_migrate_scanned",
    "compact_free_scanned",
    "compact_isolated",
    "balloon_migrate",
)


# Every command -> some of it, and whether an operation stands for each.
SPELLED: dict[type[c.Command], list[tuple[c.Command, bool]]] = {
    c.BalloonTarget: [(c.BalloonTarget(256), False)],
    c.BalloonInflate: [(c.BalloonInflate(256), True), (c.BalloonInflate(255), False)],
    c.BalloonDeflate: [(c.BalloonDeflate(c.MAX_PAGES), True), (c.BalloonDeflate(1), False)],
    c.CompactMemory: [(c.CompactMemory(), True)],
    c.DirectCompact: [(c.DirectCompact(9), False)],
    c.TakeHugePages: [(c.TakeHugePages(1), True), (c.TakeHugePages(c.MAX_PAGES >> 9), True)],
    c.DropCaches: [(c.DropCaches(), True)],
    c.Offline: [(c.Offline(0, 2), True), (c.Offline(128, 64), True)],
    c.AllocContig: [(c.AllocContig(64), True)],
    c.AllocPages: [
        (c.AllocPages(7, order, kind, keep), True)
        for order, kind, keep in (
            (0, "unmovable", False), (3, "reclaimable", True), (10, "atomic", True),
        )
    ],
    c.PinMemory: [(c.PinMemory(32), True)],
    c.Wait: [(c.Wait(c.MAX_WAIT_MS), True), (c.Wait(1500), False)],
    c.SetWorkload: [(c.SetWorkload(True, 8, 2), False), (c.SetWorkload(False), False)],
}  # fmt: skip


def digit(guest: Guest, block: int) -> str:
    """One character for a pageblock: what keeps it from being a free 2 MiB block.

    A dot: wholly free. Digits: how full of movable pages it is, in ninths. b: balloon pages beside
    movable ones, B: balloon pages only, D: dedicated. u: something unmovable. A blank: reserved.
    """
    b = guest.blocks[block]
    if b["nr_reserved"] == 512:
        return " "
    if b["flags"] & u.PB_DEDICATED:
        return "D"
    if b["nr_unmovable"]:
        return "u"
    if b["nr_balloon"]:
        return "b" if b["nr_movable"] else "B"
    if b["nr_free"] == 512:
        return "."
    return str(int(b["nr_movable"]) * 9 // 512)


def picture(world: World, i: int) -> str:
    """buddyinfo's line, four counters, one character per pageblock, a digest."""
    guest, stats = world.guest(i), world.view(i).stat_dict()
    counts = " ".join(str(stats[f"nr_free_order_{o}"]) for o in range(u.NR_PAGE_ORDERS))
    counters = " ".join(f"{name}={stats[name]}" for name in COUNTERS)
    cells = "".join(digit(guest, block) for block in range(len(guest.blocks)))
    lines = [f"  buddyinfo {counts}", f"  {counters} huge={stats['huge_best']}"]
    lines += ["  |" + cells[n : n + 64].ljust(64) + "|" for n in range(0, len(cells), 64)]
    return "\n".join([*lines, f"  digest {world.digest(i)}"])


def golden_text(
    guest: Guest, ops: list[list[object]], profile: str = u.PROFILES[0], keys: Sequence[str] = ()
) -> str:
    """Every step of a replay as pictures; recounts after each."""
    parts = []

    def look(world: World, step: int) -> None:
        world.validate()
        for i, key in enumerate(world.keys):
            parts.append(f"step {step} {' '.join(map(str, ops[step]))} | {key}")
            parts.append(picture(world, i))

    replay(guest, keys or DESIGNS, parse_ops(ops), on_step=look, profile=profile)
    return "\n".join(parts) + "\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(p.parent.name for p in EXAMPLES.glob("*/result.json")))
def test_every_example_replays_cleanly_and_as_before(
    name: str, golden: Callable[[str, str | bytes], None]
) -> None:
    loaded = load.load_capture(EXAMPLES / name / "s1.tar.xz")
    ops = json.loads((EXAMPLES / name / "result.json").read_text())["scenario"]["ops"]
    golden(f"replay/{name}.txt", golden_text(load.guest_from_capture(loaded), ops))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(p.parent.name for p in EXAMPLES.glob("*/result.json")))
def test_every_example_replays_cleanly_by_the_rules_of_3_8(name: str) -> None:
    loaded = load.load_capture(EXAMPLES / name / "s1.tar.xz")
    ops = json.loads((EXAMPLES / name / "result.json").read_text())["scenario"]["ops"]
    keys = (*DESIGNS, "lru_hook:hook=merged")
    text = golden_text(load.guest_from_capture(loaded), ops, "2012", keys)
    assert text.count("digest") == len(keys) * len(ops)


def test_a_small_guest_replays_as_before_by_the_rules_of_3_8(
    golden: Callable[[str, str | bytes], None],
) -> None:
    guest = make_from_recipe(PRESETS["tight"], u.mib_to_pages(64), 1)
    ops = [["inflate", 6], ["compact"], ["huge", 100], ["deflate", 4]]
    golden("replay/small_2012.txt", golden_text(guest, ops, "2012"))


def test_a_small_guest_replays_as_before(golden: Callable[[str, str | bytes], None]) -> None:
    # The same file for compiled and plain code: both legs must agree to the byte.
    guest = make_from_recipe(PRESETS["tight"], u.mib_to_pages(64), 1)
    ops = [["inflate", 6], ["compact"], ["huge", 100], ["deflate", 4]]
    golden("replay/small.txt", golden_text(guest, ops))


def test_a_range_is_answered_with_its_verdict() -> None:
    ops = parse_ops([["inflate", 2], ["offline", 32, 4], ["contig", 2]])
    assert ops[1:] == [("offline", 32, 4), ("contig", 2)]
    result = replay(base(), ("pinned", "lru_hook"), ops)
    for steps in result["designs"].values():
        assert [s["op"] for s in steps] == [["inflate", 2], ["offline", 32, 4], ["contig", 2]]
        assert "range" not in steps[0]
        assert steps[1]["range"]["result"] in ("offlined", "stopped")
        assert steps[2]["range"]["result"] in ("allocated", "stopped")
    assert json.loads(json.dumps(result)) == result


def test_the_answer_has_every_field() -> None:
    ops = parse_ops([["inflate", 2], ["compact"], ["huge", 3], ["deflate", 1], ["drop"]])
    result = replay(base(), ("pinned", "dedicated_block:keep=1"), ops)
    assert list(result["designs"]) == ["pinned", "dedicated_block:keep=1"]
    for steps in result["designs"].values():
        assert [s["op"] for s in steps] == [
            ["inflate", 2],
            ["compact"],
            ["huge", 3],
            ["deflate", 1],
            ["drop"],
        ]
        assert steps[0]["got_mib"] == 2
        assert steps[3]["got_mib"] == -1
        assert [s["huge_pages"] is None for s in steps] == [True, True, False, True, True]
        assert 0 <= steps[2]["huge_pages"] <= 3
        for step in steps:
            assert len(step["buddyinfo"]) == 11
            assert step["free"] == sum(n << o for o, n in enumerate(step["buddyinfo"]))
            assert set(step["vmstat"]) == set(VMSTAT_FIELDS)
            zones = {(zone["node"], zone["zone"]): zone["counts"] for zone in step["zones"]}
            assert step["buddyinfo"] in zones.values()
        scanned = [s["vmstat"]["compact_migrate_scanned"] for s in steps]
        assert scanned == sorted(scanned)
    assert result["designs"]["dedicated_block:keep=1"][0]["toggles"]["keep"] == "1"
    assert json.loads(json.dumps(result)) == result


def test_a_replay_is_the_same_each_time() -> None:
    ops = parse_ops([["inflate", 3], ["compact"]])
    assert replay(base(), ("lru_hook",), ops) == replay(base(), ("lru_hook",), ops)


@pytest.mark.parametrize("look", ["idle", "done"])
def test_a_wait_lets_kcompactd_do_what_it_would_do_in_that_time(look: str) -> None:
    guest = make_from_recipe(PRESETS["tight"], u.mib_to_pages(64), 1)
    steps = replay(guest, ("pinned",), parse_ops([["inflate", 6], ["wait", 40]]), look=look)
    inflated, waited = steps["designs"]["pinned"]
    counter = "compact_daemon_migrate_scanned"
    assert waited["vmstat"][counter] > inflated["vmstat"][counter]
    assert waited["stats"]["clock_ms"] >= inflated["stats"]["clock_ms"] + 40_000
    assert waited["op"] == ["wait", 40]


@pytest.mark.compiled
def test_a_guest_that_is_given_away_is_played_alike() -> None:
    ops = parse_ops([["inflate", 4], ["compact"]])
    kept = base()
    played = [
        replay(guest, ("pinned", "lru_hook"), ops, look="done")
        for guest in (kept, Given(copy_guest(kept)))
    ]
    assert played[0] == played[1]


@pytest.mark.compiled
def test_the_first_state_may_be_read_later_than_the_others() -> None:
    guest = make_from_recipe(PRESETS["tight"], u.mib_to_pages(64), 1)
    ops = parse_ops([["inflate", 6], ["compact"]])
    steps = [
        replay(guest, ("pinned",), ops, look=WhenDone(ms))["designs"]["pinned"]
        for ms in (READ_MS, READ_MS + 500)
    ]
    first, second = ([step["stats"]["clock_ms"] for step in each] for each in steps)
    assert second[0] == first[0] + 500


@pytest.mark.compiled
def test_looking_when_the_command_is_done_does_not_wait_for_the_daemons() -> None:
    guest = make_from_recipe(PRESETS["tight"], u.mib_to_pages(64), 1)
    ops = parse_ops([["inflate", 6], ["compact"]])
    idle = replay(guest, ("pinned", "lru_hook"), ops)["designs"]
    seen: list[tuple[int, bool]] = []

    def look(world: World, step: int) -> None:
        world.validate()
        seen.append((step, world.busy()))

    done = replay(guest, ("pinned", "lru_hook"), ops, on_step=look, look="done")["designs"]
    assert list(done) == list(idle)
    assert [step for step, _ in seen] == [0, 1, 0, 1]
    assert any(busy for _, busy in seen)
    for key, steps in done.items():
        assert steps[0]["got_mib"] == idle[key][0]["got_mib"]


def test_a_guest_too_small_for_an_operation_is_refused() -> None:
    with pytest.raises(ValueError, match=r"inflate by 9000 MiB: the guest has \d+ MiB"):
        replay(base(), ("pinned",), parse_ops([["inflate", 9000]]))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "a JSON list, not dict"),
        ("inflate", "a JSON list, not str"),
        ([["inflate"]], "operation 0: inflate needs one number of MiB"),
        ([["compact"], ["inflate", -1]], "operation 1: inflate by -1: a whole number of MiB"),
        ([["inflate", float("nan")]], "inflate by nan"),
        ([["inflate", 1.5]], "inflate by 1.5"),
        ([["inflate", True]], "inflate by True"),
        ([["inflate", 1 << 40]], "from 1 to 1048576"),
        ([["huge", 0]], "a whole number of huge pages from 1"),
        ([["compact", 1]], "compact takes no number"),
        ([["offline", 2]], "operation 0: offline needs a start and a size in MiB"),
        ([["offline", 1, 2]], "operation 0: offline: start of the range is 1 MiB: whole"),
        ([["offline", 0, "2"]], "operation 0: offline: size of the range is '2'"),
        ([["contig", 0]], "contig by 0: a whole number of MiB from 1"),
        ([["explode", 1]], "unknown operation 'explode': must be one of inflate, deflate, huge"),
        ([[]], 'a list like ["inflate", 200]'),
        (["compact"], 'a list like ["inflate", 200]'),
        ([["compact"]] * 1001, "1001 operations: at most 1000"),
    ],
)
def test_bad_operations_are_refused_in_one_sentence(data: object, words: str) -> None:
    with pytest.raises(ValueError, match="operation") as error:
        parse_ops(data)
    assert words in str(error.value)


def test_golden_pictures_are_readable(tmp_path: Path) -> None:
    guest = base("roomy")
    cells = "".join(digit(guest, block) for block in range(len(guest.blocks)))
    assert set(cells) <= set(" .bBDu0123456789")
    assert cells.count(" ") == int(np.count_nonzero(guest.blocks["nr_reserved"] == 512))


def test_every_command_goes_to_its_operation_and_back() -> None:
    assert set(SPELLED) == set(c.COMMANDS.values()), "a new command: has it an operation?"
    for command, spelled in (one for some in SPELLED.values() for one in some):
        op = op_of(command)
        assert (op is not None) == spelled, command
        if op is not None:
            (read,) = parse_ops(json.loads(json.dumps([op])))
            assert command_of(read) == command


def test_every_operation_is_the_way_back_of_some_command() -> None:
    written = {op[0] for some in SPELLED.values() for one, _ in some if (op := op_of(one))}
    with pytest.raises(RefusedError) as error:
        parse_ops([["nothing"]])
    known = set(str(error.value).rpartition("one of ")[2].split(", "))
    assert written == known
