"""What a trace keeps: calls, and entries for pages and pageblocks, as many as anyone would read."""

from collections import Counter
from typing import Any

from engine import units as u
from engine.guest import Guest
from engine.trace.annotations import Watched
from engine.trace.sentences import kernel_name, page_kind, returned, type_name

MAX_ENTRIES = 400
MAX_ALIKE = 24  # entries of one reason, kind of page and compactor
MAX_OPEN = 120  # isolated pages of one kind and compactor that are followed
MAX_CALLS = 80  # calls of one entry
ISOLATION_COUNTERS = ("nr_isolated_anon", "nr_isolated_file", "balloon_isolated")


class Call:
    """One call of a watched function.

    Attributes:
        what: the function.
        parent: the watched call that made it.
        seq: its position in the order of calls.
        args: its arguments as they were on entry.
        own: the page that it is about, -1 = none of its own.
        pfn: the same, or that of the enclosing call.
        before: state, order and flags of that page on entry; None without own.
        cc: the running compactor, -1 = none; by: who is running, in words.
        returned: what it returned.
        decided: whether it, or a call made by it about the same page, has decided.
        page, counters: state after it; None if not needed.
        children: calls made by it about the same page.
    """

    __slots__ = (
        "args", "before", "by", "cc", "children", "counters", "decided", "own", "page", "parent",
        "pfn", "returned", "seq", "what",
    )  # fmt: skip

    def __init__(self, what: Watched, parent: "Call | None", seq: int) -> None:
        """Start; the tracer sets what it is about."""
        self.what = what
        self.parent = parent
        self.seq = seq
        self.args: dict[str, int] = {}
        self.own = -1
        self.pfn: int = parent.pfn if parent else -1
        self.cc: int = parent.cc if parent else -1
        self.by: str = parent.by if parent else ""
        self.before: tuple[int, int, int] | None = None
        self.returned: Any = None
        self.decided = False
        self.page: dict[str, Any] | None = None
        self.counters: tuple[int, ...] | None = None
        self.children: list[Call] = []


class Handled:
    """One page or pageblock, and what became of it.

    Attributes:
        subject: ``page`` or ``pageblock``.
        pfn: of the page, or the first of the pageblock.
        before: state, order and flags at the beginning.
        by: who dealt with it.
        seq: position in the order of calls.
        to: where it was moved.
        reason, outcome, sentence, source: see reasons.py; empty while it is open.
        marks: calls to show; None = not to be shown.
    """

    def __init__(
        self, subject: str, pfn: int, before: tuple[int, int, int], by: str, seq: int
    ) -> None:
        """Open an entry."""
        self.subject = subject
        self.pfn = pfn
        self.before = before
        self.by = by
        self.seq = seq
        self.to: int | None = None
        self.reason = self.outcome = self.sentence = self.source = ""
        self.marks: list[Call] | None = []
        self.kind = page_kind(before[0])

    def type_name(self, guest: Guest) -> None:
        """A pageblock's kind is its migratetype."""
        if self.subject == "pageblock":
            self.kind = type_name(guest, self.pfn)


class Selection:
    """The entries to show: some of every kind rather than just the first ones."""

    def __init__(self, is_2012: bool, has_hook: bool = True) -> None:
        """Empty.

        Args:
            is_2012: whether calls get the names of Linux 3.8.
            has_hook: whether the scanner tests for balloon pages.
        """
        self._is_2012 = is_2012
        self._has_hook = has_hook
        self._alike: Counter[tuple[str, str, str]] = Counter()
        self._followed: Counter[tuple[str, str]] = Counter()
        self._entries: list[Handled] = []

    def wants_open(self, entry: Handled) -> bool:
        """Whether to follow a page that has just been isolated."""
        key = entry.by, entry.kind
        self._followed[key] += 1
        return self._followed[key] <= MAX_OPEN

    def wants(self, entry: Handled) -> bool:
        """Whether there is room for an entry whose outcome is known."""
        key = entry.reason, entry.by, entry.kind if entry.subject == "page" else ""
        self._alike[key] += 1
        return self._alike[key] <= MAX_ALIKE and len(self._entries) < MAX_ENTRIES

    def add(self, entry: Handled) -> None:
        """Keep an entry."""
        self._entries.append(entry)

    def to_list(self) -> list[dict[str, Any]]:
        """The JSON form, in chronological order."""
        return [self._entry(entry) for entry in sorted(self._entries, key=lambda e: e.seq)]

    def _entry(self, entry: Handled) -> dict[str, Any]:
        return {
            "subject": entry.subject, "pfn": entry.pfn, "pageblock": entry.pfn >> u.PAGEBLOCK_ORDER,
            "kind": entry.kind, "order": entry.before[1], "by": entry.by,
            "outcome": entry.outcome, "to": entry.to, "reason": entry.reason,
            "sentence": entry.sentence, "source": entry.source, "calls": self._calls(entry),
        }  # fmt: skip

    def _calls(self, entry: Handled) -> list[dict[str, Any]]:
        """The chain: the calls noted, their callers and their callees, in order."""
        found: dict[int, Call] = {}

        def take(call: Call) -> None:
            found[call.seq] = call
            for child in call.children:
                take(child)

        for mark in entry.marks or ():
            take(mark)
            above = mark.parent
            while above is not None:
                if above.own == entry.pfn:
                    take(above)
                else:
                    found[above.seq] = above
                above = above.parent
        lines: list[dict[str, Any]] = []
        is_balloon = entry.before[0] == u.STATE_BALLOON
        level: dict[int, tuple[int, Any]] = {}  # seq → depth and name of the call
        for seq in sorted(found):
            call = found[seq]
            above_depth, above_name = level[call.parent.seq] if call.parent else (-1, None)
            name = kernel_name(call.what, self._is_2012, is_balloon, self._has_hook)
            if name is None or (above_name is not None and name.function == above_name.function):
                level[seq] = above_depth, above_name
                continue
            level[seq] = above_depth + 1, name
            if len(lines) < MAX_CALLS:
                lines.append(self._line(call, entry, above_depth + 1, name))
        if lines and not any("page" in line for line in lines):
            # The call that looked at the page is part of the last function listed: add its result.
            for mark in entry.marks or ():
                lines[-1].update(self._state(mark, entry))
        return lines

    def _line(self, call: Call, entry: Handled, depth: int, name: Any) -> dict[str, Any]:
        line: dict[str, Any] = {
            "depth": depth, "function": name.function, "file": name.file, "args": call.args,
            "returned": returned(call.what, call.returned, self._is_2012),
        }  # fmt: skip
        return {**line, **self._state(call, entry)}

    def _state(self, call: Call, entry: Handled) -> dict[str, Any]:
        """The page after a call about it."""
        about_page = entry.subject == "page" and call.pfn == entry.pfn
        if not about_page or call.page is None or call.counters is None:
            return {}
        return {
            "page": call.page, "counters": dict(zip(ISOLATION_COUNTERS, call.counters, strict=True))
        }  # fmt: skip
