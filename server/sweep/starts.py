"""Where a sweep's guests start: what names each, how large it is, and the guest itself."""

import hashlib
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine import units as u
from engine.capture.drawn import check_drawable, draw_guest
from engine.capture.load import guest_from_capture, load_capture
from engine.errors import RefusedError
from engine.guest import Guest
from engine.presets import make_synthetic
from engine.report.read import read_report
from engine.snapshot import guest_bytes
from engine.sweep.grid import GuestSpec

BASE_BYTES = 256 << 20  # of base guests that a worker keeps ready
_PROCESS_MIB = 300  # a worker with the core loaded


def _path_of(spec: GuestSpec) -> Path:
    """The file or folder of a guest that has one.

    Raises:
        RefusedError: there is none.
    """
    if spec.kind == "capture":
        from server.guests.library import EXAMPLES  # not at the top: a quarter of a worker's start

        if spec.name not in EXAMPLES:
            raise RefusedError(f"no example {spec.name!r:.60}: one of {', '.join(EXAMPLES)}")
        return EXAMPLES[spec.name].path
    path = Path(spec.name)
    if not path.exists():
        raise RefusedError(f"guest {spec.label}: there is nothing at {spec.name!r:.200}")
    return path


def guest_identity(spec: GuestSpec) -> str:
    """What decides a guest, besides engine and seed.

    Raises:
        RefusedError: its file is not there.
    """
    if spec.kind == "synthetic":
        return f"synthetic {spec.name} {spec.size_mib} {spec.cma_mib}"
    path = _path_of(spec)
    found = hashlib.sha256()
    members = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for member in members:
        if member is not path:
            found.update(member.relative_to(path).as_posix().encode() + b"\0")
        with member.open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    kind = "report" if spec.kind == "report" else "capture"
    return f"{kind} {found.hexdigest()}"


@lru_cache(2)
def _source(spec: GuestSpec) -> Any:
    """What a guest is made from, read: a capture, or a report's last moment."""
    path = _path_of(spec)
    if spec.kind == "report":
        report = read_report(path, path.name)
        if not report.moments:
            raise RefusedError(f"guest {spec.label}: a drawn guest needs the files of /proc")
        check_drawable(report.moments[-1])
        return report.moments[-1]
    capture = load_capture(path, path.name)
    _ = capture.inferred  # once, whatever the number of seeds
    return capture


def guest_mib(spec: GuestSpec) -> int:
    """Memory of a guest in MiB.

    Raises:
        RefusedError: its file cannot be read.
    """
    if spec.kind == "synthetic":
        return spec.size_mib
    source = _source(spec)
    if spec.kind == "report":
        present = sum(zone.pages.get("present", 0) for zone in source.counted)
    else:
        present = sum(zone.number("present") for zone in source.zones)
    return int(present // u.MIB_PAGES)


def needed_mib(size_mib: int) -> int:
    """Memory that a worker needs for a guest: its base, the copy that runs, and what makes it."""
    from server.guests.library import PAGE_COST  # as above

    return _PROCESS_MIB + (u.mib_to_pages(size_mib) * PAGE_COST * 3 >> 20)


def make_base(spec: GuestSpec, seed: int) -> Guest:
    """The guest itself.

    Args:
        spec: which.
        seed: of what it leaves open.

    Raises:
        RefusedError: it cannot be made; one sentence.
    """
    if spec.kind == "synthetic":
        return make_synthetic(spec.name, spec.size_mib, seed, spec.cma_mib)
    if spec.kind == "report":
        return draw_guest(_source(spec), seed)
    return guest_from_capture(_source(spec), seed)


class Bases:
    """Base guests that a worker keeps ready: the runs on one guest stand together."""

    def __init__(self) -> None:
        """Nothing is kept."""
        self._kept: OrderedDict[tuple[GuestSpec, int], Guest] = OrderedDict()

    def get(self, spec: GuestSpec, seed: int) -> Guest:
        """The guest, read-only; see make_base."""
        key = (spec, seed)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        base = self._kept[key] = make_base(spec, seed)
        while len(self._kept) > 1 and sum(map(guest_bytes, self._kept.values())) > BASE_BYTES:
            self._kept.popitem(last=False)
        return base
