"""Untrusted archives: every trick is refused in one sentence, in bounded memory and time."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import time
import tracemalloc
from pathlib import Path

import pytest

from engine.capture.archive import PAGE_FILES, TEXT_FILES, Limits, read_files
from tests.engine.small_capture import archive, archive_of, small

LIMITS = Limits()


def plain(source: bytes | Path) -> dict[str, bytes]:
    """The files of a capture, page files as bytes."""
    texts, pages = read_files(source, "x", LIMITS)
    return {**texts, **{name: file.words(0, len(file)).tobytes() for name, file in pages.items()}}


def refused(data: bytes | Path, *words: str, limits: Limits = LIMITS) -> None:
    """The archive is refused in one sentence that holds ``words``."""
    with pytest.raises(ValueError) as error:
        read_files(data, "x.tar", limits)
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 300
    for word in words:
        assert word in text, text


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    info.linkname = "/etc/passwd" if kind in (tarfile.LNKTYPE, tarfile.SYMTYPE) else ""
    return info


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
@pytest.mark.parametrize("folder", ["s1", ".", "a/b/c"])
def test_a_capture_is_read_whatever_its_packing_and_folder(mode: str, folder: str) -> None:
    assert plain(archive(small(), mode, folder)) == small()


def test_a_folder_is_read_like_an_archive(tmp_path: Path) -> None:
    for name, body in small().items():
        (tmp_path / name).write_bytes(body)
    (tmp_path / "notes.txt").write_text("mine")
    assert plain(tmp_path) == small()


def test_unknown_files_are_skipped_and_meminfo_is_optional() -> None:
    files = {"README": b"x" * 5000, **small(), "extfrag_index": b"?"}
    del files["meminfo"]
    assert set(plain(archive(files))) == {*PAGE_FILES, *TEXT_FILES} - {"meminfo"}


def test_concatenated_streams_are_read_to_the_end() -> None:
    whole = archive(small(), "w")
    half = len(whole) // 2
    for pack in (gzip.compress, lzma.compress, bz2.compress):
        assert plain(pack(whole[:half]) + pack(whole[half:])) == small()


@pytest.mark.parametrize("name", [n for n in small() if n != "meminfo"])
def test_a_capture_without_one_of_its_files_names_it(name: str) -> None:
    files = small()
    del files[name]
    refused(archive(files), name, "missing")


def test_what_holds_no_capture_is_refused() -> None:
    refused(archive({"holiday.jpg": b"x"}), "none of a capture's files")
    refused(b"", "empty")
    refused(b"hello, world" * 100, "not a tar")
    refused(b"PK\x03\x04" + bytes(600), "zip")
    refused(b"\x28\xb5\x2f\xfd" + bytes(600), "zstd")
    refused(Path("/nowhere/x.tar"), "no such")
    refused(Path("/dev/zero"), "neither a file nor a folder")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_a_truncated_archive_is_refused(mode: str) -> None:
    data = archive(small(), mode)
    for share in (0.3, 0.6, 0.9):
        refused(data[: int(len(data) * share)])


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_a_damaged_archive_is_refused(mode: str) -> None:
    data = bytearray(archive(small(), mode))
    middle = len(data) // 2
    data[middle : middle + 8] = bytes(8 * [0x5A])
    refused(bytes(data))


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE])
def test_a_link_is_refused_not_followed(kind: bytes) -> None:
    refused(archive_of([(entry("s1/kpageflags", kind), b"")]), "link", "refused")


@pytest.mark.parametrize(
    "kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE, b"Z"]
)
def test_a_device_or_pipe_is_refused_not_read(kind: bytes) -> None:
    refused(archive_of([(entry("s1/buddyinfo", kind), b"")], "w"), "not a regular file")


@pytest.mark.parametrize(
    "name", ["/etc/buddyinfo", "../buddyinfo", "a/../../b", "a\\..\\buddyinfo"]
)
def test_a_name_that_leads_outside_is_refused(name: str) -> None:
    refused(archive_of([(entry(name, size=1), b"x")], "w"), "outside")


def test_a_file_that_is_there_twice_is_refused() -> None:
    body = small()["buddyinfo"]
    pair = [(entry(f"{d}/buddyinfo", size=len(body)), body) for d in ("a", "b")]
    refused(archive_of(pair), "twice")


def test_more_entries_than_a_capture_has_are_refused() -> None:
    entries = [(entry(f"f{i}"), b"") for i in range(50)]
    refused(archive_of(entries), "more than 20 entries", limits=Limits(members=20))


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    return entry(name, kind, size).tobuf(tarfile.GNU_FORMAT)


def test_a_capture_of_one_tib_is_refused_by_its_header() -> None:
    refused(header("s1/kpageflags", 8 << 28), "1048576 MiB", "limit is 65536 MiB")


def test_a_size_that_the_archive_does_not_have_is_refused() -> None:
    refused(header("s1/kpageflags", 1 << 20) + bytes(512), "truncated")
    refused(header("s1/other", 1 << 30) + bytes(512), "truncated")
    refused(header("s1/buddyinfo", 1 << 30), "limit is 4194304")
    refused(header("pax", 1 << 33, tarfile.XHDTYPE), "extended header")
    refused(header("long", 1 << 33, tarfile.GNUTYPE_LONGNAME), "extended header")
    negative = bytearray(header("s1/other", 0))
    negative[124:136] = b"\xff" * 4 + struct.pack(">q", -512)
    negative[148:156] = b" " * 8
    negative[148:156] = b"%06o\0 " % sum(negative)
    refused(bytes(negative), "negative")


def test_a_sparse_file_of_pax_is_refused_since_its_zeros_are_not_there() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = entry("s1/GNUSparseFile.7/kpageflags", size=1024)
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.name": "s1/kpageflags"}
        tar.addfile(info, io.BytesIO(bytes(1024)))
    refused(out.getvalue(), "has a sparse file", "refused")


def test_a_nested_archive_is_skipped() -> None:
    inner = archive(small(), "w:xz")
    refused(archive({"s1.tar.xz": inner}), "none of a capture's files")


def test_an_upload_of_empty_streams_is_given_up_early() -> None:
    data = lzma.compress(b"") * (4 << 15)
    before = time.process_time()
    refused(data, "packed streams", "that is not a capture")
    assert time.process_time() - before < 1


@pytest.mark.parametrize("pack", ["gz", "xz"])
def test_bombs_cost_no_memory(pack: str) -> None:
    small_limits = Limits(guest_mib=64)
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") if pack == "gz" else lzma.open(out, "wb") as stream:
        stream.write(header("s1/other", 100 << 20))
        for _ in range(100):
            stream.write(bytes(1 << 20))
    data = out.getvalue()
    assert len(data) < 1 << 20
    tracemalloc.start()
    refused(data, "when unpacked", limits=small_limits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


def test_a_dictionary_that_would_fill_memory_is_refused() -> None:
    big = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 30}]
    data = lzma.compress(archive(small(), "w"), filters=big)
    refused(data, "truncated or damaged")


def test_a_large_upload_is_refused_unread() -> None:
    refused(bytes(2 << 20), "limit is 1 MiB", limits=Limits(archive_bytes=1 << 20))


def test_a_folder_with_a_pipe_or_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    for name, body in small().items():
        (tmp_path / name).write_bytes(body)
    (tmp_path / "vmstat").unlink()
    os.mkfifo(tmp_path / "vmstat")
    refused(tmp_path, "vmstat", "not a regular file")
    (tmp_path / "vmstat").unlink()
    with (tmp_path / "vmstat").open("wb") as file:
        file.truncate(1 << 30)
    refused(tmp_path, "vmstat", "limit")
    with (tmp_path / "kpageflags").open("wb") as file:
        file.truncate(8 << 28)
    refused(tmp_path, "kpageflags", "1048576 MiB")
