"""A session between its worker and its sockets, on an event loop."""

import asyncio
import threading

import pytest

from engine.commands import BalloonInflate, SetWorkload
from server.errors import LimitReachedError, NotFoundError
from server.session import event_side
from server.session.event_side import SessionHandle
from server.session.mailbox import Built, Ended, Gone
from server.session.making import Rates
from server.session.questions import MAX_LOOKS_BACK
from server.wire import frames
from server.wire.config import SessionConfig
from server.wire.messages import CommandMessage, Credit, Key
from tests.server.conftest import SMALL
from tests.server.session.past_room import PastRoom

WAIT_S = 60


class Socket:
    """What ws.py does for a client, without a socket."""

    def __init__(self, live):
        self.live = live
        self.flag = asyncio.Event()
        self.over = asyncio.Event()
        self.texts = []
        self.frames = []
        self.client = live.join(self.write, self.over.set)

    def write(self, message):
        (self.texts if isinstance(message, str) else self.frames).append(message)
        self.flag.set()
        return True

    async def until(self, condition):
        while not condition():
            self.flag.clear()
            await asyncio.wait_for(self.flag.wait(), WAIT_S)


@pytest.fixture
def begin(make_session):
    sessions = []

    def start(build=None) -> SessionHandle:
        def make(config: SessionConfig, progress):
            return make_session(config)

        changes = []
        made = SessionHandle(
            "s1", SMALL, build or make, Rates(1000, 120), lambda s, what: changes.append(what),
            PastRoom(make_session),
        )  # fmt: skip
        sessions.append((made, changes))
        return made, changes

    yield start
    for made, _ in sessions:
        made.end(Ended(1001, "test"))
        assert made.join_worker(WAIT_S)


async def test_welcome_then_frames_for_credits(begin):
    live, changes = begin()
    socket = Socket(live)
    await socket.until(lambda: socket.texts and socket.frames)
    assert socket.texts[0].startswith('{"type":"welcome"')
    assert changes == [Built(SMALL, True)]
    assert frames.decode_frame(socket.frames[0]).seq == 1
    live.message(socket.client, CommandMessage("c1", SetWorkload(True, 10)))  # never at rest
    await socket.until(lambda: len(socket.frames) == 2)
    await socket.until(lambda: len(socket.texts) == 3)
    assert '"type":"accepted"' in socket.texts[1]
    assert '"type":"entries"' in socket.texts[2]
    live.message(socket.client, Credit(2))
    await socket.until(lambda: len(socket.frames) > 2)
    live.message(socket.client, Key())
    await socket.until(lambda: socket.frames[-1][5] == frames.FRAME_KEY)


async def test_the_log_is_exported_by_the_worker(begin):
    live, _ = begin()
    socket = Socket(live)
    live.message(socket.client, CommandMessage("c1", BalloonInflate(1)))
    await socket.until(lambda: any("accepted" in text for text in socket.texts))
    assert len((await live.transcript()).log) == 1


async def test_a_client_that_leaves_gets_nothing_more(begin):
    live, _ = begin()
    socket = Socket(live)
    await socket.until(lambda: socket.frames)
    before = live.last_seen
    live.leave(socket.client)
    assert live.nr_viewers == 0
    assert live.last_seen >= before
    before = len(socket.texts)
    live.say(socket.client, "late")
    assert len(socket.texts) == before


async def test_progress_reaches_whoever_comes_later(begin, make_session):
    import threading

    go = threading.Event()

    def build(config, progress):
        progress("reading the capture", 0, 1)
        assert go.wait(WAIT_S)
        return make_session(config)

    live, _ = begin(build)
    first = Socket(live)
    await first.until(lambda: first.texts)
    second = Socket(live)
    await second.until(lambda: second.texts)
    assert '"reading the capture"' in second.texts[0]
    assert not any("welcome" in text for text in (*first.texts, *second.texts))
    go.set()
    await second.until(lambda: any("welcome" in text for text in second.texts))


async def test_the_end_tells_every_socket(begin):
    live, changes = begin()
    sockets = [Socket(live), Socket(live)]
    for socket in sockets:
        await socket.until(lambda socket=socket: socket.frames)
    live.end(Ended(1001, "bye"))
    live.end(Ended(1011, "again"))
    assert all(socket.over.is_set() for socket in sockets)
    assert live.ended == Ended(1001, "bye")
    assert changes[-1] == Ended(1001, "bye")
    await asyncio.wait_for(live.gone.wait(), WAIT_S)
    assert changes[-1] == Gone()


async def test_a_message_beyond_the_backlog_is_refused_to_its_sender(begin, monkeypatch):
    monkeypatch.setattr(event_side, "MAX_BACKLOG", -1)
    live, _ = begin()
    socket = Socket(live)
    live.message(socket.client, CommandMessage("c1", BalloonInflate(1)))
    await socket.until(lambda: any('"command_id":"c1"' in text for text in socket.texts))
    assert any("messages to work off" in text for text in socket.texts)


async def test_a_question_after_the_end_is_refused(begin):
    live, _ = begin()
    live.end(Ended(1001, "bye"))
    with pytest.raises(NotFoundError, match="bye"):
        await live.transcript()


async def test_a_question_beyond_the_backlog_is_refused(begin, monkeypatch):
    live, _ = begin()
    await live.transcript()
    monkeypatch.setattr(event_side, "MAX_BACKLOG", -1)
    with pytest.raises(LimitReachedError, match="too much to work off"):
        await live.transcript()


async def test_progress_is_known_by_its_kind_and_not_by_its_words(begin, make_session):
    """A text for all that merely begins like one must not be repeated to who comes later."""
    live, _ = begin()
    socket = Socket(live)
    await socket.until(lambda: socket.frames)
    live._receive([event_side.Text((socket.client,), '{"type":"progress","text":"fake"}')])
    assert live._progress is None


async def test_so_many_look_back_at_a_time_and_then_it_is_said(begin):
    live, _ = begin()
    gate = threading.Event()
    waiting = [
        asyncio.create_task(live.look_back(lambda *_: gate.wait(WAIT_S)))
        for _ in range(MAX_LOOKS_BACK)
    ]
    await asyncio.sleep(0)
    with pytest.raises(LimitReachedError, match="30 requests for earlier moments"):
        await live.look_back(lambda history, _: history.nbytes)
    gate.set()
    assert all(await asyncio.gather(*waiting))
    assert await live.look_back(lambda history, _: history.nbytes) > 0
