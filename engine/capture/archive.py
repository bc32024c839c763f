"""Reads the files of a capture from a folder or a (compressed) tar, trusting nothing in it.

Nothing is ever written to disk, no link is followed, and no name from the archive becomes a path.
Every byte passes through one capped stream, so a bomb costs no more memory than the largest capture
allowed. The result is a dict of the known /proc files; everything else in the archive is skipped.
"""

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.capture.pagefile import PageFile, Stream, read_pages
from engine.errors import RefusedError
from engine.unpack import DAMAGE, ByteSource, unpacked

PAGE_FILES = ("kpageflags", "kpagecount")
TEXT_FILES = ("buddyinfo", "pagetypeinfo", "zoneinfo", "vmstat", "meminfo")
OPTIONAL_FILES = ("meminfo",)

Bodies = dict[str, bytes | PageFile]

_CHUNK = 1 << 20
_EXTENDED_HEADER = 1 << 16  # bytes; pax and GNU long names of a sane archive are far shorter


@dataclass(frozen=True)
class Limits:
    """Upper limits, so that a hostile upload costs bounded memory and time.

    Attributes:
        guest_mib: memory of the captured machine, MiB.
        setting: what a person raises that limit by, for the sentence.
        address_mib: highest address, MiB; 0 = memory and a quarter. Reading costs time by this,
            and memory by what is present.
        archive_bytes: size of an archive in memory (an upload), before decompression.
        text_bytes: size of one text file.
        members: entries in the archive.
        agreement: least share of buddyinfo's free pages that kpageflags shows, of 1
            (engine/capture/agreement.py).
    """

    guest_mib: int = 64 << 10
    setting: str = ""
    address_mib: int = 0
    archive_bytes: int = 256 << 20
    text_bytes: int = 4 << 20
    members: int = 4096
    agreement: float = 0.1

    @property
    def max_pfn(self) -> int:
        """Highest page frame number allowed: memory plus the holes below and within it."""
        return max(self.kept_pages, self.address_mib << 8)

    @property
    def kept_pages(self) -> int:
        """Pages that are kept of a page file, sections that are alike throughout not counted."""
        return (self.guest_mib << 8) + max(self.guest_mib << 6, 4 << 18)

    @property
    def words(self) -> str:
        """The limit of memory for a sentence."""
        return f"the limit is {self.guest_mib} MiB{f' ({self.setting})' if self.setting else ''}"

    @property
    def page_file_bytes(self) -> int:
        """Largest kpageflags or kpagecount."""
        return self.max_pfn * 8

    @property
    def unpacked_bytes(self) -> int:
        """Largest archive after decompression."""
        return 2 * self.page_file_bytes + (64 << 20)


class _Capped:
    """A stream that returns exactly what is asked for, and at most ``cap`` bytes in all."""

    def __init__(self, source: ByteSource, cap: int, name: str) -> None:
        self._source = source
        self._left = cap
        self._cap = cap
        self._name = name

    def read(self, size: int) -> bytearray:
        """Exactly ``size`` bytes, fewer at the end of the stream."""
        if size > self._left:
            raise RefusedError(
                f"{self._name} holds more than {self._cap >> 20} MiB when unpacked: "
                "that is not a capture"
            )
        out = bytearray()
        while len(out) < size:
            try:
                part = self._source.read(min(size - len(out), _CHUNK))
            except DAMAGE as error:
                raise RefusedError(
                    f"{self._name} is truncated or damaged: {_words(error)}"
                ) from error
            if not part:
                break
            out += part
        self._left -= len(out)
        return out

    def skip(self, size: int) -> int:
        """Skip ``size`` bytes; returns the number of bytes that were there."""
        done = 0
        while done < size:
            part = len(self.read(min(size - done, _CHUNK)))
            if not part:
                break
            done += part
        return done


def _words(error: Exception) -> str:
    """A decompressor's complaint, for people."""
    return str(error) or "the compressed data ends in the middle"


def _base_name(member: str, archive: str) -> str:
    """Last part of a member's name, after checking that the name stays inside the archive."""
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts or "\\" in member or "\0" in member:
        raise RefusedError(f"{archive} has a file {member[:80]!r}, which is outside it: refused")
    return path.name


def _size_limit(name: str, limits: Limits) -> int:
    """Largest size of a known file."""
    return limits.page_file_bytes if name in PAGE_FILES else limits.text_bytes


def _check_size(name: str, size: int, where: str, limits: Limits) -> None:
    """Refuse a file that is too large, before reading it."""
    most = _size_limit(name, limits)
    if size <= most:
        return
    if name in PAGE_FILES:
        raise RefusedError(
            f"{where}: {name} describes addresses up to {size // 8 >> 8} MiB: the limit is "
            f"{limits.max_pfn >> 8} MiB, for memory {limits.words}"
        )
    raise RefusedError(f"{where}: {name} has {size} bytes: the limit is {most}")


def _read_member(
    stream: _Capped, name: str, size: int, where: str, limits: Limits
) -> bytes | PageFile:
    """Body of one member."""
    _check_size(name, size, where, limits)
    if name in PAGE_FILES:
        pages = _read_pages(stream, name, size, where, limits)
        if pages.nr_bytes < size:
            raise RefusedError(
                f"{where} is truncated: {name} ends after {pages.nr_bytes} of {size} bytes"
            )
        return pages
    body = stream.read(size)
    if len(body) < size:
        raise RefusedError(f"{where} is truncated: {name} ends after {len(body)} of {size} bytes")
    return bytes(body)


def _read_pages(stream: Stream, name: str, size: int, where: str, limits: Limits) -> PageFile:
    """A page file, if it describes no more memory than may be."""
    try:
        return read_pages(stream, size, name, limits.kept_pages)
    except RefusedError as error:
        raise RefusedError(f"{where}: {error}: {limits.words}") from error


def _keep(files: Bodies, name: str, body: bytes | PageFile, where: str) -> None:
    """Add one file; with a second one of the same name the result would be a matter of luck."""
    if name in files:
        raise RefusedError(f"{where} holds {name} twice: one capture at a time, please")
    files[name] = body


def _read_tar(raw: io.BufferedIOBase, where: str, limits: Limits) -> Bodies:
    """Known files of a tar stream.

    ``tarfile`` parses the headers; walking is done here, since ``tarfile`` itself would read an
    extended header of any claimed size into memory.
    """
    stream = _Capped(unpacked(raw, where), limits.unpacked_bytes, where)
    files: Bodies = {}
    for _ in range(limits.members):
        block = stream.read(tarfile.BLOCKSIZE)
        if not block.strip(b"\0"):  # two zero blocks end a tar; the end of the file does, too
            break
        try:
            head = tarfile.TarInfo.frombuf(bytes(block), "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise RefusedError(f"{where} is not a tar archive, or is damaged: {error}") from error
        padded = -(-head.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        if head.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME):
            # Times, owners and long names: none are needed. A size is given here rather than in
            # the header only for members over 8 GiB.
            if head.size > _EXTENDED_HEADER:
                raise RefusedError(f"{where} has an extended header of {head.size} bytes: refused")
            if b"GNU.sparse." in stream.read(max(padded, 0)):
                raise RefusedError(f"{where} has a sparse file, whose zeros are left out: refused")
            continue
        name = _base_name(head.name, where)
        if head.isdir():
            continue
        if not head.isreg() or head.type == tarfile.GNUTYPE_SPARSE:
            kind = "a link" if head.islnk() or head.issym() else "not a regular file"
            raise RefusedError(f"{where}: {head.name[:80]!r} is {kind}: refused")
        if head.size < 0:
            raise RefusedError(f"{where}: {name[:80]!r} has a negative size: refused")
        if name in PAGE_FILES or name in TEXT_FILES:
            _keep(files, name, _read_member(stream, name, head.size, where, limits), where)
            stream.skip(padded - head.size)
        elif stream.skip(padded) < padded:
            raise RefusedError(f"{where} is truncated: {name[:80]!r} ends too early")
    else:
        raise RefusedError(f"{where} has more than {limits.members} entries: that is not a capture")
    return files


def _read_folder(folder: Path, where: str, limits: Limits) -> Bodies:
    """Known files of a folder."""
    files: Bodies = {}
    for name in (*PAGE_FILES, *TEXT_FILES):
        path = folder / name
        if not path.exists():
            continue
        if not path.is_file():
            raise RefusedError(f"{where}: {name} is not a regular file: refused")
        _check_size(name, path.stat().st_size, where, limits)
        with path.open("rb") as file:
            if name in PAGE_FILES:
                files[name] = _read_pages(file, name, limits.page_file_bytes, where, limits)
                continue
            body = file.read(_size_limit(name, limits) + 1)
        _check_size(name, len(body), where, limits)
        files[name] = body
    return files


def _read(source: Path | bytes, where: str, limits: Limits) -> Bodies:
    """Known files of a folder, an archive on disk or an archive in memory."""
    if isinstance(source, bytes):
        size, opener = len(source), _bytes_opener(source)
    else:
        if source.is_dir():
            return _read_folder(source, where, limits)
        if not source.exists():
            raise RefusedError(f"{where}: no such file or folder")
        if not source.is_file():
            raise RefusedError(f"{where} is neither a file nor a folder")
        size, opener = source.stat().st_size, _path_opener(source)
    # A file on disk is read piece by piece, so its unpacked size is the bound, packed or not.
    most = limits.archive_bytes if isinstance(source, bytes) else limits.unpacked_bytes
    if size > most:
        raise RefusedError(f"{where} has {size >> 20} MiB: the limit is {most >> 20} MiB")
    if not size:
        raise RefusedError(f"{where} is empty")
    with opener() as raw:
        return _read_tar(raw, where, limits)


def _bytes_opener(data: bytes) -> Callable[[], io.BufferedIOBase]:
    return lambda: io.BytesIO(data)


def _path_opener(path: Path) -> Callable[[], io.BufferedIOBase]:
    return lambda: path.open("rb")


def read_files(
    source: Path | bytes, where: str, limits: Limits
) -> tuple[dict[str, bytes], dict[str, PageFile]]:
    """The files of a capture by name: texts, and page files.

    Args:
        source: folder, tar archive, or the bytes of one.
        where: what to call it in messages.
        limits: upper limits.

    Raises:
        RefusedError: not a capture, damaged, hostile, too large, or a file is missing.
    """
    try:
        files = _read(source, where, limits)
    except OSError as error:
        raise RefusedError(f"{where} cannot be read: {error.strerror or error}") from error
    missing = [n for n in (*PAGE_FILES, *TEXT_FILES) if n not in files and n not in OPTIONAL_FILES]
    if len(missing) == len(PAGE_FILES) + len(TEXT_FILES) - len(OPTIONAL_FILES):
        raise RefusedError(f"{where} holds none of a capture's files (kpageflags, buddyinfo, ...)")
    if missing:
        raise RefusedError(f"{where}: {', '.join(missing)} missing")
    texts = {name: body for name, body in files.items() if isinstance(body, bytes)}
    return texts, {name: body for name, body in files.items() if isinstance(body, PageFile)}
