"""A class on an event loop: what is told to whom, and that none of it queues."""

import asyncio
import json

import pytest

from engine.errors import RefusedError
from server.session.class_side import FEW_FRAMES, ClassSide
from server.session.hub import Hub
from server.wire.classroom import DriveAct, Follow, Point, Show
from server.wire.messages import Credit, Key, Pace, Reset
from server.wire.moments import Look

PRESENTER, ANN, BOB = 1, 2, 3


class Lesson:
    """A presenter and two viewers with slots and no sockets."""

    def __init__(self):
        self.hub = Hub()
        self.side = ClassSide(self.hub)
        self.got = {}
        self.woken = asyncio.Event()
        for client in (PRESENTER, ANN, BOB):
            self.got[client] = []
            self.hub.add(client, lambda message, to=client: self.write(to, message), lambda: None)
            self.side.enter(client, "presenter" if client == PRESENTER else "viewer")

    def write(self, client, message):
        if isinstance(message, str):
            self.got[client].append(json.loads(message))
        self.woken.set()
        return True

    async def told(self, client, kind):
        """The next text of a kind; the others are dropped."""
        async with asyncio.timeout(10):
            while True:
                while self.got[client]:
                    text = self.got[client].pop(0)
                    if text["type"] == kind:
                        return text
                self.woken.clear()
                await self.woken.wait()


async def test_everybody_hears_how_the_class_is_and_what_the_driver_shows():
    lesson = Lesson()
    assert (await lesson.told(ANN, "class"))["you"] == "viewer 1"
    lesson.side.message(ANN, Follow(True))
    lesson.side.message(PRESENTER, Show({"v": 1, "mode": "free"}))
    assert (await lesson.told(ANN, "shown"))["view"] == {"v": 1, "mode": "free"}
    lesson.side.message(ANN, Point(7))
    lesson.side.message(PRESENTER, Point(9, 2))
    assert await lesson.told(ANN, "pointed") == {"type": "pointed", "pageblock": 9, "panel": 2}
    assert [text["type"] for text in lesson.got[BOB]] == ["class"]


async def test_of_many_views_in_a_moment_only_the_newest_is_sent():
    lesson = Lesson()
    lesson.side.message(ANN, Follow(True))
    for tick in range(1000):
        lesson.side.message(PRESENTER, Show({"v": 1, "tick": tick}))
        lesson.side.message(PRESENTER, Point(tick))
    assert (await lesson.told(ANN, "shown"))["view"]["tick"] == 999


async def test_only_who_drives_may_command_and_only_a_presenter_starts_over():
    lesson = Lesson()
    side = lesson.side
    for harmless in (Credit(), Key(), Look(5)):
        side.allow(ANN, harmless)
    with pytest.raises(RefusedError, match="the presenter drives"):
        side.allow(ANN, Pace(5))
    side.message(PRESENTER, DriveAct("hand_over", "viewer 1"))
    side.allow(ANN, Pace(5))
    with pytest.raises(RefusedError, match="only the presenter starts over"):
        side.allow(ANN, Reset("r"))
    with pytest.raises(RefusedError, match="viewer 1 drives: take over first"):
        side.allow(PRESENTER, Pace(5))
    side.leave(ANN)
    side.allow(PRESENTER, Pace(5))


async def test_who_skips_most_pictures_is_counted():
    lesson = Lesson()
    for client in (ANN, BOB):
        lesson.side.message(client, Follow(True))
    lesson.side.count()
    for seq in range(FEW_FRAMES):
        lesson.hub.credit(ANN)
        lesson.hub.deliver(ANN, None, seq, b"x")
    lesson.side.count()
    people = (await lesson.told(PRESENTER, "class"))["people"]
    assert (people["following"], people["lagging"]) == (2, 1)
    lesson.side.count()
    people = (await lesson.told(PRESENTER, "class"))["people"]
    assert people["lagging"] == 0, "where no pictures come, nobody skips any"
