"""Folders, archives and sosreports: read as they are, nothing in them followed or trusted."""

from __future__ import annotations

import io
import os
import tarfile
import time
from pathlib import Path

import pytest

from engine.report.collect import ReportLimits, collect, kind_of
from engine.report.read import read_report
from tests.engine.report import samples as s

BUDDY = s.buddyinfo(s.SMALL).encode()
OTHER = s.buddyinfo(s.TWO_NODES).encode()


def packed(files: dict[str, bytes], mode: str = "w:xz", links: tuple[str, ...] = ()) -> bytes:
    """A tar of some files and links."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]
        for link in links:
            entry = tarfile.TarInfo(link)
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(entry)
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return out.getvalue()


def zones_of(source: Path | bytes) -> list[tuple[int, str]]:
    return [zone.key for moment in read_report(source).moments for zone in moment.counted]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_a_sosreport_is_read_as_it_is(mode: str) -> None:
    top = "sosreport-db-3-2026-11-28-abcdefg"
    long_name = f"{top}/{'a' * 120}/proc/zoneinfo"
    files = {
        f"{top}/sos_commands/memory/free": b"total used free\n",
        f"{top}/proc/buddyinfo": BUDDY,
        long_name: b"Node 0, zone      DMA\n  pages free 3975\n",
        f"{top}/var/log/dmesg": s.stamped(s.mem_info(s.SMALL, s.KILLED)).encode(),
        f"{top}/proc/kpageflags": bytes(1 << 20),
    }
    report = read_report(packed(files, mode, links=(f"{top}/free", f"{top}/proc/vmstat")))
    assert [zone.key for zone in report.shown[0].counted] == list(s.SMALL)
    assert report.failed is not None
    assert {line.file.rpartition("/")[2] for line in report.lines} == {
        "buddyinfo", "dmesg", "zoneinfo",
    }  # fmt: skip


def test_a_folder_is_read_without_following_its_links(tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "buddyinfo").write_bytes(OTHER)
    sos = tmp_path / "sos"
    (sos / "proc").mkdir(parents=True)
    (sos / "proc" / "buddyinfo").write_bytes(BUDDY)
    (sos / "buddyinfo").symlink_to(secret / "buddyinfo")
    (sos / "linked").symlink_to(secret, target_is_directory=True)
    (sos / "round").symlink_to(sos, target_is_directory=True)
    os.mkfifo(sos / "dmesg")
    assert zones_of(sos) == list(s.SMALL)


def test_archives_inside_a_folder_stay_closed(tmp_path: Path) -> None:
    (tmp_path / "buddyinfo").write_bytes(BUDDY)
    (tmp_path / "capture.tar.xz").write_bytes(packed({"proc/buddyinfo": OTHER}))
    (tmp_path / "dmesg.gz").write_bytes(packed({"x": OTHER}, "w:gz"))
    assert zones_of(tmp_path) == list(s.SMALL)
    assert zones_of(tmp_path / "capture.tar.xz") == list(s.TWO_NODES)


def test_of_namesakes_that_of_proc_is_read_and_the_other_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "proc").mkdir()
    (tmp_path / "a" / "buddyinfo").write_bytes(OTHER)
    (tmp_path / "proc" / "buddyinfo").write_bytes(BUDDY)
    report = read_report(tmp_path)
    assert [zone.key for zone in report.shown[0].counted] == list(s.SMALL)
    assert report.passed == ("a/buddyinfo: proc/buddyinfo is read instead",)
    both = packed({"x/buddyinfo": OTHER, "x/proc/buddyinfo": BUDDY, "buddyinfo": OTHER})
    assert zones_of(both) == list(s.SMALL)


def test_a_folder_of_one_paste_is_read(tmp_path: Path) -> None:
    (tmp_path / "ticket-4711.txt").write_text("it fails:\n" + s.mem_info(s.SMALL, s.KILLED))
    assert read_report(tmp_path).failed is not None
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "buddyinfo").write_bytes(BUDDY)
    report = read_report(tmp_path)  # beside a known file, other texts are somebody's notes
    assert report.failed is None
    assert len(report.moments) == 1


def test_a_packed_text_and_a_utf_16_text_are_texts(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "dmesg.gz"
    path.write_bytes(gzip.compress(s.mem_info(s.SMALL, s.KILLED).encode()))
    assert read_report(path).failed is not None
    assert zones_of(b"\xff\xfe" + BUDDY.decode().encode("utf-16-le")) == list(s.SMALL)


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_a_bomb_costs_no_more_than_its_limit(mode: str) -> None:
    bomb = packed({"x/kpageflags": bytes(48 << 20), "x/buddyinfo": BUDDY}, mode)
    limits = ReportLimits(unpacked_bytes=8 << 20)
    began = time.perf_counter()
    with pytest.raises(ValueError, match="more than 8 MiB when unpacked"):
        collect(bomb, "x", limits)
    assert time.perf_counter() - began < 2


def test_a_text_over_the_limit_is_read_to_the_limit() -> None:
    limits = ReportLimits(total_bytes=1 << 20)
    report = read_report(BUDDY + b"\n" * (2 << 20), "x", limits)
    assert [zone.key for zone in report.shown[0].counted] == list(s.SMALL)
    assert "only the first 1 MiB" in report.passed[0]


def test_of_a_long_log_the_end_is_read(tmp_path: Path) -> None:
    text = b"noise\n" * 400_000 + s.mem_info(s.SMALL, s.KILLED).encode()
    (tmp_path / "messages").write_bytes(text)
    report = read_report(tmp_path, limits=ReportLimits(text_bytes=1 << 20))
    assert report.failed is not None
    assert any("the last 1 MiB" in words for words in report.passed)


@pytest.mark.parametrize(
    "body", [packed({"proc/buddyinfo": BUDDY}), packed({}, "w:gz")[:20]], ids=["whole", "cut off"]
)
def test_a_damaged_archive_is_refused_in_a_sentence(body: bytes) -> None:
    with pytest.raises(ValueError, match="truncated or damaged"):
        read_report(body[: len(body) // 2])


def test_what_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        read_report(tmp_path / "nothing")
    with pytest.raises(ValueError, match="neither a file nor a folder"):
        read_report(Path("/dev/null"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sos/proc/buddyinfo", "buddyinfo"), ("pagetypeinfo.txt", "pagetypeinfo"),
        ("var/log/messages-20261101", "log"), ("kern.log.1", "log"), ("a/dmesg", "log"),
        ("messages-2026.gz", ""), ("capture.tar.xz", ""), ("kpageflags", ""), ("note.md", "other"),
        ("picture.png", ""),
    ],
)  # fmt: skip
def test_a_name_says_what_a_file_is(name: str, kind: str) -> None:
    assert kind_of(name) == kind
