"""The worker thread, with a real world and the test in the place of the event loop."""

import queue
from concurrent.futures import Future

import pytest

from engine.commands import BalloonInflate, SetWorkload
from engine.errors import RefusedError
from server.jsontext import parse_object
from server.session.runner import (
    Ask,
    Built,
    Ended,
    Frames,
    FromClient,
    Joined,
    Left,
    Rates,
    Renewed,
    Runner,
    Stop,
    Text,
    Wanted,
)
from server.session.session import Session
from server.wire import frames, messages
from server.wire.messages import CommandMessage, Pace, Reset, Step
from tests.server.conftest import SMALL

FAST = Rates(ticks_per_s=1000, frames_per_s=120)
PAUSED = Rates(ticks_per_s=0, frames_per_s=120)
WAIT_S = 60


class Worker:
    """A runner and what it has posted."""

    def __init__(self, build, rates=FAST):
        self.posted = queue.Queue()
        self.kept = []
        self.pictures = {}
        self.runner = Runner("s1", SMALL, build, self.posted.put, rates)
        self.runner.start()

    def next(self, kind, condition=lambda item: True):
        """The next posted item of a kind; others are kept for later."""
        while True:
            for i, item in enumerate(self.kept):
                if isinstance(item, kind) and condition(item):
                    return self.kept.pop(i)
            self.kept += self.posted.get(timeout=WAIT_S)

    def text(self, kind):
        item = self.next(Text, lambda item: f'"type":"{kind}"' in item.text)
        return parse_object(item.text, "it")

    def say(self, message, client=1):
        self.runner.put(FromClient(client, message))

    def picture(self, client=1):
        """Want a frame, get it, know it from now on."""
        base = self.pictures.get(client)
        self.runner.put(Wanted(client, base.seq if base else None))
        delivery = self.next(Frames, lambda item: client in item.delivery.clients).delivery
        self.pictures[client] = frames.decode_frame(delivery.data, base)
        return self.pictures[client]

    def until(self, condition, client=1):
        picture = self.pictures.get(client)
        while picture is None or not condition(picture):
            picture = self.picture(client)
        return picture

    def export(self):
        reply = Future()
        self.runner.put(Ask(Session.export, reply))
        return reply.result(WAIT_S)

    def end(self):
        self.runner.put(Stop())
        assert self.runner.join(WAIT_S)


@pytest.fixture
def start(make_session):
    workers = []

    def begin(build=None, rates=FAST):
        workers.append(Worker(build or (lambda config, progress: make_session(config)), rates))
        return workers[-1]

    yield begin
    for worker in workers:
        worker.end()


def stat(picture, name, design=0):
    return int(picture.panels[design].stats[frames.STAT_FIELDS.index(name)])


def test_from_welcome_to_a_filled_balloon(start):
    worker = start()
    assert worker.next(Built).ok
    worker.runner.put(Joined(1))
    welcome = worker.text("welcome")
    assert (welcome["epoch"], welcome["session"], welcome["ticks_per_s"]) == (1, "s1", 1000)
    first = worker.picture()
    assert (first.seq, first.log_index) == (1, 0)
    worker.say(CommandMessage("c1", BalloonInflate(4096)))
    accepted = worker.text("accepted")
    assert accepted["command_id"] == "c1"
    assert accepted["index"] == 1
    last = worker.until(lambda p: stat(p, "balloon_actual") == 4096)
    assert last.log_index == 1
    assert worker.export()["log"] == [
        {
            "index": 1,
            "tick": accepted["tick"],
            "command": {"type": "balloon_inflate", "nr_pages": 4096},
            "idle": True,
        }
    ]


def test_a_refused_command_goes_to_its_sender_only(start):
    worker = start()
    worker.runner.put(Joined(1))
    worker.say(CommandMessage("c9", BalloonInflate(1 << 25)))
    item = worker.next(Text, lambda item: '"type":"error"' in item.text)
    assert item.client == 1
    assert parse_object(item.text, "it") == {
        "type": "error",
        "command_id": "c9",
        "text": "inflate by 131072 MiB: the guest has 256 MiB",
    }
    assert worker.export()["log"] == []


def test_without_a_viewer_no_tick_is_run(start):
    worker = start()
    worker.runner.put(Joined(1))
    worker.say(CommandMessage("c1", SetWorkload(enabled=True, rate=10)))
    worker.until(lambda p: p.tick > 5)
    worker.runner.put(Left(1))
    tick = worker.export()["tick"]
    assert [worker.export()["tick"] for _ in range(50)] == [tick] * 50
    worker.runner.put(Joined(2))
    worker.until(lambda p: p.tick > tick, client=2)


def test_paused_and_stepped(start):
    worker = start(rates=PAUSED)
    worker.runner.put(Joined(1))
    worker.say(CommandMessage("c1", BalloonInflate(4096)))
    assert worker.until(lambda p: p.log_index == 1).tick == 0
    worker.say(Step(3))
    assert worker.until(lambda p: p.tick == 3).tick == 3
    worker.say(Pace(1000))
    assert worker.text("pace")["ticks_per_s"] == 1000
    worker.until(lambda p: stat(p, "balloon_actual") == 4096)
    worker.say(Step(1))
    assert worker.text("error")["text"].startswith("step works only while paused")


def test_the_pace_changes_no_result(start):
    states = []
    for rates in (Rates(1000, 120), Rates(200, 30)):
        worker = start(rates=rates)
        worker.runner.put(Joined(1))
        worker.say(CommandMessage("c1", BalloonInflate(2048)))
        end = worker.until(lambda p: stat(p, "busy") == 0 and stat(p, "balloon_actual") == 2048)
        states.append([panel.stats.tolist() for panel in end.panels])
    assert states[0] == states[1]


def test_a_reset_starts_over_for_everybody(start):
    worker = start()
    for client in (1, 2):
        worker.runner.put(Joined(client))
        worker.text("welcome")
    worker.say(CommandMessage("c1", BalloonInflate(2048)))
    worker.until(lambda p: p.log_index == 1)
    worker.picture(client=2)
    worker.say(Reset("r1", SMALL), client=2)
    welcome = parse_object(worker.next(Renewed).welcome, "it")
    assert (welcome["epoch"], welcome["tick"], welcome["log_index"]) == (2, 0, 0)
    accepted = worker.next(Text, lambda item: '"command_id":"r1"' in item.text)
    assert accepted.client == 2
    worker.pictures.clear()
    picture = worker.picture(client=1)
    assert (picture.epoch, picture.log_index, stat(picture, "balloon_actual")) == (2, 0, 0)
    assert worker.export()["log"] == []


def test_a_reset_that_cannot_be_leaves_everything_as_it_was(start, make_session):
    calls = []

    def build(config, progress):
        calls.append(config)
        if len(calls) > 1:
            raise RefusedError("no such guest")
        return make_session(config)

    worker = start(build)
    assert worker.next(Built).ok
    worker.runner.put(Joined(1))
    worker.say(CommandMessage("c1", BalloonInflate(2048)))
    worker.until(lambda p: p.log_index == 1)
    worker.say(Reset("r1", SMALL))
    assert worker.text("error") == {"type": "error", "command_id": "r1", "text": "no such guest"}
    assert not worker.next(Built).ok
    assert worker.picture().epoch == 1
    assert len(worker.export()["log"]) == 1


def test_what_cannot_be_built_ends_at_once(start):
    def build(config, progress):
        progress("reading", 0, 1)
        raise RefusedError("the capture is empty")

    worker = start(build)
    assert worker.text("progress")["text"] == "reading"
    assert worker.next(Ended) == Ended(messages.CLOSE_NO_SESSION, "the capture is empty")


def test_a_broken_invariant_ends_the_session(start, make_session, caplog):
    def build(config, progress):
        session = make_session(config)

        def broken(ticks):
            raise RuntimeError("two owners of page 7")

        session.world.step = broken
        return session

    worker = start(build)
    worker.runner.put(Joined(1))
    worker.say(CommandMessage("c1", BalloonInflate(1)))
    ended = worker.next(Ended)
    assert ended.code == messages.CLOSE_INTERNAL
    assert "RuntimeError" in ended.text
    assert "two owners of page 7" in caplog.text
