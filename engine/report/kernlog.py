"""Finds Mem-Infos and the requests that led to them in the lines of a kernel log.

A Mem-Info is what show_mem() prints: under an OOM kill, under an allocation failure, by SysRq-m.
Lines that several CPUs printed at once are told apart where the log says who printed them.
"""

import re
from dataclasses import replace

from engine.report.gfp import mask_names, printed_names
from engine.report.lines import TextLine
from engine.report.model import MAX_COUNT, MAX_ORDERS, FailedRequest, FreeCounts, Moment, ZoneFacts

MAX_REPORTS = 256  # Mem-Infos of one text
_REACH = 400  # lines: a call trace may stand between a request and its Mem-Info
_MAX_CALLERS = 64

_REQUEST = re.compile(
    r"\s*(?P<who>.{0,120}?)(?:: |\s)(?P<what>invoked oom-killer:|page allocation failure[.:]"
    r"|page allocation stalls for|vmalloc error:|vmalloc: allocation failure)(?P<rest>.*)"
)
_ORDER = re.compile(r"(?<![A-Za-z])order[:=] ?(-?\d{1,3})|\bpage order (\d{1,3})")
_MODE = re.compile(r"\b(?:mode:|gfp_mask=)(0x[0-9a-f]{1,16})(?:\(([\w|]{0,800})\))?")
_NODES = re.compile(r"\b(nodemask|mems_allowed)=\(?([\d,-]{1,80}|null)\)?")
_CONSTRAINT = re.compile(r"\bconstraint=(CONSTRAINT_\w{1,40})")
_CGROUP = re.compile(r"Memory cgroup out of memory|killed as a result of limit of|memory: usage \d")
_ZONE = re.compile(r"(?:\bNode (\d{1,4}) )?\b([A-Z]\w{1,19}) (free:\d{1,15}[kK]B .*)")
_FIGURE = re.compile(r"\b([a-z_]{1,40}):(\d{1,15})([kK]B)?")
_LIST = re.compile(r"(?:\bNode (\d{1,4}) )?\b([A-Z]\w{1,19}): (\d{1,15}\*\d{1,10}kB.*)")
_PIECE = re.compile(r"(\d{1,15})\*(\d{1,10})kB(?: \(([A-Z]{1,12})\))?")
_MORE_PIECES = re.compile(r" *(?:\d{1,15}\*\d{1,10}kB|\([A-Z]{1,12}\)|= ?\d{1,15}kB)")
_MORE_FIGURES = re.compile(r" *[a-z_]{1,40}:\d{1,15}[kK]B")
# Parts of a line that a logger tore apart, where the kernel printed it piece by piece.
_NODE_ALONE = re.compile(r" *Node (\d{1,4}) *$")
_LIST_HEAD = re.compile(r"(?:\bNode (\d{1,4}) )? *\b([A-Z]\w{1,19}): *$")
_NUMBERS = re.compile(r" *\d{1,15}(?: +\d{1,15})* *$")
_RESERVE = re.compile(r"lowmem_reserve\[\]:((?: \d{1,15}){0,8})")
_TOTALS = re.compile(r" *(?:\w{1,40}:\d{1,15}(?: +|$)){1,8}")
_REST = re.compile(
    r"Node \d+ (?:active_anon|hugepages_total|\w+ per-cpu)|\w+ per-cpu:|CPU +\d+: hi:"
    r"|active_anon:|\d+ (?:total pagecache pages|pages in swap cache|pages RAM|pages HighMem"
    r"|pages reserved|pages cma reserved|pages hwpoisoned|pages shared|pages non-shared"
    r"|pages of slabs)|(?:Free|Total) swap +=|Swap cache stats:|Unreclaimable slab info"
)
_SUMMARY = re.compile(r"(\d{1,15}) (pages RAM|pages reserved)")


def _nodes(text: str) -> frozenset[int] | None:
    """The nodes of ``0-1,3``; None: all."""
    found: set[int] = set()
    for part in text.strip(",").split(","):
        first, _, last = part.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            return None
        found.update(range(int(first[:4]), min(int(last[:4] or first[:4]), 1023) + 1))
    return frozenset(found) or None


def _allowed(text: str) -> frozenset[int] | None:
    """Nodes that both nodemask and mems_allowed of a line name; None: all."""
    nodes: frozenset[int] | None = None
    for _, listed in _NODES.findall(text):
        some = _nodes(listed)
        nodes = some if nodes is None else nodes & some if some is not None else nodes
    return nodes


def request_line(text: str, line: int) -> FailedRequest | None:
    """The request that a line of a kernel log reports.

    Args:
        text: the line.
        line: its number.
    """
    found = _REQUEST.match(text)
    order = _ORDER.search(found["rest"]) if found else None
    if not found or not order:
        return None
    mode = _MODE.search(found["rest"])
    names: tuple[str, ...] = ()
    if mode:
        names = printed_names(mode[2]) if mode[2] else mask_names(int(mode[1], 16))
    who = found["who"].strip()
    return FailedRequest(
        who=who,
        order=int(order[1] or order[2]),
        mode=mode[1] if mode else "",
        flags=names,
        killer=found["what"].startswith("invoked"),
        nodes=_allowed(found["rest"]),
        cgroup=False,
        line=line,
    )


class _Talk:
    """What one caller is in the middle of printing."""

    def __init__(self) -> None:
        self.request: FailedRequest | None = None
        self.asked = 0  # line of the request
        self.begun: TextLine | None = None  # a request whose line was broken by a mail program
        self.moment: Moment | None = None
        self.zone: ZoneFacts | None = None  # whose figures or reserve may go on
        self.pieces = ""  # of a free list that may go on
        self.listed: ZoneFacts | None = None
        self.node = 0  # of a line that says nothing but its node
        self.reserve = False  # whether numbers of lowmem_reserve may follow


class LogReader:
    """Reads one text; ``moments`` is what was found.

    Attributes:
        moments: Mem-Infos in the order in which they begin; a request without one stands alone.
        dropped: Mem-Infos beyond MAX_REPORTS.
    """

    def __init__(self, moments: list[Moment], file: str = "") -> None:
        """Begin.

        Args:
            moments: to add to.
            file: name of the text, for the moments.
        """
        self.moments = moments
        self.dropped = 0
        self._file = file
        self._talks: dict[str, _Talk] = {}

    def read(self, line: TextLine) -> str | None:
        """What a line was read as, None if it says nothing here."""
        text = line.text
        if not text or (
            not any(sign in text for sign in (":", "=", "kB", "pages", "Node"))
            and not _NUMBERS.match(text)
        ):
            return None
        talk = self._talks.get(line.caller)
        if talk is None:
            if len(self._talks) >= _MAX_CALLERS:
                self._talks.clear()
            talk = self._talks[line.caller] = _Talk()
        return self._request(line, talk) or self._mem_info(text, line, talk)

    # -- the request

    def _request(self, line: TextLine, talk: _Talk) -> str | None:
        text = line.text
        if talk.begun is not None:
            return self._go_on(line, talk)
        if "allocation" not in text and "oom" not in text and "cgroup" not in text:
            return None
        if (request := request_line(text, line.numbers[0])) is not None:
            talk.begun = line if _unfinished(text, request) else None
            self._finish(talk)
            talk.request, talk.asked, talk.moment = request, line.numbers[0], None
            if len(self.moments) >= MAX_REPORTS:
                self.dropped += 1
                return None
            self.moments.append(Moment(request=request, source="Mem-Info", file=self._file))
            return "request"
        if _REQUEST.match(text):
            talk.begun = line
            return "request"
        constraint = _CONSTRAINT.search(text)
        if constraint or _CGROUP.search(text):
            if not constraint or constraint[1] == "CONSTRAINT_MEMCG":
                self._limit(talk, cgroup=True)
            else:
                self._limit(talk, nodes=_allowed(text))
            return "request"
        return None

    def _go_on(self, line: TextLine, talk: _Talk) -> str | None:
        """A line behind a request that was broken off: its rest, if it fits."""
        begun, talk.begun = talk.begun, None
        if begun is None or "Mem-Info" in line.text:
            return None
        joined = TextLine(begun.numbers, f"{begun.text} {line.text.strip()}", begun.caller)
        glued = TextLine(begun.numbers, f"{begun.text}{line.text.strip()}", begun.caller)
        before = request_line(begun.text, begun.numbers[0])
        torn = begun.text.count("(") > begun.text.count(")")  # in the middle of the flags' names
        for whole in (glued, joined) if torn else (joined, glued):
            request = request_line(whole.text, begun.numbers[0])
            if request is None or (before and _same(request, before)):
                continue
            if before is None:
                return self._request(whole, talk)
            for moment in reversed(self.moments):
                if moment.request is talk.request:
                    talk.request = moment.request = request
                    talk.begun = whole if _unfinished(whole.text, request) else None
                    return "request"
        return None

    def _limit(
        self, talk: _Talk, cgroup: bool = False, nodes: frozenset[int] | None = None
    ) -> None:
        """What oom-kill: says of the limits of this report's request, since 5.0 it alone."""
        for moment in reversed(self.moments):
            request = moment.request
            if request is None or request is not talk.request:
                continue
            if nodes is not None and request.nodes is not None:
                nodes = nodes & request.nodes
            talk.request = moment.request = replace(
                request,
                cgroup=cgroup or request.cgroup,
                nodes=request.nodes if nodes is None else nodes,
            )
            return

    # -- the Mem-Info

    def _mem_info(self, text: str, line: TextLine, talk: _Talk) -> str | None:
        if "Mem-Info:" in text or "Mem-info:" in text:
            self._finish(talk)
            return "Mem-Info" if self._open(line, talk) else None
        if (alone := _NODE_ALONE.match(text)) and talk.moment is not None:
            talk.node = int(alone[1])
            return "Mem-Info"
        if "*" in text and (listed := _LIST.search(text)):
            return self._free_list(listed, line, talk)
        if "free:" in text and (zone := _ZONE.search(text)):
            return self._zone_line(zone, line, talk)
        if talk.moment is None:
            return None
        if talk.pieces and (_MORE_PIECES.match(text) or text.strip() == ""):
            talk.pieces += f" {text.strip()}"
            self._take_pieces(talk)
            return "Mem-Info"
        talk.pieces = ""
        if talk.zone is not None and "lowmem_reserve" in text and (r := _RESERVE.search(text)):
            talk.zone.protection = tuple(int(word) for word in r[1].split())
            talk.reserve = True
            return "Mem-Info"
        if talk.reserve and talk.zone is not None and _NUMBERS.match(text):
            more = tuple(int(word) for word in text.split())
            talk.zone.protection = (*talk.zone.protection, *more)[:8]
            return "Mem-Info"
        if head := _LIST_HEAD.search(text):
            return self._list_head(head, talk)
        if talk.zone is not None and _MORE_FIGURES.match(text):
            self._figures(text, talk.zone)
            return "Mem-Info"
        return self._total(text, talk.moment)

    def _total(self, text: str, moment: Moment) -> str | None:
        """Figures of the whole machine."""
        if summary := _SUMMARY.search(text):
            moment.totals.setdefault(summary[2], int(summary[1]))
            return "Mem-Info"
        if _TOTALS.match(text) and "kB" not in text:
            for name, value, _ in _FIGURE.findall(text):
                moment.totals.setdefault(name, int(value))
            return "Mem-Info"
        return "Mem-Info" if _REST.search(text) else None

    def _open(self, line: TextLine, talk: _Talk) -> Moment | None:
        """Begin a Mem-Info: that of the last request, if it is near enough and has none yet."""
        near = talk.request is not None and line.numbers[0] - talk.asked <= _REACH
        if near:
            for moment in reversed(self.moments):
                if moment.request is talk.request and not moment.zones:
                    talk.moment = moment
                    return moment
        talk.request = None
        if len(self.moments) >= MAX_REPORTS:
            self.dropped += 1
            talk.moment = None
            return None
        talk.moment = Moment(source="Mem-Info", file=self._file)
        self.moments.append(talk.moment)
        return talk.moment

    def _finish(self, talk: _Talk) -> None:
        talk.zone = talk.listed = None
        talk.pieces = ""

    def _zone_line(self, found: re.Match[str], line: TextLine, talk: _Talk) -> str | None:
        """``Node 0 Normal free:…kB min:…kB``: the figures of a zone."""
        key = (int(found[1] or talk.node), found[2])
        moment, talk.node, talk.reserve = talk.moment, 0, False
        if moment is None or (key in moment.zones and moment.zones[key].kib):
            self._finish(talk)
            moment = self._open(line, talk)  # its head was cut off
        if moment is None:
            return None
        talk.zone = moment.zone(key)
        self._figures(found[3], talk.zone)
        talk.pieces = ""
        if reserve := _RESERVE.search(found[3]):
            talk.zone.protection = tuple(int(word) for word in reserve[1].split())
        return "Mem-Info"

    def _figures(self, text: str, zone: ZoneFacts) -> None:
        for name, value, unit in _FIGURE.findall(text):
            if unit and int(value) <= MAX_COUNT and len(zone.kib) < 64:
                zone.kib.setdefault(name, int(value))

    def _free_list(self, found: re.Match[str], line: TextLine, talk: _Talk) -> str | None:
        """``Node 0 Normal: 12*4kB (UM) …``: free blocks by order."""
        key = (int(found[1] or talk.node), found[2])
        moment, talk.node = talk.moment, 0
        if moment is None or (key in moment.zones and moment.zones[key].counts is not None):
            self._finish(talk)
            moment = self._open(line, talk)
        if moment is None:
            return None
        talk.listed, talk.zone = moment.zone(key), None
        talk.pieces = found[3]
        self._take_pieces(talk)
        return "Mem-Info"

    def _list_head(self, found: re.Match[str], talk: _Talk) -> str | None:
        """``Node 0 Normal:`` alone: its pieces follow, each on a line of its own."""
        key = (int(found[1] or talk.node), found[2])
        if talk.moment is None or key not in talk.moment.zones:
            return None
        talk.listed, talk.zone, talk.pieces, talk.node = talk.moment.zones[key], None, " ", 0
        return "Mem-Info"

    def _take_pieces(self, talk: _Talk) -> None:
        """Read the free list as far as it goes; sizes say which order each count has."""
        pieces = _PIECE.findall(talk.pieces[:4000])
        if not pieces or talk.listed is None or talk.moment is None:
            return
        base = int(pieces[0][1])
        counts: dict[int, int] = {}
        letters: dict[int, str] = {}
        for number, size, types in pieces:
            times = int(size) // base if base else 0
            order = times.bit_length() - 1
            if times < 1 or times != 1 << order or order >= MAX_ORDERS or int(number) > MAX_COUNT:
                return
            counts[order] = int(number)
            letters[order] = types
        orders = range(max(counts) + 1)
        talk.listed.counts = FreeCounts(tuple(counts.get(order, 0) for order in orders))
        typed = any(letters.values())
        talk.listed.present = tuple(
            (letters.get(o, "") if typed or not counts.get(o) else None) for o in orders
        )
        talk.moment.page_kib = base
        if total := re.search(r"= ?(\d{1,15})kB", talk.pieces):
            talk.listed.kib["list_total"] = int(total[1])
            talk.pieces = ""


def _unfinished(text: str, request: FailedRequest) -> bool:
    """Whether the line of a request seems to go on in the next one."""
    end = text.rstrip()[-1:]
    return not request.mode or text.count("(") > text.count(")") or end in (",", "|", "=")


def _same(one: FailedRequest, other: FailedRequest) -> bool:
    return (one.order, one.mode, one.flags, one.nodes) == (
        other.order, other.mode, other.flags, other.nodes,
    )  # fmt: skip
