"""The table of laws: complete, refused where it contradicts itself, and really what decides."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from engine import commands as c
from engine import units as u
from engine.guest import VM_DTYPE, set_kernel
from engine.kernels import (
    KERNELS,
    LAW_FIELDS,
    LINUX_2012,
    MODERN,
    NEEDS,
    REPAIRED,
    Kernel,
    KernelRules,
    kernel_named,
    laws_dict,
)
from engine.world import World
from tests.engine.small_guest import all_free
from tests.engine.worlds import TENTH, UNCOMPILED, world

LAWS = {law.name: law.metadata for law in fields(KernelRules)}
ENGINE = Path(__file__).resolve().parents[2] / "engine"
# A kernel of 2018 had the new fallback and the old per-CPU lists.
OLD_LISTS = {
    "pcp_high_orders": 0,
    "pcp_drain_in_turn": 1,
    "pcp_free_grows": 0,
    "pcp_refill_grows": 0,
    "pcp_batch_by_zone": 1,
}
THIRD = Kernel("third", "Linux 4.19", 2, 0, replace(MODERN.rules, **OLD_LISTS))


def test_profile_names_in_logs_and_pages_are_fixed() -> None:
    assert list(KERNELS) == ["modern", "2012", "2012+3.14"]
    assert [kernel.name for kernel in KERNELS.values()] == list(KERNELS)
    assert [KERNELS[name].profile for name in u.PROFILES] == [u.PROFILE_MODERN, u.PROFILE_2012]


def test_no_two_kernels_have_one_number() -> None:
    numbers = [(kernel.profile, kernel.variant) for kernel in KERNELS.values()]
    assert len(set(numbers)) == len(numbers), "their guests would have one digest"


def test_every_law_differs_between_two_kernels() -> None:
    rows = [asdict(kernel.rules) for kernel in KERNELS.values()]
    assert [name for name in LAWS if len({row[name] for row in rows}) == 1] == []


@pytest.mark.parametrize("name", LAWS)
def test_every_law_says_what_it_decides_and_where_linux_does(name: str) -> None:
    assert LAWS[name]["decides"].endswith(".")
    assert re.search(r"\w+/\w+\.[ch] \w+", LAWS[name]["source"])
    assert re.search(r"\b(3\.8|6\.12|v\d\.\d+)\b", LAWS[name]["source"])


def test_a_row_that_omits_a_law_is_refused() -> None:
    values = asdict(MODERN.rules)
    del values["kcompactd"]
    with pytest.raises(TypeError, match="kcompactd"):
        KernelRules(**values)


def test_the_core_reads_every_law_and_no_other() -> None:
    read: set[str] = set()
    for path in ENGINE.rglob("*.py"):
        if path.name != "kernels.py":
            text = path.read_text()
            read |= set(re.findall(r'"law_(\w+)"', text))
            read |= set(re.findall(r"rules\.(\w+)", text)) & set(LAWS)
    assert read == set(LAWS)


def test_the_guest_has_a_field_for_every_law_at_its_end() -> None:
    names = VM_DTYPE.names or ()
    end = names.index("watched")  # what lies behind is nobody's state
    assert names[end - len(LAWS) : end] == LAW_FIELDS


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=list(KERNELS))
def test_a_guest_gets_the_laws_of_its_kernel(kernel: Kernel) -> None:
    guest = all_free(2)
    set_kernel(guest, kernel)
    assert {name: guest.vm[0][name] for name in LAW_FIELDS} == laws_dict(kernel.rules)


def test_a_new_guest_follows_the_modern_kernel() -> None:
    guest = all_free(2)
    assert {name: guest.vm[0][name] for name in LAW_FIELDS} == laws_dict(MODERN.rules)


def test_the_repaired_kernel_differs_by_its_two_repairs() -> None:
    old, new = asdict(LINUX_2012.rules), asdict(REPAIRED.rules)
    assert {name for name in LAWS if old[name] != new[name]} == {
        "reset_rereads_positions",
        "meeting_is_noticed",
    }


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"unknown profile '2\.4': must be one of modern, 2012, 2012\+"
    ):
        kernel_named("2.4")


@pytest.mark.parametrize(("name", "value"), [("kcompactd", 2), ("target_mark", -1)])
def test_a_value_that_a_law_does_not_have_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"law {name}={value}: its values are 0 to 1"):
        replace(MODERN.rules, **{name: value})


@pytest.mark.parametrize(("name", "value", "needed", "other"), NEEDS)
def test_a_law_without_what_its_code_needs_is_refused(
    name: str, value: int, needed: str, other: int
) -> None:
    have = next(k.rules for k in (MODERN, LINUX_2012) if getattr(k.rules, name) == value)
    with pytest.raises(ValueError, match=r"law \w+=\d needs law \w+=\d: no kernel"):
        replace(have, **{needed: 1 - other})


def drive(profile: str, seed: int, nr: int) -> World:
    """Random commands to a world, some of them while others are not finished; recounted each time.

    Args:
        profile: name of a kernel.
        seed: of the commands.
        nr: commands.
    """
    choice = random.Random(seed)
    designs = ("pinned",) if UNCOMPILED else ("pinned", "lru_hook", "separate_pass")
    w = world(*designs, profile=profile)
    w.validate()
    makers = (
        lambda: c.BalloonInflate(TENTH),
        lambda: c.BalloonDeflate(TENTH // 2),
        c.CompactMemory,
        lambda: c.DirectCompact(choice.choice((3, 9))),
        lambda: c.TakeHugePages(10),
        c.DropCaches,
        lambda: c.Offline(choice.randrange(8, 28, 2), 2),
        lambda: c.AllocContig(2),
        lambda: c.SetWorkload(choice.random() < 0.5, 50),
    )
    for _ in range(nr):
        try:
            w.apply(choice.choice(makers)())
        except ValueError as error:
            assert re.search("another range|no CMA area", str(error))
        w.step(choice.choice((1, 5, 40)) if not UNCOMPILED else 2)
        w.validate()
    return w


def random_rules(seed: int) -> Iterator[KernelRules]:
    """Rows that take each law from one kernel or the other, as far as the laws go together."""
    choice = random.Random(seed)
    rows = asdict(MODERN.rules), asdict(LINUX_2012.rules)
    while True:
        try:
            yield KernelRules(**{name: choice.choice(rows)[name] for name in LAWS})
        except ValueError:
            continue


def test_a_third_kernel_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KERNELS, THIRD.name, THIRD)
    w = drive(THIRD.name, 1, 4 if UNCOMPILED else 30)
    vm = w.guest(0).vm[0]
    assert (vm["profile"], vm["law_pcp_high_orders"], vm["law_claim_or_steal"]) == (2, 0, 1)
    assert w.guest(0).zones["pcp_batch"].max() <= 31
    modern = drive(MODERN.name, 1, 4 if UNCOMPILED else 30)
    assert (w.guest(0).pages != modern.guest(0).pages).any(), "the laws change nothing"


@pytest.mark.parametrize("seed", range(1 if UNCOMPILED else 8))
def test_any_compatible_laws_keep_every_invariant(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = next(random_rules(seed))
    monkeypatch.setitem(KERNELS, "made-up", Kernel("made-up", "Linux 0", 3, 0, rules))
    drive("made-up", seed, 4 if UNCOMPILED else 25)
