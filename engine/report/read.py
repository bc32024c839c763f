"""Reads a report: a pasted text, a file, a folder, an archive or a sosreport, as it is."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from engine.report.collect import ReportLimits, collect
from engine.report.kernlog import MAX_REPORTS, LogReader
from engine.report.lines import decoded, logical_lines
from engine.report.model import USUAL_PAGE_KIB, LineRead, Moment, TextReport
from engine.report.proc import MAX_MOMENTS, ProcReader

MAX_UNREAD = 1000  # lines of one text that are listed though nothing was read in them
MAX_LINES = 200_000  # of one text
_PAGE_SIZES = (4, 8, 16, 64, 256)  # KiB
_PAIRS = (
    ("Active(anon)", "nr_active_anon"), ("Inactive(anon)", "nr_inactive_anon"),
    ("Active(file)", "nr_active_file"), ("Inactive(file)", "nr_inactive_file"),
    ("Mapped", "nr_mapped"), ("Shmem", "nr_shmem"), ("PageTables", "nr_page_table_pages"),
)  # fmt: skip


def _read_text(
    name: str, body: bytes, kind: str, moments: list[Moment], logs: list[Moment]
) -> tuple[list[LineRead], list[str]]:
    """Read one text; adds to both lists of moments.

    Args:
        name: of its file, empty for pasted text.
        body: its bytes.
        kind: which /proc file it is by its name, empty: not said.
        moments: of /proc files.
        logs: of Mem-Infos.

    Returns:
        what became of its lines, and what was passed over, in words.
    """
    proc = ProcReader(moments, kind)
    log = LogReader(logs, name)
    out: list[LineRead] = []
    unread = found = 0
    for line in islice(logical_lines(decoded(body)), MAX_LINES):
        what = (None if kind else log.read(line)) or proc.read(line)
        if what is None:
            if not line.text or line.text.isspace() or unread >= MAX_UNREAD:
                unread += bool(line.text.strip())
                continue
            unread += 1
        else:
            found += 1
        out += [LineRead(name, number, what) for number in line.numbers]
    passed = []
    where = name or "the text"
    if body.count(b"\n") > MAX_LINES:
        passed.append(f"{where}: only the first {MAX_LINES} lines are read")
    if unread > MAX_UNREAD:
        passed.append(f"{where}: {unread - MAX_UNREAD} more lines in which nothing was read")
    if log.dropped:
        passed.append(f"{where}: {log.dropped} more Mem-Infos: the first {MAX_REPORTS} are read")
    if proc.dropped:
        passed.append(f"{where}: {proc.dropped} more rows: {MAX_MOMENTS} copies of a file are read")
    return (out if found else []), passed


def read_report(
    source: Path | bytes, name: str = "", limits: ReportLimits | None = None
) -> TextReport:
    """Read a report.

    Args:
        source: a file, a folder, an archive, or the bytes of a text or an archive.
        name: what to call it; the path by default.
        limits: upper limits.

    Raises:
        RefusedError: not there, damaged, hostile, too large; one sentence. A text in which nothing
            is found is a report without moments.
    """
    where = name or (source.name if isinstance(source, Path) else "") or "the text"
    texts = collect(source, where, limits or ReportLimits())
    moments: list[Moment] = []
    logs: list[Moment] = []
    lines: list[LineRead] = []
    passed = list(texts.passed)
    by_name: dict[str, list[LineRead]] = {}
    for file, (body, kind) in sorted(texts.bodies.items(), key=lambda item: item[0]):
        by_name[file], more = _read_text(file, body, kind, moments, logs)
        passed += more
    for file in sorted(by_name):
        lines += by_name[file]
    _settle(moments)
    logs = list(_settled_logs(logs))
    return TextReport(where, tuple(moments), tuple(logs), tuple(lines), tuple(passed))


def _settle(moments: list[Moment]) -> None:
    """Page sizes and pageblock orders, which one copy of a file says for all."""
    order = next((m.pageblock_order for m in moments if m.pageblock_order is not None), None)
    size = next((found for m in moments if (found := _page_size(m)) is not None), None)
    for moment in moments:
        moment.pageblock_order = order if moment.pageblock_order is None else moment.pageblock_order
        moment.page_kib = size


def _page_size(moment: Moment) -> int | None:
    """KiB of a page, from counters that vmstat has in pages and meminfo in KiB.

    Free memory is asked last: what the kernel has not initialised yet may be in one of the two.
    """
    votes = Counter(filter(None, (_size_by(moment, *pair) for pair in _PAIRS)))
    if not votes:
        return _size_by(moment, "MemFree", "nr_free_pages")
    (size, most), *others = votes.most_common(2)
    return size if not others or others[0][1] < most else None


def _size_by(moment: Moment, in_kib: str, in_pages: str) -> int | None:
    """The page size that a pair of counters fits, if it fits one."""
    pages, kib = moment.vmstat.get(in_pages, 0), moment.totals.get(in_kib, 0)
    near = [size for size in _PAGE_SIZES if pages and 0.8 <= kib / pages / size <= 1.25]
    return near[0] if len(near) == 1 else None


def _settled_logs(logs: list[Moment]) -> Iterator[Moment]:
    """Mem-Infos in pages, each once: the same one may be in several logs."""
    known: set[tuple[object, ...]] = set()
    for moment in logs:
        for zone in moment.zones.values():
            zone.settle(moment.page_kib or USUAL_PAGE_KIB)
        request = moment.request
        asked = (request.who, request.order, request.mode) if request else None
        figures = tuple(
            (z.key, z.counts, tuple(sorted(z.pages.items()))) for z in moment.zones.values()
        )
        same = (asked, figures)
        if figures and same in known:
            continue
        known.add(same)
        if figures or request is not None:
            yield moment
