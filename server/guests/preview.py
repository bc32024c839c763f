"""What can be seen of a session before the simulator is compiled: the memory it starts from.

A preview is what ``welcome`` will say of guest and designs; the start is a key frame of the
captured machine, a panel for each design. The session's worker is not asked: it waits, too.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from engine.capture.planes import machine_view
from engine.designs import parse_designs
from engine.view import PLANES, STAT_FIELDS
from server.guests.library import Library, capture_facts
from server.guests.recorded import Recordings, known_types
from server.jsontext import dump
from server.wire.config import CaptureSource, SessionConfig, SyntheticSource
from server.wire.frames import Picture, encode_key

KEPT = 32  # answers; a lecture's pages all ask for the same


class Previews:
    """Previews by config. For any thread."""

    def __init__(self, library: Library, recordings: Recordings) -> None:
        """Nothing is read before it is asked for."""
        self._library = library
        self._recordings = recordings
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def describe(self, config: SessionConfig) -> bytes:
        """The answer of GET /api/sessions/{id}/preview.

        Raises:
            NotFoundError: the upload is gone.
        """
        return self._once("preview", config, lambda: dump(self._describe(config)).encode())

    def start(self, config: SessionConfig) -> bytes:
        """A key frame of the captured memory, a panel each design.

        Raises:
            NotFoundError: the guest is synthetic, or its upload is gone.
        """
        return self._once("start", config, lambda: self._start(config))

    def _once(self, what: str, config: SessionConfig, make: Callable[[], bytes]) -> bytes:
        place = (what, repr(config))
        with self._lock:  # one at a time: a capture takes memory while it is read
            if place not in self._kept:
                self._kept[place] = make()
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(place)
            return self._kept[place]

    def _recorded(self, config: SessionConfig) -> str | None:
        """The example of the session's source if a kernel's doings were recorded from it."""
        source = config.source
        is_recorded = isinstance(source, CaptureSource) and source.name in self._recordings
        return source.name if isinstance(source, CaptureSource) and is_recorded else None

    def _describe(self, config: SessionConfig) -> dict[str, Any]:
        guest = None
        if not isinstance(config.source, SyntheticSource):
            label, capture = self._library.captured(config.source)
            guest = capture_facts(capture, label)
        return {
            "config": config.to_dict(),
            "designs": [
                {"key": d.key, "name": d.name, "label": d.label, "toggles": dict(d.params)}
                for d in parse_designs(config.designs, config.profile)
            ],
            "guest": guest,
            "recorded": self._recorded(config),
            "planes": [list(plane) for plane in PLANES],
            "stat_fields": list(STAT_FIELDS),
        }

    def _start(self, config: SessionConfig) -> bytes:
        _, capture = self._library.captured(config.source)
        example = self._recorded(config)
        letters = self._recordings.example(example).recording.blocks if example else ""
        found = capture.with_types(known_types(capture, letters)) if letters else capture.inferred
        hooks = [bool(d.rules().hook) for d in parse_designs(config.designs, config.profile)]
        views = {hook: machine_view(capture, found, hook) for hook in set(hooks)}
        return encode_key(Picture(0, 0, 0, 0, tuple(views[hook] for hook in hooks)))
