"""Replays a recording from its capture and judges the result, optionally under several seeds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine import units as u
from engine.capture.load import Capture, guest_from_capture, load_capture
from engine.guest import Guest
from engine.recordings.recording import CAPTURE_NAME, Recording, load_recording
from engine.recordings.score import Judgement, ceiling, judge
from engine.replay import WhenDone, replay


@dataclass(frozen=True)
class Measured:
    """One recording and our predictions.

    Attributes:
        recording: what the kernel did.
        judged: one list per seed, in the same order of quantities.
        against_itself: the kernel's runs, each judged by the others.
        types: pageblocks whose migratetype is right, and all; 0 of 0 if the truth is unknown.
        orders: share of the worst zone's free pages that are in blocks of the right order.
    """

    recording: Recording
    judged: tuple[list[Judgement], ...]
    against_itself: list[Judgement]
    types: tuple[int, int]
    orders: float

    @property
    def name(self) -> str:
        """The recording's name."""
        return self.recording.name


def _types(capture: Capture, truth: str) -> tuple[int, int]:
    """Not entirely reserved pageblocks whose migratetype is right, and all such pageblocks."""
    if not truth:
        return 0, 0
    found = capture.inferred
    real = np.array(["UMRHCI".find(letter) for letter in truth])
    reserved = (found.pages.state <= u.STATE_RESERVED).reshape(len(real), -1).all(axis=1)
    return int(((found.migratetype == real) & ~reserved).sum()), int((~reserved).sum())


def recorded_guest(recording: Recording, capture: Capture, seed: int) -> Guest:
    """The guest that was recorded, on a CPU as fast as its.

    Args:
        recording: says how fast.
        capture: of its start.
        seed: of what a capture does not contain.
    """
    guest = guest_from_capture(capture, seed)
    guest.vm[0]["unit_ns"] = recording.unit_ns
    return guest


def measure(
    folder: Path,
    seeds: Sequence[int],
    each: Callable[..., Iterable[list[Judgement]]] = map,
) -> Measured:
    """Replay a recording's operations under each seed and judge the result.

    Args:
        folder: with s1.tar.xz and result.json.
        seeds: of the orders that a capture does not contain.
        each: like ``map``; a pool's ``map`` runs seeds in parallel, with the same result.

    Raises:
        RefusedError: the folder is not a recording; one sentence.
    """
    capture = load_capture(folder / CAPTURE_NAME, folder.name)
    recording = load_recording(folder, capture.main_zone)

    def under(seed: int) -> list[Judgement]:
        guest = recorded_guest(recording, capture, seed)
        answer: dict[str, Any] = replay(
            guest, list(recording.runs), recording.ops, seed, look=WhenDone(recording.first_read_ms)
        )
        return judge(recording, answer["designs"])

    types = _types(capture, recording.blocks)  # infer once, before several threads need it
    orders = min(float(zone["free_agreement"]) for zone in capture.summary()["zones"])
    judged = tuple(each(under, seeds))
    return Measured(recording, judged, ceiling(recording), types, orders)


def everything(measured: Iterable[Measured], seed: int = 0) -> list[Judgement]:
    """Judgements of all recordings under the seed at index ``seed``."""
    return [one for recording in measured for one in recording.judged[seed]]
