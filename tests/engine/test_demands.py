"""Kernel memory and pins as operations: how they are typed, and what is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import commands as c
from engine import units as u
from engine.capture.load import guest_from_capture, load_capture
from engine.core.workload.demand_codes import PinEnd
from engine.demands import alloc_answer, alloc_command, parse_alloc, pin_answer
from engine.presets import make_from_recipe
from engine.recipes import PRESETS
from engine.replay import command_of, parse_ops, replay
from engine.view import DEMAND_STATS
from engine.world import World
from tests.engine.test_replay import golden_text
from tests.engine.worlds import SMALLEST, base

CMA = Path(__file__).parent / "capture" / "cases" / "cma-arm64.tar.xz"


def stats_of(**fields: int) -> dict[str, int]:
    """Statistics as they are before any request, with some of them changed."""
    return {**dict.fromkeys(DEMAND_STATS, 0), **fields}


@pytest.mark.parametrize(
    ("item", "command"),
    [
        (["alloc", 10, 9], c.AllocPages(10, 9)),
        (["alloc", 1, 0, "atomic"], c.AllocPages(1, 0, "atomic")),
        (["alloc", 5, 3, "reclaimable", "keep"], c.AllocPages(5, 3, "reclaimable", True)),
        (["alloc", 5, 3, "unmovable", "free"], c.AllocPages(5, 3)),
    ],
)
def test_an_operation_is_its_command(item: list[object], command: c.AllocPages) -> None:
    op = parse_alloc(item)
    assert len(op) == 5
    assert alloc_command(op) == command_of(op) == command
    assert parse_ops([list(op)]) == [op]
    assert c.command_from_dict(command.to_dict()) == command


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (["alloc"], "operation 0: alloc needs a number, an order"),
        (["alloc", 1, 2, "atomic", "keep", 1], "operation 0: alloc needs a number, an order"),
        (["alloc", 0, 2], "operation 0: allocations is 0: from 1 to 1000000 requests"),
        (["alloc", 1, 11], "order is 11: from 0 to 10 (buddy order)"),
        (["alloc", 1, 2, "movable"], "unknown kind of request 'movable'"),
        (["alloc", 1, 2, []], "unknown kind of request"),
        (["alloc", 1, 2, "atomic", "hold"], "'hold' with the pages: keep or free is needed"),
        (["pin"], "operation 0: pin needs one number of MiB"),
        (["pin", 0], "pin by 0: a whole number of MiB from 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(item: list[object], words: str) -> None:
    with pytest.raises(ValueError, match="operation 0") as error:
        parse_ops([item])
    assert words in str(error.value)


def test_an_answer_counts_every_request() -> None:
    fields = {"kmem_kind": u.KMEM_ATOMIC, "kmem_asked": 10, "kmem_got": 4, "kmem_failed": 3}
    answer = alloc_answer(stats_of(**fields, kmem_no_type=1, kmem_no_watermark=2, kmem_us=5))
    assert answer["sentence"] == "4 of 10; failed: 2 watermark, 1 migratetype; 3 not tried"
    assert (answer["kind"], answer["keep"], sum(answer["why"].values())) == ("atomic", False, 3)
    at_work = alloc_answer(stats_of(**fields, kmem_phase=u.KMEM_TAKING))
    assert at_work["not_tried"] == 0
    assert json.loads(json.dumps(answer)) == answer


def test_a_pin_that_ends_early_says_why() -> None:
    answer = pin_answer(stats_of(pin_asked=512, pin_got=2, pin_end=int(PinEnd.NO_TARGET)))
    assert answer["reason"] == "no_target"
    assert answer["sentence"].startswith("2 of 512 pages; a page lies where no long-term pin")
    assert pin_answer(stats_of(pin_asked=512, pin_got=512))["sentence"] == "512 of 512 pages"


def test_a_replay_answers_them() -> None:
    ops = parse_ops([["alloc", 4, 3], ["pin", 1], ["offline", 16, 4]])
    guest = base(nr_pages=SMALLEST)
    for steps in replay(guest, ("pinned",), ops)["designs"].values():
        assert steps[0]["op"] == ["alloc", 4, 3, "unmovable", "free"]
        assert (steps[0]["alloc"]["got"], steps[0]["result"]) == (4, "4 of 4")
        assert (steps[1]["pin"]["pinned"], steps[1]["result"]) == (256, "256 of 256 pages")
        assert steps[2]["result"].split(":")[0] in ("offlined", "stopped")


@pytest.mark.compiled
def test_a_machine_with_a_cma_area_has_its_large_blocks_and_none_for_the_kernel() -> None:
    capture = load_capture(CMA)
    zone = capture.summary()["zones"][0]
    assert (zone["free_blocks"][9:], zone["free_agreement"]) == ([1, 58], 1.0)
    ops = [["alloc", 1, 10, "atomic"], ["pin", 16], ["contig", 64]]

    def recount(world: World, _: int) -> None:
        world.validate()

    steps = replay(guest_from_capture(capture), ("pinned",), parse_ops(ops), on_step=recount)
    results = [step["result"] for step in steps["designs"]["pinned"]]
    # As the machine's owner found: 58 free blocks of 4 MiB, all of them CMA.
    assert results[0] == "0 of 1; failed: 1 migratetype"
    # Nothing is pinned in the area, so it can be emptied.
    assert results[1:] == ["4096 of 4096 pages", "allocated"]
    # One that may reclaim is refused as well, unless a whole block comes free outside the area.
    ops = parse_ops([["alloc", 1, 10], ["alloc", 1, 10, "atomic"]])
    steps = replay(guest_from_capture(capture, 3), ("pinned",), ops, 3, recount)
    results = [step["result"] for step in steps["designs"]["pinned"]]
    assert results == ["0 of 1; failed: 1 migratetype"] * 2


def test_requests_that_do_not_fit_are_refused() -> None:
    for op in (["alloc", 1000, 10], ["pin", 5000]):
        with pytest.raises(ValueError, match="the guest has"):
            replay(base(), ("pinned",), parse_ops([op]))


def test_a_small_guest_gives_kernel_memory_and_pins_as_before(
    golden: Callable[[str, str | bytes], None],
) -> None:
    guest = make_from_recipe(PRESETS["tight"], u.mib_to_pages(32), 1)
    ops = [["inflate", 3], ["pin", 2], ["alloc", 12, 5, "atomic", "keep"]]
    golden("replay/small_demands.txt", golden_text(guest, ops))
