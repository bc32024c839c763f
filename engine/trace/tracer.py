"""Watches the core at work, call by call, and records what becomes of each page and pageblock.

Python calls the tracer when a watched function starts and when it returns; the line that it returns
from tells which reason decided (annotations.py). An isolated page stays open until it is moved, put
back or lost, so that one entry tells its whole story. Recording is limited, counting is not.
"""

import sys
from collections import Counter
from types import FrameType
from typing import Any

from engine import units as u
from engine.core.ranges import range_codes
from engine.guest import Guest
from engine.trace.annotations import FINDERS, SEARCHES, watched
from engine.trace.limits import MAX_TRACED_CALLS
from engine.trace.reasons import REASONS, range_id
from engine.trace.record import Call, Handled, Selection
from engine.trace.sentences import facts
from engine.trace.state import page_now


class EnoughError(Exception):
    """As many calls as a trace may watch have been seen; raised out of the traced code."""


# Functions that take a page off its home list: from here on it is open.
_OPENERS = {"isolate_page", "isolate_range_page", "isolate_balloon_page"}
# Taking a reference comes first, dropping it last.
_HOLDERS = {*_OPENERS, "putback_page"}
# Functions that look at a page first.
_LOOKS = {"isolation_candidate", "isolation_candidate_2012", "movable_kind"}
# A call on a line with a note decides about its page as soon as it returns.
_BY_CALLER = {"free_pages", "dedicate"}
_BY_CC = {
    u.CC_MEMORY: "compact_memory", u.CC_DIRECT: "direct", u.CC_KCOMPACTD: "kcompactd",
    u.CC_PASS: "pass",
}  # fmt: skip
_BY_NAME = {
    "balloon_pass_step": "pass", "pass_over_range": "pass", "gather_block": "gather",
    "step_offline": "range", "step_contig": "range", "step_kmem": "kernel", "step_pin": "pin",
    "leak_chunk": "balloon", "fill_block": "balloon", "fill_chunk": "balloon",
    "drop_caches": "drop_caches", "try_to_free_pages": "direct reclaim",
    "daemons_step": "kswapd", "kswapd_step": "kswapd", "cond_resched": "kswapd",
}  # fmt: skip
_LOOK_UP = 3  # frames above a put-back in which to look for its cause


def _asked(call: Call) -> dict[str, int]:
    """What an allocation wanted."""
    return {name: call.args[name] for name in ("mt", "order") if name in call.args}


class Tracer:
    """One trace of one guest.

    Attributes:
        counts: (reason, outcome) → pages and pageblocks.
    """

    def __init__(self, guest: Guest, most: int = MAX_TRACED_CALLS) -> None:
        """Nothing is watched before start().

        Args:
            guest: only read.
            most: calls to watch; the next one ends the run by EnoughError.
        """
        self._most = most
        self.counts: Counter[tuple[str, str]] = Counter()
        self._guest = guest
        # Whose names the calls get; what happens is a matter of the guest's laws.
        self._is_2012 = bool(guest.vm[0]["profile"] == u.PROFILE_2012)
        self._has_kcompactd = bool(guest.vm[0]["law_kcompactd"])
        self._watched = watched()
        self._top: Call | None = None
        self._seq = 0
        self._open: dict[int, Handled] = {}
        self._unmapped: set[int] = set()
        self._held = -1  # page being isolated or put back: the compactor holds a reference
        self._looked_at: Call | None = None  # the last look at a page that decided nothing
        self._shown = Selection(self._is_2012, bool(guest.vm[0]["rule_hook"]))
        self._found: Call | None = None  # the last search that found a page which forbids something

    def start(self) -> None:
        """Start watching."""
        sys.settrace(self._enter)

    def stop(self) -> None:
        """Stop watching."""
        sys.settrace(None)

    def handled(self) -> list[dict[str, Any]]:
        """The entries recorded, in order."""
        return self._shown.to_list()

    # -- called by Python ------------------------------------------------------------------------
    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        what = self._watched.get(frame.f_code)
        if what is None or event != "call":
            return None
        frame.f_trace_lines = False
        if self._seq >= self._most:
            raise EnoughError
        self._seq += 1
        args = frame.f_locals
        call = Call(what, self._top, self._seq)
        call.args = {name: int(args[name]) for name in what.args}
        if what.subject and call.args[what.subject] != u.PFN_NONE:
            call.pfn = call.own = call.args[what.subject]
            page = self._guest.pages[call.pfn]
            call.before = int(page["state"]), int(page["order"]), int(page["flags"])
            if what.name in _HOLDERS:
                self._held = call.pfn
        cc = call.args.get("cc")
        if cc is not None:
            call.cc = cc
            is_kswapd = cc == u.CC_KCOMPACTD and not self._has_kcompactd
            call.by = "kswapd" if is_kswapd else _BY_CC[cc]
        elif what.name in _BY_NAME:
            call.by = _BY_NAME[what.name]
        self._top = call
        return self._leave

    def _leave(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event != "return":
            return self._leave
        call = self._top
        if call is None:
            return None
        self._top = call.parent
        what = call.what
        call.returned = arg
        if what.name in _HOLDERS:
            self._held = -1
        self._follow(call, arg)
        reason = what.notes.get(frame.f_lineno)
        if reason is None and what.name in _BY_CALLER:
            reason = self._noted_above(frame, 1)
        if reason is not None and not call.decided:
            self._decide(call, reason, frame)
        if what.name in SEARCHES:
            self._found = call
        if what.name == "note_stop":
            self._decide_range(call)
        elif what.name == "putback_page":
            self._put_back(call, frame)
        elif what.name in _OPENERS:
            self._isolate(call)
        passes_on = what.name not in FINDERS  # what they found is nobody else's subject
        if call.decided and passes_on and call.parent is not None and call.parent.pfn == call.pfn:
            call.parent.decided = True
        self._keep(call)
        return None

    # -- what becomes of a page ------------------------------------------------------------------
    def _follow(self, call: Call, result: Any) -> None:
        """Whether the running compactor holds the page's lock after this call."""
        name = call.what.name
        if name == "migrate_folio_unmap":
            if result >= 0:
                self._unmapped.add(call.pfn)
        elif name == "is_movable_now":
            if result == 0:
                self._unmapped.add(call.pfn)
        elif name in ("migrate_folio_move", "unmap_and_move", "putback_page"):
            self._unmapped.discard(call.pfn)

    def _noted_above(self, frame: FrameType, levels: int) -> str | None:
        """The reason noted on the line of a call that led here."""
        above = frame.f_back
        for _ in range(levels):
            what = self._watched.get(above.f_code) if above else None
            if above is None:
                return None
            if what and above.f_lineno in what.notes:
                return what.notes[above.f_lineno]
            above = above.f_back
        return None

    def _entry(self, call: Call, pfn: int, subject: str) -> Handled:
        """A new entry for a page or a pageblock."""
        before = call.before
        if before is None or call.pfn != pfn:
            page = self._guest.pages[pfn]
            before = int(page["state"]), int(page["order"]), int(page["flags"])
        return Handled(subject, pfn, before, call.by, call.seq)

    def _isolate(self, call: Call) -> None:
        entry = self._entry(call, call.pfn, "page")
        looked_at = self._looked_at
        seen = [looked_at] if looked_at is not None and looked_at.pfn == call.pfn else []
        entry.marks = [*seen, call] if self._shown.wants_open(entry) else None
        self._open[call.pfn] = entry
        call.decided = True

    def _subject_of(self, call: Call, subject: str, frame: FrameType) -> int:
        """The page, or the first page of the pageblock, that a decision is about; -1 = none."""
        name = call.what.name
        if name.startswith("compact_finished"):
            return int(self._guest.cc[call.cc]["migrate_pfn"]) & ~(u.PAGEBLOCK_NR_PAGES - 1)
        if name == "gather_block":
            return int(self._guest.lists[u.LIST_BALLOON]["first"])
        pfn = call.pfn
        if name in FINDERS:
            found = call.returned
            pfn = int(found[0] if isinstance(found, tuple) else found)
            if pfn == u.PFN_NONE:
                return -1
        elif call.what.subject is None and "pfn" in call.args:
            pfn = int(frame.f_locals["pfn"])
        for arg in ("start_pfn", "low_pfn"):
            if pfn < 0 and arg in call.args:
                pfn = call.args[arg]
        return pfn & ~(u.PAGEBLOCK_NR_PAGES - 1) if subject == "pageblock" and pfn >= 0 else pfn

    def _decide(self, call: Call, reason: str, frame: FrameType) -> None:
        """Handle a line with a note."""
        rule = REASONS[reason]
        pfn = self._subject_of(call, rule.subject, frame)
        if pfn < 0:
            return
        call.decided = True
        entry = self._open.get(pfn) if rule.subject == "page" else None
        if rule.outcome == "put_back" and entry is not None:
            # Put-back closes it; a later try may still move it.
            entry.reason = reason
            entry.sentence = self._sentence(call, reason, entry)
            self._mark(entry, call)
            return
        if rule.outcome == "put_back":
            return
        if entry is None:
            entry = self._entry(call, pfn, rule.subject)
        if reason == "moved":
            entry.to = self._moved_to(call)
            self._unmapped.discard(pfn)
        self._close(entry, call, reason)

    def _moved_to(self, call: Call) -> int | None:
        """The pfn that the page of a call has moved to."""
        at: Call | None = call
        while at is not None:
            if "dst" in at.args:
                return at.args["dst"]
            at = at.parent
        return None

    def _put_back(self, call: Call, frame: FrameType) -> None:
        entry = self._open.get(call.pfn)
        if entry is None:
            return
        reason = entry.reason or self._noted_above(frame, _LOOK_UP) or "not_tried"
        call.decided = True
        self._close(entry, call, reason)

    def _decide_range(self, call: Call) -> None:
        pfn = call.args["pfn"]
        subject = "page"
        if pfn == u.PFN_NONE:  # nowhere at all
            pfn, subject = int(self._guest.zones[0]["start_pfn"]), "pageblock"
        entry = self._entry(call, pfn, subject)
        if self._found is not None:
            result = self._found.returned
            if pfn == int(result[0] if isinstance(result, tuple) else result):
                self._mark(entry, self._found)
        mt = int(self._guest.blocks[pfn >> u.PAGEBLOCK_ORDER]["migratetype"])
        entry.sentence = range_codes.explain_stop(call.args["reason"], pfn, entry.before[0], mt)
        call.decided = True
        self._close(entry, call, range_id(call.args["reason"]))

    def _close(self, entry: Handled, call: Call, reason: str) -> None:
        """Count an entry whose outcome is known, and keep it if there is room."""
        rule = REASONS[reason]
        self._open.pop(entry.pfn, None)
        self.counts[reason, rule.outcome] += 1
        entry.reason, entry.outcome = reason, rule.outcome
        if (entry.marks is None and reason == "moved") or not self._shown.wants(entry):
            return
        self._mark(entry, call)
        if not entry.sentence or reason == "moved":
            entry.sentence = self._sentence(call, reason, entry)
        entry.source = rule.source_in(self._is_2012)
        entry.type_name(self._guest)
        self._shown.add(entry)

    def _sentence(self, call: Call, reason: str, entry: Handled) -> str:
        cc = call.cc
        more = {"to": entry.to, "unmapped": entry.pfn in self._unmapped, **_asked(call)}
        before = entry.before
        if entry.outcome == "" and entry.pfn in self._open:  # its flags have changed since
            before = (before[0], before[1], int(self._guest.pages[entry.pfn]["flags"]))
        return REASONS[reason].sentence.format_map(facts(self._guest, entry.pfn, before, cc, more))

    # -- what is recorded ------------------------------------------------------------------------
    def _mark(self, entry: Handled, call: Call) -> None:
        if entry.marks is None:
            entry.marks = []
        if call not in entry.marks:
            entry.marks.append(call)

    def _keep(self, call: Call) -> None:
        """Keep a call that an entry may show, with the state after it."""
        if call.pfn < 0:
            return
        entry = self._open.get(call.pfn)
        if entry is not None and entry.marks is None:
            return
        guest = self._guest
        held = call.pfn == self._held
        call.page = page_now(guest, call.pfn, call.pfn in self._unmapped, held)
        vm = guest.vm[0]
        call.counters = tuple(
            int(vm[name]) for name in ("nr_isolated_anon", "nr_isolated_file", "balloon_isolated")
        )
        if entry is not None and call.own == call.pfn:
            self._mark(entry, call)
        if call.what.name in _LOOKS:
            self._looked_at = call
        parent = call.parent
        if parent is not None and parent.pfn == call.pfn and call.own in (-1, call.pfn):
            parent.children.append(call)
