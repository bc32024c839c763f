"""Collects texts about memory from a file, a folder or an archive, trusting nothing in them.

A sosreport is taken as it is: links, devices and pipes in it are passed over, never followed;
nothing is unpacked to disk and no name in an archive becomes a path. Archives inside a folder or an
archive stay closed.
"""

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from engine.errors import RefusedError
from engine.report.proc import PROC_FILES
from engine.unpack import DAMAGE, ByteSource, unpacked

_CHUNK = 1 << 18
_BLOCK = tarfile.BLOCKSIZE
_EXTENDED_HEADER = 1 << 16  # bytes; pax and GNU long names of a sane archive are far shorter
_LOG_NAMES = (
    "dmesg", "messages", "syslog", "kern.log", "kernlog", "journal", "vmcore-dmesg", "console",
)  # fmt: skip
_PAGE_FILES = ("kpageflags", "kpagecount", "kpagecgroup")
_TEXT_SUFFIXES = ("", ".txt", ".log", ".out", ".eml", ".mbox", ".md")
_PACKED = (".gz", ".xz", ".bz2", ".zst", ".zip", ".tar", ".tgz", ".txz", ".tbz2", ".png", ".html")
MAX_DEPTH = 16  # folders inside each other


@dataclass(frozen=True)
class ReportLimits:
    """Upper limits, so that a hostile report costs bounded memory and time.

    Attributes:
        text_bytes: of one file that is read; of longer ones the end is read.
        total_bytes: of all files that are read.
        unpacked_bytes: size of an archive after decompression.
        entries: files in a folder or an archive.
    """

    text_bytes: int = 8 << 20
    total_bytes: int = 24 << 20
    unpacked_bytes: int = 8 << 30
    entries: int = 400_000


@dataclass
class Texts:
    """What was collected.

    Attributes:
        bodies: name → content and the kind of /proc file that its name says, empty: none.
        passed: what was passed over, in words.
    """

    bodies: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)


def kind_of(name: str) -> str:
    """What a file's name says about its content.

    Args:
        name: with or without folders.
    Returns:
        one of PROC_FILES, ``log``, ``other`` (may hold a paste), or empty: not to be read.
    """
    path = name.rpartition("/")[2].lower()
    stem = path.removesuffix(".txt")
    if stem in PROC_FILES:
        return stem
    if path.endswith(_PACKED) or path in _PAGE_FILES:
        return ""
    if any(path.startswith(log) for log in _LOG_NAMES):
        return "log"
    suffix = PurePosixPath(path).suffix
    return "other" if suffix in _TEXT_SUFFIXES else ""


class _Chosen:
    """Which of the files met are kept."""

    def __init__(self, limits: ReportLimits) -> None:
        self._limits = limits
        self._best: dict[str, tuple[tuple[int, int, str], str]] = {}  # kind → rank and name
        self._bodies: dict[str, tuple[bytes, str]] = {}
        self._left = limits.total_bytes
        self._other_left = limits.text_bytes // 2
        self.passed: list[str] = []

    def wants(self, name: str, size: int) -> bool:
        """Whether a file is to be read."""
        kind = kind_of(name)
        if kind in PROC_FILES:
            return kind not in self._best or self._rank(name) < self._best[kind][0]
        if kind == "other":
            return 0 < size <= self._other_left and not self._best
        if kind == "log" and self._left <= 0 < size:
            self.passed.append(f"{name[:120]}: over {self._limits.total_bytes >> 20} MiB in all")
        return kind == "log" and self._left > 0 < size

    def _rank(self, name: str) -> tuple[int, int, str]:
        """A file of /proc before its namesakes, then the one least deep."""
        parts = name.split("/")
        real = len(parts) > 1 and parts[-2] in ("proc", "extfrag")
        return (0 if real else 1, len(parts), name)

    def add(self, name: str, body: bytes) -> None:
        """Keep a file that was wanted."""
        kind = kind_of(name)
        if kind in PROC_FILES:
            if kind in self._best:
                other = self._best[kind][1]
                del self._bodies[other]
                self.passed.append(f"{other[:120]}: {name[:120]} is read instead")
            self._best[kind] = self._rank(name), name
        elif kind == "log":
            self._left -= len(body)
        else:
            self._other_left -= len(body)
        self._bodies[name] = body, kind

    def skipped(self, name: str) -> None:
        """Note a namesake of a file that is kept."""
        kind = kind_of(name)
        if kind in PROC_FILES and kind in self._best and len(self.passed) < 100:
            self.passed.append(f"{name[:120]}: {self._best[kind][1][:120]} is read instead")

    @property
    def bodies(self) -> dict[str, tuple[bytes, str]]:
        """What is read: other texts only where there is no known file."""
        known = {n: b for n, b in self._bodies.items() if b[1] != "other"}
        return {
            name: (body, kind if kind in PROC_FILES else "")
            for name, (body, kind) in (known or self._bodies).items()
        }


def _walk(folder: Path, limits: ReportLimits) -> Iterator[tuple[str, Path, int]]:
    """Regular files below a folder: name, path, size; in order of depth and name."""
    todo, met = [(folder, "")], 0
    while todo:
        below: list[tuple[Path, str]] = []
        for place, prefix in todo:
            try:
                entries = sorted(os.scandir(place), key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in entries:
                met += 1
                if met > limits.entries:
                    raise RefusedError(
                        f"{folder.name} has more than {limits.entries} files: that is no report"
                    )
                try:
                    info = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                name = f"{prefix}{entry.name}"
                if stat.S_ISDIR(info.st_mode):
                    below.append((Path(entry.path), f"{name}/"))
                elif stat.S_ISREG(info.st_mode):
                    yield name, Path(entry.path), info.st_size
        todo = below if below and below[0][1].count("/") <= MAX_DEPTH else []


def _from_folder(folder: Path, limits: ReportLimits) -> Texts:
    chosen = _Chosen(limits)
    for name, path, size in _walk(folder, limits):
        if not chosen.wants(name, size or 1):
            chosen.skipped(name)
            continue
        try:
            # A file that became a link or a pipe since it was listed is not followed.
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                if size > limits.text_bytes:
                    file.seek(-limits.text_bytes, os.SEEK_END)
                    chosen.passed.append(f"{name}: the last {limits.text_bytes >> 20} MiB are read")
                chosen.add(name, file.read(limits.text_bytes))
        except OSError as error:
            chosen.passed.append(f"{name[:120]}: {error.strerror or error}")
    return Texts(chosen.bodies, chosen.passed)


class _Stream:
    """Unpacked bytes in order, at most so many."""

    def __init__(self, source: ByteSource, cap: int, name: str) -> None:
        self._source = source
        self._left = self._cap = cap
        self._name = name

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; fewer at the end."""
        out = bytearray()
        while len(out) < size:
            part = self._part(min(size - len(out), _CHUNK))
            if not part:
                break
            out += part
        return bytes(out)

    def skip(self, size: int) -> None:
        """Pass over ``size`` bytes."""
        while size > 0 and (part := self._part(min(size, _CHUNK))):
            size -= len(part)

    def _part(self, size: int) -> bytes:
        try:
            part = self._source.read(size)
        except DAMAGE as error:
            raise RefusedError(
                f"{self._name} is truncated or damaged: "
                f"{str(error) or 'the compressed data ends in the middle'}"
            ) from error
        self._left -= len(part)
        if self._left < 0:
            raise RefusedError(
                f"{self._name} holds more than {self._cap >> 20} MiB when unpacked: the limit"
            )
        return part


def _header(block: bytes) -> tarfile.TarInfo | None:
    """The header of an entry, None if the block is none."""
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return None


def _long_name(kind: bytes, body: bytes) -> str:
    """The name in an extended header, empty if it has none."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        return body.rstrip(b"\0").decode("utf-8", "replace")
    for record in body.split(b"\n"):
        if b" path=" in record[:20]:
            return record.partition(b" path=")[2].decode("utf-8", "replace")
    return ""


def _from_tar(first: bytes, stream: _Stream, where: str, limits: ReportLimits) -> Texts:
    """Texts of a tar; its headers are parsed by ``tarfile``, its bodies read within bounds."""
    chosen = _Chosen(limits)
    block, long_name = first, ""
    for _ in range(limits.entries):
        if not block.strip(b"\0"):
            break
        head = _header(block)
        if head is None or head.size < 0:
            chosen.passed.append("the rest of the archive: damaged")
            break
        padded = -(-head.size // _BLOCK) * _BLOCK
        if head.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME):
            if head.size > _EXTENDED_HEADER:
                raise RefusedError(f"{where} has an extended header of {head.size} bytes: refused")
            long_name = _long_name(head.type, stream.read(padded)[: head.size]) or long_name
        else:
            name, long_name = long_name or head.name, ""
            _take(head, name, stream, chosen, limits)
        block = stream.read(_BLOCK)
    else:
        chosen.passed.append(f"the archive after {limits.entries} entries")
    return Texts(chosen.bodies, chosen.passed)


def _take(
    head: tarfile.TarInfo, name: str, stream: _Stream, chosen: _Chosen, limits: ReportLimits
) -> None:
    """Read one entry if it is wanted, pass over it if not."""
    padded = -(-head.size // _BLOCK) * _BLOCK if not (head.issym() or head.islnk()) else 0
    if not head.isreg() or head.type == tarfile.GNUTYPE_SPARSE:
        stream.skip(padded)
        return
    if not chosen.wants(name, head.size):
        chosen.skipped(name)
        stream.skip(padded)
        return
    before = max(0, head.size - limits.text_bytes)
    if before:
        chosen.passed.append(f"{name[:120]}: the last {limits.text_bytes >> 20} MiB are read")
    stream.skip(before)
    body = stream.read(head.size - before)
    if len(body) < head.size - before:
        chosen.passed.append(f"{name[:120]}: cut off")
    stream.skip(padded - head.size)
    chosen.add(name, body)


def _from_stream(raw: io.BufferedIOBase, where: str, limits: ReportLimits) -> Texts:
    """Texts of a file: of a tar, packed or not, or the file itself as one text."""
    stream = _Stream(unpacked(raw, where), limits.unpacked_bytes, where)
    first = stream.read(_BLOCK)
    head = _header(first) if len(first) == _BLOCK else None
    if head is not None and first.strip(b"\0"):
        return _from_tar(first, stream, where, limits)
    body = first + stream.read(limits.total_bytes - len(first))
    passed = []
    if len(body) >= limits.total_bytes and stream.read(1):
        passed.append(f"{where}: only the first {limits.total_bytes >> 20} MiB are read")
    kind = kind_of(where)
    return Texts({"": (body, kind if kind in PROC_FILES else "")}, passed)


def collect(source: Path | bytes, where: str, limits: ReportLimits) -> Texts:
    """The texts of a report.

    Args:
        source: a file, a folder, an archive, or the bytes of a text or an archive.
        where: what to call it in messages.
        limits: upper limits.

    Raises:
        RefusedError: not there, damaged, hostile or too large; one sentence.
    """
    if isinstance(source, bytes):
        return _from_stream(io.BytesIO(source), where, limits)
    try:
        if source.is_dir():
            return _from_folder(source, limits)
        if not source.exists():
            raise RefusedError(f"{where}: no such file or folder")
        if not source.is_file():
            raise RefusedError(f"{where} is neither a file nor a folder")
        with source.open("rb") as raw:
            return _from_stream(raw, where, limits)
    except OSError as error:
        raise RefusedError(f"{where} cannot be read: {error.strerror or error}") from error
