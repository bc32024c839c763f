"""The golden messages: every kind once, small enough to read; web/ reads the same files."""

import json
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from engine import units as u
from engine.commands import BalloonInflate, CompactMemory
from engine.events import Happened
from engine.guest import ZoneSpan, make_guest
from engine.log import Entry
from engine.pages import PAGE_FIELDS
from engine.view import PLANES
from server.quiz.quiz import Quiz
from server.wire import detail, events, frames, messages
from server.wire.classroom import ClassState, People, Pointed, Shown
from server.wire.moments import Timelines
from tests.server import fake

KEY = fake.picture(seq=41)
# Pageblocks 1 and 4 of the first design, none of the second: lengths 2 and 0 need padding.
DELTA = fake.changed(KEY, 42, {0: [1, 4]})


class Still:
    """Two guests of six pageblocks with pages of every state, as encode_detail wants a world."""

    keys = ("pinned", "lru_hook")
    tick = 4200

    def __init__(self) -> None:
        self.guests = [make_guest((ZoneSpan(u.ZONE_NORMAL, 0, 6 * 512),), 1) for _ in self.keys]
        for design, guest in enumerate(self.guests):
            pages = guest.pages
            pages["state"][512:1024] = [(i + design) % u.NR_STATES for i in range(512)]
            pages["flags"][512:1024] = [(i >> 4) * 97 for i in range(512)]
            pages["order"][1 :: 2 + design] = u.ORDER_TAIL

    def guest(self, i: int) -> Any:
        """Guest ``i``."""
        return self.guests[i]


DETAIL = detail.Detail((1, 4))


def detail_json(data: bytes) -> dict[str, Any]:
    """A frame of pages as numbers."""
    closeup = detail.decode_detail(data)
    return {
        "epoch": closeup.epoch,
        "tick": closeup.tick,
        "log_index": closeup.log_index,
        "pageblocks": list(closeup.pageblocks),
        "designs": {
            str(i): {name: fields[name].tolist() for name, _ in PAGE_FIELDS}
            for i, fields in closeup.designs.items()
        },
    }


def _happened(nr: int, what: int, every: int = 1) -> Happened:
    rows = np.array([(3 * i, what, 512 + i, 2048 - i) for i in range(nr)], "<i4").reshape(nr, 4)
    return Happened(nr * every, nr * every, every, rows)


# Moves of anon pages in the first design, a sample of them; in the second one the balloon works.
EVENTS = events.Between(
    42, 1, 4201, 4199, 17, 6, 950,
    (
        (
            _happened(3, u.EVENT_MOVED | u.STATE_ANON << 8, 4),
            _happened(0, 0),
            _happened(1, u.EVENT_MET),
        ),
        (_happened(0, 0), _happened(2, u.EVENT_TAKEN | u.STATE_BALLOON << 8), _happened(0, 0)),
    ),
)  # fmt: skip


def events_json(data: bytes) -> dict[str, Any]:
    """A frame of events as numbers."""
    between = events.decode_events(data)
    plain = {name: value for name, value in vars(between).items() if name != "designs"}
    kinds = [
        [{**vars(one), "rows": one.rows.tolist()} for one in design] for design in between.designs
    ]
    return {**plain, "designs": kinds}


def frame_json(picture: frames.Picture) -> dict[str, Any]:
    """A picture as numbers that a person, or JavaScript, can compare."""
    return {
        "seq": picture.seq,
        "epoch": picture.epoch,
        "tick": picture.tick,
        "log_index": picture.log_index,
        "nr_pageblocks": picture.nr_pageblocks,
        "designs": [
            {
                "planes": {name: panel.planes[name].tolist() for name, _ in PLANES},
                "stats": panel.stats.tolist(),
            }
            for panel in picture.panels
        ],
    }


WELCOME: dict[str, Any] = {
    "epoch": 1,
    "session": "q1w2e3r4t5y6",
    "ticks_per_s": 60.0,
    "config": {
        "source": {"kind": "capture", "name": "runs"},
        "designs": ["pinned", "dedicated_block:prevent"],
        "seed": 1,
        "profile": "modern",
    },
    "tick": 4200,
    "log_index": 17,
    "designs": [
        {"key": "pinned", "name": "pinned", "label": "Pinned", "toggles": {"retry": "off"}},
        {
            "key": "dedicated_block:prevent",
            "name": "dedicated_block",
            "label": "Dedicated blocks",
            "toggles": {"prevent": "on", "keep": "0"},
        },
    ],
    "workload": {"enabled": False, "rate": 256},
    "sequence": {"total": 3, "left": 2, "text": None},
    "guest": {
        "label": "12 MiB",
        "size_mib": 12,
        "nr_pages": 3072,
        "nr_pageblocks": 6,
        "main_zone": "DMA32",
        "zones": [
            {"name": "DMA", "start_pfn": 0, "end_pfn": 1024, "managed": 900},
            {"name": "DMA32", "start_pfn": 1024, "end_pfn": 3072, "managed": 2000},
        ],
        "summary": {"note": "made by hand"},
    },
    "engine": "0123456789abcdef0123",
    "timeline": 2,
    "timelines": [
        {"id": 1, "parent": None, "tick": 0, "index": 0, "command": None},
        {
            "id": 2,
            "parent": 1,
            "tick": 3900,
            "index": 15,
            "command": {"type": "compact"},
            "name": "compacted too early",
        },
    ],
}

VIEWERS = People(following=24, lagging=1, detached=3, asking=("viewer 2",), nr_asking=1)

QUIZ = Quiz()
for _record in (
    {"do": "pose", "text": "How many huge pages will each design give?", "quantity": "huge_best",
     "designs": ["pinned", "dedicated_block:prevent"], "commands": [{"type": "compact"}]},
    {"do": "guess", "number": 1, "voter": "a", "ranges": [[100, 103], [102, 104]]},
    {"do": "guess", "number": 1, "voter": "b", "ranges": [[101, 102], [104, 104]]},
    {"do": "close"},
    {"do": "run", "begun": 17},
    {"do": "truth", "values": [102, 105]},
):  # fmt: skip
    QUIZ.apply(_record)

DOWN: dict[str, str] = {
    "welcome": messages.welcome(WELCOME),
    "role": messages.role("presenter"),
    "accepted": messages.accepted("c1", 17, 4200),
    "entries": messages.entries(
        [Entry(16, 3900, BalloonInflate(51200), True), Entry(17, 4200, CompactMemory(), False)]
    ),
    "sequence_state": messages.sequence(3, 1),
    "sequence_ended": messages.sequence(
        3, 0, "another command was given: 1 of 3 commands were not given"
    ),
    "farewell": messages.error("the server is shutting down", code=messages.CLOSE_GOING_AWAY),
    "error": messages.error("inflate by 9000 MiB: the guest has 1024 MiB", "c2"),
    "pace": messages.pace(60),
    "progress": messages.progress("reading the capture runs", 0, 1),
    "looking": messages.looking(1200, 40, 100),
    "present": messages.present(4200, 17),
    "class": messages.wire_text(
        ClassState("presenter", "viewer 7", False, True, False, False, None, VIEWERS)
    ),
    "shown": messages.wire_text(Shown({"v": 1, "tick": 1200, "mode": "free"})),
    "pointed": messages.wire_text(Pointed(4, 1)),
    "quiz_state": messages.wire_text(QUIZ.state(None, False, QUIZ.told_results(False))),
    "timelines": messages.wire_text(
        TypeAdapter(Timelines).validate_python({"timelines": WELCOME["timelines"]})
    ),
}

UP: dict[str, dict[str, Any]] = {
    "hello": {"type": "hello", "versions": [1], "token": "kT3v_9QmXw0aZr8LcE5pYb1H"},
    "command": {
        "type": "command",
        "command_id": "c1",
        "command": {"type": "balloon_inflate", "nr_pages": 51200},
    },
    "sequence": {
        "type": "sequence",
        "command_id": "c4",
        "commands": [{"type": "balloon_inflate", "nr_pages": 51200}, {"type": "compact"}],
    },
    "credit": {"type": "credit"},
    "credits": {"type": "credit", "n": 2},
    "set_pace": {"type": "pace", "ticks_per_s": 60},
    "step": {"type": "step", "ticks": 1},
    "key": {"type": "key"},
    "detail": {
        "type": "detail",
        "pageblocks": [3, 4],
        "designs": [1],
        "fields": ["state", "order"],
    },
    "watch": {"type": "watch", "on": True},
    "detail_off": {"type": "detail", "pageblocks": []},
    "look": {"type": "look", "tick": 1200, "index": 3},
    "look_beside": {
        "type": "look",
        "tick": 4000,
        "beside": {"timeline": 1, "tick": 4000},
    },
    "look_now": {"type": "look", "tick": None},
    "fork": {"type": "fork", "command_id": "c5", "tick": 1200, "command": {"type": "compact"}},
    "switch": {"type": "switch", "command_id": "c6", "timeline": 1},
    "name": {"type": "name", "command_id": "c7", "timeline": 2, "name": "compacted too early"},
    "reset": {"type": "reset", "command_id": "c3", "config": WELCOME["config"]},
    "follow": {"type": "follow", "on": True},
    "show": {"type": "show", "view": {"v": 1, "tick": 1200, "mode": "free"}},
    "point": {"type": "point", "pageblock": 4, "panel": 1},
    "drive": {"type": "drive", "act": "hand_over", "to": "viewer 7"},
    "pose": {
        "type": "pose",
        "text": "How many huge pages will each design give?",
        "quantity": "huge_best",
        "designs": ["pinned", "dedicated_block:prevent"],
        "commands": [{"type": "compact"}, {"type": "huge", "nr": 500}],
    },
    "quiz": {"type": "quiz", "act": "close"},
    "voter": {"type": "voter", "voter": "x8Wc2qLr0aZt5Yb1HkT3v9Qm"},
    "guess": {"type": "guess", "number": 1, "ranges": [[100, 140], [120, 200]]},
}


def files() -> dict[str, bytes]:
    """Every golden file by its name below tests/golden/wire/."""
    delta = frames.encode_delta(DELTA, KEY)
    assert delta is not None
    pages = detail.encode_detail(Still(), 1, 17, DETAIL)
    found = {"key.bin": frames.encode_key(KEY), "delta.bin": delta, "detail.bin": pages}
    objects: dict[str, Any] = {"key.json": frame_json(KEY), "delta.json": frame_json(DELTA)}
    objects |= {f"down_{name}.json": json.loads(text) for name, text in DOWN.items()}
    objects |= {f"up_{name}.json": message for name, message in UP.items()}
    for name, value in objects.items():
        found[name] = (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
    found["events.bin"] = events.encode_events(EVENTS)
    found["events.json"] = (json.dumps(events_json(found["events.bin"])) + "\n").encode()
    found["detail.json"] = (json.dumps(detail_json(pages)) + "\n").encode()
    return found
