"""What a trace keeps: some entries of every kind, and call chains of kernel functions only."""

from __future__ import annotations

from engine import units as u
from engine.trace.annotations import KernelName, Watched
from engine.trace.record import MAX_ALIKE, MAX_OPEN, Call, Handled, Selection


def function(name: str, kernel: str | None) -> Watched:
    named = KernelName(kernel, "mm/x.c") if kernel else None
    return Watched("room", name, (), None, named, named, "", {})


def entry(pfn: int, reason: str = "moved", state: int = u.STATE_ANON) -> Handled:
    made = Handled("page", pfn, (state, 0, 0), "compact_memory", pfn)
    made.reason = reason
    return made


def test_some_entries_of_every_kind_are_kept() -> None:
    shown = Selection(False)
    for reason in ("moved", "not_on_lru"):
        wanted = [shown.wants(entry(pfn, reason)) for pfn in range(2 * MAX_ALIKE)]
        assert sum(wanted) == MAX_ALIKE
    assert shown.wants(entry(1, "moved", u.STATE_FILE))
    assert sum(shown.wants_open(entry(pfn)) for pfn in range(2 * MAX_OPEN)) == MAX_OPEN


def test_calls_made_by_our_own_functions_move_up() -> None:
    root = Call(function("step", "compact_nodes"), None, 1)
    same = Call(function("part", "compact_nodes"), root, 2)
    ours = Call(function("helper", None), same, 3)
    leaf = Call(function("mover", "migrate_pages"), ours, 4)
    leaf.returned = None
    made = entry(7)
    made.marks = [leaf]
    shown = Selection(False)
    shown.add(made)
    told = shown.to_list()[0]
    assert [(call["depth"], call["function"]) for call in told["calls"]] == [
        (0, "compact_nodes"), (1, "migrate_pages")
    ]  # fmt: skip
    assert (told["pfn"], told["pageblock"], told["kind"]) == (7, 0, "anon")
