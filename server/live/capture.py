"""Captures this machine's memory map: ``fragscope capture -o FILE``.

Reading comes first, into memory that was touched before, so that the machine changes as little as
possible between the first page and the last; packing comes after. ``read_moment`` reads one state,
``record`` writes one archive. A series (server/cli/series.py) has several moments.
"""

import io
import os
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.capture.archive import PAGE_FILES, TEXT_FILES
from engine.capture.pages import PAGES_PER_SECTION

OnProgress = Callable[[str, int, int], None]  # what is under way, done, total

_CHUNK = 1 << 20  # bytes; the page files want multiples of 8, and reading one whole fails
_MODES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.xz": "w:xz", ".txz": "w:xz"}


def archive_mode(out: Path) -> str:
    """The mode in which ``tarfile`` writes an archive of this name.

    Raises:
        ValueError: the name does not say which kind of archive.
    """
    for suffix, mode in _MODES.items():
        if out.name.endswith(suffix) and out.name != suffix:
            return mode
    raise ValueError(f"{out.name}: a capture is named .tar.xz, .tar.gz or .tar")


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn a failure to read a /proc file into one sentence."""
    try:
        yield
    except PermissionError as error:
        raise ValueError(
            f"{path} cannot be read: root is needed (sudo fragscope capture …)"
        ) from error
    except FileNotFoundError as error:
        raise ValueError(
            f"{path} does not exist: this needs Linux with CONFIG_PROC_PAGE_MONITOR, outside of a "
            "container that hides it"
        ) from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from error


def _expected_bytes(zoneinfo: bytes) -> int:
    """Size of a page file, which stat does not give: up to the end of the last zone's section."""
    end = 0
    spanned = 0
    for name, number in re.findall(rb"^\s+(spanned|start_pfn:)\s+(\d+)", zoneinfo, re.M):
        if name == b"spanned":
            spanned = int(number)
        elif spanned:
            end = max(end, int(number) + spanned)
    # The page files end at a multiple of a section.
    return 8 * -(-max(end, 1) // PAGES_PER_SECTION) * PAGES_PER_SECTION


def _read_pages(path: Path, expected: int, progress: OnProgress) -> memoryview:
    """One page file, in chunks of whole words.

    Args:
        path: the file.
        expected: its likely size in bytes; more are read if there are more.
        progress: called after each chunk.
    """
    buffer = bytearray(b"\1" * expected)  # touched now, so that reading needs no new memory
    done = 0
    # Unbuffered: a buffered reader would ask for sizes of its own, which the kernel refuses.
    with _sentences(path), path.open("rb", buffering=0) as file:
        progress(f"reading {path}", 0, expected)
        while True:
            if done == len(buffer):
                buffer += bytes(_CHUNK)
            got = file.readinto(memoryview(buffer)[done : done + _CHUNK])
            if not got:
                break
            done += got
            progress(f"reading {path}", min(done, expected - 1), expected)
    progress(f"reading {path}", expected, expected)
    if not done or done % 8:
        raise ValueError(f"{path} gave {done} bytes: a multiple of 8 was expected")
    return memoryview(buffer)[:done]


def read_moment(proc: Path, progress: OnProgress) -> dict[str, bytes | memoryview]:
    """The files of one capture, as close together in time as can be.

    Args:
        proc: where procfs is.
        progress: called with what is being read.

    Raises:
        ValueError: a file is missing or may not be read; one sentence.
    """
    files: dict[str, bytes | memoryview] = {}
    for name in PAGE_FILES:  # fail before anything else is done
        with _sentences(proc / name), (proc / name).open("rb", buffering=0) as file:
            file.read(8)
    for name in TEXT_FILES:
        with _sentences(proc / name):
            files[name] = (proc / name).read_bytes()
    expected = _expected_bytes(bytes(files["zoneinfo"]))
    for name in PAGE_FILES:
        files[name] = _read_pages(proc / name, expected, progress)
    return files


def _pack(
    tar: tarfile.TarFile,
    folder: str,
    files: dict[str, bytes | memoryview],
    packed: Callable[[int], None],
) -> None:
    """Add files to an archive; ``packed`` is told the bytes so far, before each."""
    done = 0
    for name, body in sorted(files.items()):
        packed(done)
        entry = tarfile.TarInfo(f"{folder}/{name}")
        entry.size = len(body)
        tar.addfile(entry, io.BytesIO(body))
        done += len(body)


def packed_capture(files: dict[str, bytes | memoryview]) -> bytes:
    """Files of one moment as an archive in memory, not compressed: it stays on this machine.

    Args:
        files: contents by name.
    """
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        _pack(tar, "this-machine", files, lambda _: None)
    return out.getvalue()


def write_archive(out: Path, files: dict[str, bytes | memoryview], progress: OnProgress) -> None:
    """Pack files into one archive, which gets its name only when it is complete.

    Args:
        out: name of the archive; its suffix chooses the compression.
        files: contents by name.
        progress: called with what is being packed.

    Raises:
        ValueError: a capture cannot have this name.
    """
    mode = archive_mode(out)
    folder = out.name.split(".tar")[0].removesuffix(".tgz").removesuffix(".txz")
    total = sum(len(body) for body in files.values())
    handle, name = tempfile.mkstemp(prefix=out.name, dir=out.parent)
    try:
        with os.fdopen(handle, "wb") as raw:
            # Level 9, the default, takes three times as long and saves nothing.
            level = {"compresslevel": 6} if mode == "w:gz" else {}
            with tarfile.open(fileobj=raw, mode=mode, **level) as tar:  # type: ignore[call-overload]
                _pack(tar, folder, files, lambda done: progress(f"packing {out}", done, total))
            raw.flush()
            os.fsync(raw.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    progress(f"packing {out}", total, total)


def _quiet(_: str, __: int, ___: int) -> None:
    """No progress shown."""


def record(out: Path, proc: Path = Path("/proc"), progress: OnProgress = _quiet) -> None:
    """Capture this machine's memory map into an archive.

    Args:
        out: archive to write: .tar.xz, .tar.gz or .tar.
        proc: where procfs is.
        progress: called with what is under way.

    Raises:
        ValueError: not root, no such files, a bad name; one sentence.
    """
    archive_mode(out)  # a bad name or folder is refused before minutes of reading
    if not out.absolute().parent.is_dir():
        raise ValueError(f"{out.parent} is no folder: nowhere to write {out.name}")
    files = read_moment(proc, progress)
    try:
        write_archive(out.absolute(), files, progress)
    except OSError as error:
        raise ValueError(f"{out} cannot be written: {error.strerror or error}") from error
