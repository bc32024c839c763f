"""Writing a capture: of this machine where that is allowed, else of a made-up /proc."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from engine.capture.archive import Limits
from engine.capture.load import guest_from_capture, load_capture
from server.live.capture import packed_capture, record
from tests.engine.small_capture import NR_PAGES, small

SCRIPT = Path(__file__).parents[3] / "scripts" / "fragscope-capture.sh"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A folder that looks like /proc of the small machine."""
    folder = tmp_path / "proc"
    folder.mkdir()
    for name, body in small().items():
        (folder / name).write_bytes(body)
    return folder


@pytest.mark.parametrize("suffix", [".tar.xz", ".tar.gz", ".tgz", ".tar"])
def test_an_archive_of_any_kind_can_be_loaded_again(
    proc: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"mine{suffix}"
    seen: list[tuple[str, int, int]] = []
    record(out, proc, lambda text, done, total: seen.append((text, done, total)))
    capture = load_capture(out)
    assert capture.nr_pages == NR_PAGES
    with tarfile.open(out) as tar:
        names = sorted(tar.getnames())
    assert names == sorted(f"mine/{name}" for name in small())
    assert {text.split()[0] for text, _, _ in seen} == {"reading", "packing"}
    assert all(0 <= done <= total for _, done, total in seen)
    assert sorted(path.name for path in tmp_path.iterdir()) == [out.name, "proc"]


def test_pages_beyond_the_last_zone_are_recorded(proc: Path, tmp_path: Path) -> None:
    longer = 5 << 20
    for name in ("kpageflags", "kpagecount"):
        with (proc / name).open("r+b") as file:
            file.truncate(longer)
    record(tmp_path / "mine.tar", proc)
    with tarfile.open(tmp_path / "mine.tar") as tar:
        assert tar.getmember("mine/kpageflags").size == longer


def refused(out: Path, proc: Path, *words: str) -> None:
    with pytest.raises(ValueError) as error:
        record(out, proc)
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)
    assert not out.exists()


def test_a_file_name_that_is_no_capture_is_refused_before_reading(
    proc: Path, tmp_path: Path
) -> None:
    refused(tmp_path / "mine.zip", proc, "mine.zip", ".tar.xz")
    refused(tmp_path / "no" / "mine.tar", proc, "no folder")


def test_a_kernel_without_page_files_is_refused(proc: Path, tmp_path: Path) -> None:
    (proc / "kpagecount").unlink()
    refused(tmp_path / "mine.tar", proc, "kpagecount", "CONFIG_PROC_PAGE_MONITOR")


def test_a_page_file_of_half_words_is_refused(proc: Path, tmp_path: Path) -> None:
    with (proc / "kpageflags").open("ab") as file:
        file.write(b"x")
    refused(tmp_path / "mine.tar", proc, "kpageflags", "multiple of 8")


def test_without_root_the_sentence_names_sudo() -> None:
    """In a process that has given up root: /proc says no, and so do we."""
    code = (
        "import os\n"
        "from pathlib import Path\n"
        "from server.live.capture import packed_capture, record\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try: record(Path('/tmp/never.tar'))\n"
        "except ValueError as error: print(error)\n"
    )
    import sys

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=SCRIPT.parents[1],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert "root is needed" in done.stdout or "CONFIG_PROC_PAGE_MONITOR" in done.stdout


def may_read_page_flags() -> bool:
    try:
        with Path("/proc/kpageflags").open("rb", buffering=0) as file:
            return len(file.read(8)) == 8
    except OSError:
        return False


def test_the_shell_script_and_python_record_the_same_machine(tmp_path: Path) -> None:
    """The real thing where /proc allows it; elsewhere the script must say why not."""
    out = tmp_path / "script.tar.gz"
    done = subprocess.run(["sh", SCRIPT, out], capture_output=True, text=True, check=False)
    if not may_read_page_flags():
        assert done.returncode == 2
        assert "root is needed" in done.stderr or "does not exist" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    record(tmp_path / "python.tar.gz")
    limits = Limits(guest_mib=1 << 20)
    for path in (out, tmp_path / "python.tar.gz"):
        capture = load_capture(path, limits=limits)
        free = [zone["free_agreement"] for zone in capture.summary()["zones"]]
        assert min(free) > 0.5  # a machine at work
        assert guest_from_capture(capture).vm[0]["nr_pages"] == capture.nr_pages


@pytest.mark.parametrize("name", ["mine.zip", "/no/such/folder/x.tar", ""])
def test_the_shell_script_refuses_names_that_are_no_capture(name: str) -> None:
    done = subprocess.run(["sh", SCRIPT, name], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_moment_packed_in_memory_is_a_capture() -> None:
    body = packed_capture(dict(small()))
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        assert sorted(tar.getnames()) == sorted(f"this-machine/{name}" for name in small())
    assert load_capture(body, "this machine").zones
