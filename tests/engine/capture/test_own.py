"""Three and more machines of our own for each kind of published capture (own/machines.txt)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from engine import units as u
from engine.capture.archive import Limits
from engine.capture.load import Capture, guest_from_capture, load_capture
from engine.core.observe.check import explain_check, validate
from engine.errors import RefusedError
from engine.replay import parse_ops, replay
from tests.engine.own_machines import NAMES, Drawn, drawn, proc_files
from tests.engine.small_capture import archive

MACHINES = drawn()
LIMITS = Limits(address_mib=1 << 20)
# By hand from the drawing: free pages and free blocks of orders 9 and 10, zone by zone.
BY_HAND = {
    "nodes-swapped": [(312 + 3 * 512 + 412, 3 - 2 * 0, 0), (4 * 512 + 12 + 8, 2, 1)],
    "nodes-odd": [(1024, 0, 1), (3 * 512, 1, 1), (4 * 512, 2, 1)],
    "cma-odd": [(5 * 512, 3, 1)],
    "cma-single": [(4 * 512, 4, 0)],
    "highatomic-odd": [(6 * 512, 2, 2)],
    "sparse-high": [(5 * 512 + 412, 1, 2)],
}


def of_kind(*kinds: str) -> list[str]:
    return [name for name, machine in MACHINES.items() if machine.kind in kinds]


def load(name: str, **how: bool) -> Capture:
    machine = MACHINES[name]
    how.setdefault("managed", machine.kind != "old")
    return load_capture(archive(proc_files(machine, **how), "w"), name, LIMITS)


def check(machine: Drawn, capture: Capture) -> None:
    """Blocks by order and pageblocks by type are those that were drawn."""
    zones = capture.summary()["zones"]
    assert [(z["node"], z["zone"]) for z in zones] == [(z.node, z.name) for z in machine.zones]
    assert [z["free_blocks"] for z in zones] == [z.counts() for z in machine.zones]
    assert [z["free_agreement"] for z in zones] == [1.0] * len(zones)
    assert capture.disagreements() == []
    guest = guest_from_capture(capture)
    assert validate(guest)[0] == 0, explain_check(*validate(guest))
    assert [int(z["node"]) for z in guest.zones] == [z.node for z in machine.zones]
    assert [int(z["nr_free"]) for z in guest.zones] == [z.number("F") for z in machine.zones]


def test_each_kind_has_three_machines() -> None:
    assert min(Counter(machine.kind for machine in MACHINES.values()).values()) >= 3


@pytest.mark.parametrize("name", BY_HAND)
def test_the_twin_counts_as_one_does_by_hand(name: str) -> None:
    zones = MACHINES[name].zones
    assert [(z.number("F"), *z.counts()[9:]) for z in zones] == BY_HAND[name]


@pytest.mark.parametrize("name", of_kind("nodes", "old", "cma", "sparse"))
def test_a_machine_is_read_as_it_was_drawn(name: str) -> None:
    machine, capture = MACHINES[name], load(name)
    check(machine, capture)
    for zone, read in zip(machine.zones, capture.summary()["zones"], strict=True):
        # An isolation ends, and a reserve counts as movable, which it is at boot.
        types = Counter(zone.types.translate(str.maketrans("IR", "MM")))
        want = {NAMES[t].upper(): n for t, n in types.items()}
        found = {name.upper(): n for name, n in read["pageblocks"].items()}
        assert found == want
    if machine.kind == "sparse":
        assert capture.nr_pages < 4 * len(machine.zones) * (1 << 15)
        assert "addresses are packed" in capture.summary()["assumed"][-1]


@pytest.mark.parametrize("name", of_kind("odd"))
def test_areas_at_odd_pageblocks_keep_their_pages_and_are_not_refused(name: str) -> None:
    """Which of two free neighbours is whose is not told: order 10 may stand for two of order 9."""
    zone, capture = MACHINES[name].zones[0], load(name)
    (read,) = capture.summary()["zones"]
    large = read["free_blocks"]
    assert large[9] + 2 * large[10] == zone.counts()[9] + 2 * zone.counts()[10]
    assert large[:9] == zone.counts()[:9]
    assert capture.disagreements() == []
    assert read["pageblocks_too_many_or_few"] == 0


@pytest.mark.parametrize("name", of_kind("nodes"))
def test_page_owners_trailer_changes_nothing(name: str) -> None:
    files = proc_files(MACHINES[name])
    lines = files["pagetypeinfo"].decode().split("Page block order")[1:]
    mixed = "\nNumber of mixed blocks Unmovable Movable Reclaimable\n"
    ends = [f"{mixed}Node {node}, zone   Normal 5 6 7\n\n" for node in range(len(lines))]
    text = "".join(f"Page block order{a}{b}" for a, b in zip(lines, ends, strict=True))
    files["pagetypeinfo"] = text.encode()
    check(MACHINES[name], load_capture(archive(files, "w"), name, LIMITS))


@pytest.mark.parametrize("name", of_kind("old"))
def test_managed_beside_a_reserve_changes_nothing_either(name: str) -> None:
    check(MACHINES[name], load(name, managed=True))


@pytest.mark.parametrize("name", of_kind("heads"))
def test_blocks_of_which_only_the_head_is_marked_come_back(name: str) -> None:
    capture = load(name, heads=True)
    check(MACHINES[name], capture)
    assert capture.restored == sum(sum(z.counts()[1:]) for z in MACHINES[name].zones)


@pytest.mark.parametrize("name", of_kind("nodes"))
@pytest.mark.parametrize(("zone", "words"), [("HighMem", "HighMem"), ("Device", "Device")])
def test_a_populated_zone_that_is_not_simulated_is_named(name: str, zone: str, words: str) -> None:
    files = proc_files(MACHINES[name])
    last = MACHINES[name].zones[-1].name.encode()
    for file in ("buddyinfo", "pagetypeinfo", "zoneinfo"):
        head, _, tail = files[file].rpartition(last)
        files[file] = head + zone.encode() + tail if file == "zoneinfo" else files[file]
    with pytest.raises(RefusedError, match=f"zone {words} of node .* cannot be simulated"):
        load_capture(archive(files, "w"), name, LIMITS)


@pytest.mark.parametrize(("row", "orders"), [("1 " * 12, 12), ("1 " * 14, 14), ("1 " * 8, 8)])
def test_another_max_order_is_named(row: str, orders: int) -> None:
    files = proc_files(MACHINES["nodes-odd"])
    files["buddyinfo"] = f"Node 0, zone DMA {row}\n".encode()
    with pytest.raises(RefusedError, match=f"has {orders} orders, 0 to {orders - 1}: .*MAX_ORDER"):
        load_capture(archive(files, "w"), "x", LIMITS)


@pytest.mark.parametrize(("mib", "limit"), [(20, 16), (1 << 20, 65536), (3 << 20, 1 << 20)])
def test_a_machine_that_is_too_large_says_how_to_raise_the_limit(mib: int, limit: int) -> None:
    files = proc_files(MACHINES["old-one-zone"])
    for name in (b"spanned", b"present", b"managed"):
        lines = files["zoneinfo"].split(b"\n")
        files["zoneinfo"] = b"\n".join(
            b"  %s %d" % (name, mib << 8) if name in line else line for line in lines
        )
    limits = Limits(guest_mib=limit, setting="FRAGSCOPE_X", address_mib=1 << 26)
    words = f"a machine of {mib} MiB: the limit is {limit} MiB .*FRAGSCOPE_X"
    with pytest.raises(RefusedError, match=words):
        load_capture(archive(files, "w"), "x", limits)


@pytest.mark.compiled
@pytest.mark.parametrize("name", of_kind("cma"))
def test_the_kernel_gets_no_block_of_the_area_and_programs_do(name: str) -> None:
    """Blocks of order 9 outside of CMA, as long as the min mark of 8 pages stays.

    Compaction has too little room: it wants the low mark and twice the order free.
    """
    zone = MACHINES[name].zones[0]
    singles, pairs = zone.counts("M")[9:]
    area = sum(1 << order for pfn, order in zone.free_blocks()
               if zone.types[pfn // 512 - zone.first] == "C")  # fmt: skip
    left, open_to_kernel = zone.number("F") - area, 0
    while open_to_kernel < singles + 2 * pairs and left - 511 > 8:
        open_to_kernel, left = open_to_kernel + 1, left - 512
    steps = replay(
        guest_from_capture(load(name)), ("pinned",),
        parse_ops([["alloc", open_to_kernel + 2, 9], ["huge", 1]]),
    )["designs"]["pinned"]  # fmt: skip
    assert steps[0]["alloc"]["got"] == open_to_kernel
    assert steps[1]["huge_pages"] == 1


def test_the_words_are_those_of_a_page_file() -> None:
    files = proc_files(MACHINES["nodes-odd"])
    words = np.frombuffer(files["kpageflags"], "<u8")
    assert int((words == 1 << 10).sum()) == 9 * u.PAGEBLOCK_NR_PAGES
