"""Guests to start from: examples, uploaded captures, synthetic presets. Also says what they cost.

Knows nothing of sessions: a base guest that is kept is read-only here, and every world copies it;
one that is made for one session is that session's. The workers of all sessions call it, so the
caches are behind one lock; the slow work happens outside of it.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine import units as u
from engine.capture.archive import Limits
from engine.capture.load import Capture, guest_from_capture, load_capture
from engine.core import engine_digest
from engine.errors import OtherGeometryError, RefusedError, unknown_name
from engine.guest import Guest
from engine.presets import make_synthetic
from engine.recipes import PRESETS
from server.errors import NotFoundError
from server.journal.folder import Folder
from server.paths import examples_folder
from server.settings import GUEST_SETTING, SIZE_SETTING
from server.wire.config import MAX_SIZE_MIB, CaptureSource, SessionConfig, Source, UploadSource

PAGE_COST = 24  # bytes a page and design, pageblocks and lists included (see benchmarks)
MAKING_COST = 45  # bytes a page while a guest is made, until the designs' copies are
UPLOAD_COST = 32  # bytes a page of a capture that is kept
MAX_BASES = 8  # base guests of examples kept ready
_ADDRESS_MIB = 1 << 20  # highest address of an upload: 8 s of the processor to read, no memory

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Example:
    """A capture that ships with the project.

    Attributes:
        name: folder below examples/.
        label: a few words for a list.
        text: one sentence: what was done to this real guest before it was captured.
        size_mib: its memory.
    """

    name: str
    label: str
    text: str
    size_mib: int

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "name": self.name, "label": self.label, "text": self.text, "size_mib": self.size_mib,
        }  # fmt: skip

    @property
    def path(self) -> Path:
        """The archive."""
        return examples_folder() / self.name / "s1.tar.xz"


EXAMPLES: dict[str, Example] = {
    e.name: e
    for e in (
        Example(
            "runs", "1 GiB, freed in runs",
            "Half of 700 MiB kept, in runs of 256 KiB; few kernel objects, page cache between.",
            1024,
        ),
        Example(
            "tight", "1 GiB, tight",
            "Half of 600 MiB kept page by page, 8,000 kernel objects, 300 MiB of page cache.",
            1024,
        ),
        Example(
            "roomy", "1 GiB, roomy",
            "45 % of 600 MiB kept page by page, 6,000 kernel objects, no page cache.",
            1024,
        ),
        Example(
            "cycles", "1 GiB, for balloon cycles",
            "55 % of 700 MiB kept in runs of 16 KiB, 4,000 kernel objects, 150 MiB of page cache.",
            1024,
        ),
        Example(
            "pressure", "1 GiB, under pressure",
            "85 % of 780 MiB kept page by page, 3,000 kernel objects, 120 MiB of page cache.",
            1024,
        ),
        Example(
            "large", "2 GiB",
            "40 % of 1,500 MiB kept in runs of 8 KiB, 20,000 kernel objects, 200 MiB page cache.",
            2048,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Base:
    """A guest that worlds are copied from, and what a page shows of it.

    Attributes:
        guest: read-only, unless ``owned``.
        facts: the ``guest`` and ``engine`` fields of ``welcome``.
        text: words for WorldConfig.source.
        owned: whether nobody else has it: a world may take it for one of its own guests.
    """

    guest: Guest
    facts: dict[str, Any]
    text: str
    owned: bool = False


def _guest_info(
    label: str, zones: list[dict[str, Any]], present: int, nr_pages: int, summary: dict[str, Any]
) -> dict[str, Any]:
    """The ``guest`` field of ``welcome``; pages, and zones as it wants them."""
    return {
        "label": label,
        "size_mib": round(present / u.MIB_PAGES),
        "nr_pages": nr_pages,
        "nr_pageblocks": nr_pages // u.PAGEBLOCK_NR_PAGES,
        "main_zone": max(zones, key=lambda zone: zone["managed"])["name"],
        "zones": zones,
        "summary": summary,
    }


def guest_facts(guest: Guest, label: str, summary: dict[str, Any]) -> dict[str, Any]:
    """The ``guest`` and ``engine`` fields of ``welcome``."""
    zones = [
        {
            "name": u.ZONE_NAMES[int(zone["name"])],
            "start_pfn": int(zone["start_pfn"]),
            "end_pfn": int(zone["end_pfn"]),
            "managed": int(zone["managed"]),
        }
        for zone in guest.zones
    ]
    present = int(guest.zones["present"].sum())
    info = _guest_info(label, zones, present, len(guest.pages), summary)
    return {"guest": info, "engine": engine_digest()}


def capture_facts(capture: Capture, label: str) -> dict[str, Any]:
    """The ``guest`` field of ``welcome``, of a guest that is not made yet; without the summary."""
    zones = [
        {
            "name": text.key[1],
            "start_pfn": span.start_pfn,
            "end_pfn": span.end_pfn,
            "managed": text.number("managed"),
        }
        for text, span in zip(capture.zones, capture.spans, strict=True)
    ]
    present = sum(zone.number("present") for zone in capture.zones)
    return _guest_info(label, zones, present, capture.nr_pages, {})


class Library:
    """Base guests by config, uploads by id.

    Attributes:
        largest_mib: memory of the largest captured machine that is taken, MiB.
    """

    def __init__(
        self,
        max_uploads: int,
        guest_bytes: int,
        folder: Folder | None = None,
        max_size_mib: int = MAX_SIZE_MIB,
    ) -> None:
        """Nothing is read before it is asked for.

        Args:
            max_uploads: uploads kept in memory at a time.
            guest_bytes: memory for guests; uploads take a quarter of it at most, beside it.
            folder: where uploads are kept for good; None: nowhere.
            max_size_mib: memory of the largest guest, however much memory there is for guests.
        """
        self._folder = folder
        self._max_uploads = max_uploads
        self._max_bytes = guest_bytes // 4
        self._max_size_mib = min(max_size_mib, MAX_SIZE_MIB)
        for_two = (guest_bytes // (2 * PAGE_COST)) // u.MIB_PAGES
        self.largest_mib = max(1, min(for_two, self._max_size_mib))
        self._limits = Limits(
            guest_mib=self.largest_mib,
            setting=SIZE_SETTING if for_two > self._max_size_mib else GUEST_SETTING,
            address_mib=_ADDRESS_MIB,
        )
        self._lock = threading.Lock()
        self._uploads: OrderedDict[str, tuple[str, Capture]] = OrderedDict()
        self._sizes: dict[str, int] = {}  # pages of uploads that are too large to be kept
        self._bases: OrderedDict[tuple[str, int], Base] = OrderedDict()

    def add_upload(self, data: bytes, name: str) -> tuple[str, dict[str, Any]]:
        """Read an uploaded archive and keep it.

        Returns:
            Its digest and what is in it, in words.

        Raises:
            RefusedError: it is no capture; one sentence.
            JournalError: it cannot be kept.
        """
        capture = load_capture(data, name, self._limits)
        if self._folder is not None:
            upload = self._folder.keep_upload(name, data)
        else:
            upload = hashlib.sha256(data).hexdigest()
        self._remember(upload, name, capture)
        return upload, dict(capture.summary())

    def recall(self, source: Source) -> None:
        """Read an upload that is kept, but not in memory; any other source needs nothing.

        Raises:
            NotFoundError: it is not kept any more.
            RefusedError: it is no capture that this server takes.
        """
        if not isinstance(source, UploadSource) or self._folder is None:
            return
        with self._lock:
            if source.capture in self._uploads or source.capture in self._sizes:
                return
        self._read(source.capture)

    def _read(self, upload: str) -> tuple[str, Capture]:
        """Read an upload from the folder.

        Raises:
            NotFoundError, RefusedError: see recall().
        """
        if self._folder is None:
            raise NotFoundError(f"upload {upload!r} is not kept any more: upload the file again")
        kept = self._folder.upload(upload)
        capture = load_capture(kept.data, kept.name, self._limits)
        self._remember(upload, kept.name, capture)
        return kept.name, capture

    def _remember(self, upload: str, name: str, capture: Capture) -> None:
        """Keep a capture, unless it is so large that it is read again from the folder instead."""
        with self._lock:
            if self._is_large(capture):
                self._sizes[upload] = capture.nr_pages
                return
            self._uploads[upload] = (name, capture)
            while len(self._uploads) > 1 and self._too_many():
                self._uploads.popitem(last=False)

    def _is_large(self, capture: Capture) -> bool:
        return self._folder is not None and capture.nr_pages * UPLOAD_COST > self._max_bytes

    def _too_many(self) -> bool:
        taken = sum(capture.nr_pages for _, capture in self._uploads.values()) * UPLOAD_COST
        return len(self._uploads) > self._max_uploads or taken > self._max_bytes

    def _upload(self, upload: str) -> tuple[str, Capture]:
        with self._lock:
            if upload in self._uploads:
                self._uploads.move_to_end(upload)
                return self._uploads[upload]
        return self._read(upload)

    def check(self, config: SessionConfig) -> int:
        """Whether the source of ``config`` exists, and what a session with it costs.

        Returns:
            Bytes of guests, and of what makes them.

        Raises:
            RefusedError: no such example or preset, or a guest above FRAGSCOPE_MAX_SIZE_MIB.
            NotFoundError: no such upload.
        """
        nr_pages, designs = self.nr_pages(config.source), len(config.designs)
        if config.source.kind == "capture":  # the base is kept for the next session
            return nr_pages * PAGE_COST * (designs + 1)
        return nr_pages * max(MAKING_COST, PAGE_COST * designs)

    def nr_pages(self, source: Source) -> int:
        """Pages of a guest.

        Raises:
            RefusedError, NotFoundError: see check().
            OtherGeometryError: a config alone says which order its guest has, so that an example
                or a synthetic guest is played by processes of the usual one only.
        """
        if source.kind != "upload" and u.PAGEBLOCK_ORDER != u.USUAL_PAGEBLOCK_ORDER:
            raise OtherGeometryError(
                "examples and synthetic guests have pageblocks of 2 MiB, and this session's process"
                " others: a new session gets a process that has them",
                u.USUAL_PAGEBLOCK_ORDER,
            )
        if source.kind == "capture":
            if source.name not in EXAMPLES:
                raise unknown_name("example", source.name, EXAMPLES)
            return u.mib_to_pages(EXAMPLES[source.name].size_mib)
        if source.kind == "synthetic":
            if source.preset not in PRESETS:
                raise unknown_name("preset", source.preset, PRESETS)
            if source.size_mib > self._max_size_mib:
                raise RefusedError(
                    f"size is {source.size_mib} MiB: this server makes guests up to"
                    f" {self._max_size_mib} MiB ({SIZE_SETTING})"
                )
            return u.mib_to_pages(source.size_mib)
        with self._lock:
            known = self._sizes.get(source.capture)
        return self._upload(source.capture)[1].nr_pages if known is None else known

    def captured(self, source: Source) -> tuple[str, Capture]:
        """What a session with that source starts from, and its label; nothing is inferred.

        Raises:
            NotFoundError: no such upload, or a synthetic guest, of which there is no capture.
        """
        if isinstance(source, UploadSource):
            return self._upload(source.capture)
        if isinstance(source, CaptureSource):
            example = EXAMPLES[source.name]
            return example.label, load_capture(example.path, source.name)
        raise NotFoundError("a synthetic guest is there when the simulator is, not before")

    def base(self, source: Source, seed: int, progress: Progress) -> Base:
        """The guest to start from; examples come from a cache when they can.

        Raises:
            RefusedError: the capture cannot be read as a guest.
            NotFoundError: no such upload.
        """
        if source.kind == "synthetic":
            text = f"{source.preset}, {source.size_mib} MiB, seed {source.seed}"
            if source.cma_mib:
                text += f", CMA area of {source.cma_mib} MiB"
            words = f"making the guest {source.preset}, {u.mib_words(source.size_mib)}"
            guest = make_synthetic(
                source.preset,
                source.size_mib,
                source.seed,
                source.cma_mib,
                lambda done, total: progress(words, done, total),
            )
            summary: dict[str, Any] = {"preset": source.preset, "seed": source.seed}
            nodes = [int(zone["node"]) for zone in guest.zones]
            if any(nodes):
                summary["nodes"] = nodes
            return Base(guest, guest_facts(guest, text, summary), f"synthetic {text}", True)
        if source.kind == "upload":
            name, capture = self._upload(source.capture)
            spent = self._is_large(capture)
            base = self._from_capture(capture, name, f"capture {name}", seed, progress, spent)
            return replace(base, owned=True)
        key = (source.name, seed)
        with self._lock:
            if key in self._bases:
                self._bases.move_to_end(key)
                return self._bases[key]
        example = EXAMPLES[source.name]
        progress(f"reading the capture {source.name}", 0, 1)
        capture = load_capture(example.path, source.name)
        base = self._from_capture(
            capture, example.label, f"example capture {source.name}", seed, progress
        )
        with self._lock:
            self._bases[key] = base
            while len(self._bases) > MAX_BASES:
                self._bases.popitem(last=False)
        return base

    def _from_capture(
        self,
        capture: Capture,
        label: str,
        text: str,
        seed: int,
        progress: Progress,
        spent: bool = False,
    ) -> Base:
        """A guest; of a ``spent`` capture, which nobody else has, nothing is left over."""
        progress(f"building the guest of {label}", 0, 1)
        summary = dict(capture.summary())
        if spent:
            capture.let_go()
        guest = guest_from_capture(capture, seed)
        if spent:
            capture.let_go(pages=True)
        return Base(guest, guest_facts(guest, label, summary), text)
