"""Finds the files of /proc about memory in lines of text: what was read stays as facts of zones.

Driven by headers: which file a line belongs to follows from its form and from what came before.
Several copies of a file in one text are several moments.
"""

import re
from collections import Counter

from engine.report.lines import TextLine
from engine.report.model import MAX_COUNT, MAX_ORDERS, FreeCounts, Moment, ZoneFacts, ZoneKey
from engine.report.rows import index_kind, index_row, type_row, zone_row

PROC_FILES = (
    "buddyinfo", "pagetypeinfo", "zoneinfo", "vmstat", "meminfo", "extfrag_index", "unusable_index",
)  # fmt: skip
MAX_MOMENTS = 256  # copies of a file in one text
MAX_ZONES_READ = 2048  # of all moments together
_FEWEST_ORDERS = 6  # fewer columns among pageblocks are not taken for free blocks
_MAX_NAMES = 2048  # counters of one file

_ZONE_HEAD = re.compile(r"Node +(\d{1,4}), +zone +(\w{1,20}) *$")
_BLOCK_ORDER = re.compile(r"Page block order: *(\d{1,2})\s*$")
_BLOCK_PAGES = re.compile(r"Pages per block: *(\d{1,7})\s*$")
_SUMS = re.compile(r"Number of (blocks|mixed)\b.*?((?: +\S+)*) *$")
_NAME_NUMBER = re.compile(r"( *)(?:pages )?([A-Za-z_]\w{0,60}):? +(-?\d{1,20}) *$")
_PROTECTION = re.compile(r" *protection: *\(([\d, ]{0,400})\)")
_VMSTAT = re.compile(
    r"(?:nr_|pg|compact_|thp_|workingset_|balloon_|numa_|kswapd_|allocstall|oom_kill|drop_|slabs_"
    r"|unevictable_|zone_reclaim|swap_|htlb_|cma_|pageoutrun)\w*"
)
_MEMINFO = re.compile(r" *([A-Za-z]\w{0,40}(?:\(\w{1,20}\))?): +(\d{1,15})(?: kB)? *$")
_NAMED = re.compile(r"(?:proc|extfrag)/(\w{1,20})")
_LONGEST_NAMED = 200  # characters of a line that says which file follows
_ZONE_OTHER = re.compile(
    r" +(?:\d{1,20}|cpu: *\d+|per-node stats|pagesets|all_unreclaimable:.*|vm stats threshold:.*"
    r"|prev_priority:.*|temp_priority:.*|inactive_ratio:.*|scanned +\d+) *$"
)


def _small(word: str) -> int | None:
    """A count, None if it is larger than any that matters."""
    value = int(word)
    return value if abs(value) <= MAX_COUNT else None


class ProcReader:
    """Reads one text; ``moments`` is what was found.

    Attributes:
        moments: by how often a file came before.
        hint: name of the /proc file that the lines are from, as far as anybody said.
        dropped: rows beyond MAX_MOMENTS or MAX_ZONES_READ.
    """

    def __init__(self, moments: list[Moment], hint: str = "") -> None:
        """Begin.

        Args:
            moments: to add to.
            hint: the file's name, if it is one of PROC_FILES.
        """
        self.moments = moments
        self.hint = hint if hint in PROC_FILES else ""
        self.dropped = 0
        self._zones = 0
        self._seen: Counter[tuple[str, ZoneKey, str]] = Counter()
        self._section = ""  # blocks, mixed, zone, vmstat or meminfo
        self._names: list[str] = []  # migratetypes of the blocks' header
        self._zone: ZoneFacts | None = None  # of zoneinfo
        self._in_zone = ""  # node: before "pages free"; zone; cpu: after "pagesets"; end
        self._copies: Counter[str] = Counter()  # of vmstat, meminfo and page block orders

    def read(self, line: TextLine) -> str | None:
        """What a line was read as, None if it says nothing here."""
        text = line.text
        if not text or text.isspace():
            return None
        if "zone" in text or self.hint == "buddyinfo":
            found = self._zone_line(text)
            if found:
                return found
        if text.startswith(("Page block", "Pages per", "Free pages count", "Number of")):
            return self._header(text)
        found = self._in_section(text)
        if found:
            return found
        self._section = ""
        return self._start(text)

    # -- lines that name a zone

    def _zone_line(self, text: str) -> str | None:
        """A row of free blocks, of pageblocks or of an index, or the head of a zone."""
        if " type " in text and (typed := type_row(text)):
            self._section = ""
            return self._add_types(*typed)
        if (found := zone_row(text, self.hint == "buddyinfo")) is not None:
            return self._add_row(*found)
        if "." in text and (index := index_row(text)):
            return self._add_index(*index)
        if head := _ZONE_HEAD.search(text):
            self._zone = self._facts("zoneinfo", (int(head[1]), head[2]))
            self._section, self._in_zone = "zone", "node"
            return "zoneinfo" if self._zone is not None else None
        return None

    def _facts(self, kind: str, key: ZoneKey, part: str = "") -> ZoneFacts | None:
        """The facts that a row belongs to; a second row of the same is of the next moment."""
        nth = self._seen[kind, key, part]
        moment = self._moment(nth)
        if moment is None or (key not in moment.zones and self._zones >= MAX_ZONES_READ):
            self.dropped += 1
            return None
        self._zones += key not in moment.zones
        self._seen[kind, key, part] += 1
        return moment.zone(key)

    def _moment(self, nth: int) -> Moment | None:
        """The moment by its number, made if need be; None beyond the limit."""
        if nth >= MAX_MOMENTS:
            return None
        while len(self.moments) <= nth:
            self.moments.append(Moment())
        return self.moments[nth]

    def _add_row(self, key: ZoneKey, values: tuple[int, ...]) -> str | None:
        """Numbers behind a zone: pageblocks where a header said so, else free blocks."""
        if self._section in ("blocks", "mixed") and len(values) == len(self._names):
            if self._section == "blocks" and (facts := self._facts("blocks", key)):
                facts.blocks = dict(zip(self._names, values, strict=True))
            return "pagetypeinfo"
        if not self._is_free_row(len(values)):
            return None
        self._section = ""
        facts = self._facts("buddyinfo", key)
        if facts is None:
            return None
        facts.counts = FreeCounts(values)
        return "buddyinfo"

    def _is_free_row(self, size: int) -> bool:
        """Whether numbers behind a zone can be free blocks and not a broken row of pageblocks."""
        if self._section in ("blocks", "mixed") or self.hint == "pagetypeinfo":
            return max(len(self._names), _FEWEST_ORDERS) < size <= MAX_ORDERS
        return 2 <= size <= MAX_ORDERS

    def _add_types(self, key: ZoneKey, name: str, counts: FreeCounts) -> str | None:
        facts = self._facts("types", key, name)
        if facts is None:
            return None
        facts.types[name] = counts
        return "pagetypeinfo"

    def _add_index(self, key: ZoneKey, values: tuple[int, ...]) -> str | None:
        self._section = ""
        kind = index_kind([values], self.hint)
        facts = self._facts(kind, key)
        if facts is None:
            return None
        facts.printed[kind] = values
        return kind

    # -- headers of pagetypeinfo

    def _header(self, text: str) -> str | None:
        self._section = ""
        if order := _BLOCK_ORDER.match(text):
            self._set_block_order(int(order[1]))
        elif pages := _BLOCK_PAGES.match(text):  # the same again; a cut text may have only this
            self._set_block_order(int(pages[1]).bit_length() - 1)
        elif sums := _SUMS.match(text):
            words = sums[2].split()
            self._names = [word for word in words if word not in ("type", "blocks")][:64]
            self._section = sums[1]
        return "pagetypeinfo"

    def _set_block_order(self, order: int) -> None:
        moment = self._moment(max(0, self._seen_most("types") - 1))
        if moment is not None and moment.pageblock_order is None and order >= 0:
            moment.pageblock_order = order

    def _seen_most(self, kind: str) -> int:
        """How many copies of a file have begun."""
        return max((n for (k, _, _), n in self._seen.items() if k == kind), default=0)

    # -- what belongs to a section that has begun

    def _in_section(self, text: str) -> str | None:
        if self._section == "zone" and self._zone is not None:
            return self._zone_fact(text, self._zone)
        if self._section == "vmstat":
            return self._counter(text)
        if self._section == "meminfo":
            return self._meminfo(text)
        return None

    def _zone_fact(self, text: str, zone: ZoneFacts) -> str | None:
        """A line of a zone's section of zoneinfo."""
        if guard := _PROTECTION.match(text):
            zone.protection = tuple(int(w) for w in guard[1].replace(",", " ").split()[:8])
            return "zoneinfo"
        found = _NAME_NUMBER.match(text)
        if not found:
            if not _ZONE_OTHER.match(text):
                return None
            self._in_zone = "cpu" if "pagesets" in text else self._in_zone
            return "zoneinfo"
        name, value = found[2], _small(found[3])
        if not found[1] and name == "nr_free_pages" and self._in_zone in ("cpu", "end"):
            return None  # vmstat follows
        if value is None or len(zone.pages) > _MAX_NAMES:
            return None
        if "pages free" in text:
            self._in_zone, name = "zone", "free"
        if name == "start_pfn":
            self._in_zone = "end"
        if self._in_zone in ("zone", "end"):
            zone.pages.setdefault(name, value)
        elif name in ("count", "high", "batch"):
            so_far = zone.pages.get(f"pcp_{name}", 0)
            zone.pages[f"pcp_{name}"] = max(so_far, value) if name == "batch" else so_far + value
        return "zoneinfo"

    def _counter(self, text: str) -> str | None:
        """A line of vmstat."""
        found = _NAME_NUMBER.match(text)
        if not found or ":" in text:
            return None
        value = _small(found[3])
        moment = self._moment(self._copies["vmstat"] - 1)
        if value is None or moment is None or len(moment.vmstat) > _MAX_NAMES:
            return None
        moment.vmstat.setdefault(found[2], value)
        return "vmstat"

    def _meminfo(self, text: str) -> str | None:
        """A line of meminfo."""
        found = _MEMINFO.match(text)
        moment = self._moment(self._copies["meminfo"] - 1)
        if not found or moment is None or len(moment.totals) > _MAX_NAMES:
            return None
        moment.totals.setdefault(found[1], int(found[2]))
        return "meminfo"

    def _start(self, text: str) -> str | None:
        """A line that begins a file without a header, or says which file follows."""
        found = _NAME_NUMBER.match(text)
        known = found is not None and ":" not in text and self.hint in ("", "vmstat")
        if found and known and (self.hint == "vmstat" or _VMSTAT.fullmatch(found[2])):
            if found[2] == "nr_free_pages" or not self._copies["vmstat"]:
                self._copies["vmstat"] += 1
            self._section = "vmstat"
            return self._counter(text)
        if text.startswith(("MemTotal:", "MemFree:")) or self.hint == "meminfo":
            if text.startswith("MemTotal:") or not self._copies["meminfo"]:
                self._copies["meminfo"] += 1
            self._section = "meminfo"
            return self._meminfo(text)
        if len(text) <= _LONGEST_NAMED and "/" in text and (named := _NAMED.search(text)):
            self.hint = named[1] if named[1] in PROC_FILES else ""
        return None
