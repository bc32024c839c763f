"""The worker thread, with a real world and the test in the place of the event loop."""

import queue
import threading
from concurrent.futures import Future

import pytest

from engine.commands import BalloonInflate, CompactMemory, SetWorkload
from engine.errors import RefusedError
from server.errors import NotFoundError
from server.jsontext import parse_object
from server.session.mailbox import (
    Ask,
    Built,
    Ended,
    Frames,
    FromClient,
    Gone,
    Joined,
    Left,
    Progress,
    Renewed,
    Stop,
    Text,
)
from server.session.runner import Rates, Runner
from server.session.session import Session
from server.session.told import CHUNK
from server.wire import frames, messages
from server.wire.messages import CommandMessage, Pace, Reset, SequenceMessage, Step
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

    def text(self, kind, client=1):
        """The next text of a kind for a client."""
        item = self.next(
            Text, lambda item: client in item.clients and f'"type":"{kind}"' in item.text
        )
        return parse_object(item.text, "it")

    def join(self, client=1):
        """Let a client come; its welcome."""
        self.runner.put(Joined(client))
        return self.text("welcome", client)

    def entries(self, client=1):
        """Indices of the next entries that a client is told of."""
        return [entry["index"] for entry in self.text("entries", client)["entries"]]

    def drain(self):
        """Everything posted until the worker is gone, in order."""
        assert self.runner.join(WAIT_S)
        found, self.kept = self.kept, []
        while not self.posted.empty():
            found += self.posted.get()
        return found

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

    def ask(self, question):
        reply = Future()
        self.runner.put(Ask(question, reply))
        return reply.result(WAIT_S)

    def export(self):
        return self.ask(Session.transcript).to_dict()

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
    welcome = worker.join()
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
    assert item.clients == (1,)
    assert parse_object(item.text, "it") == {
        "type": "error",
        "command_id": "c9",
        "text": "inflate by 131072 MiB: the guest has 256 MiB",
        "code": None,
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
        worker.join(client)
    worker.say(CommandMessage("c1", BalloonInflate(2048)))
    worker.until(lambda p: p.log_index == 1)
    worker.picture(client=2)
    worker.say(Reset("r1", SMALL), client=2)
    welcome = parse_object(worker.next(Renewed).welcome, "it")
    assert (welcome["epoch"], welcome["tick"], welcome["log_index"]) == (2, 0, 0)
    accepted = worker.next(Text, lambda item: '"command_id":"r1"' in item.text)
    assert accepted.clients == (2,)
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
    refused = worker.text("error")
    assert (refused["command_id"], refused["text"]) == ("r1", "no such guest")
    assert not worker.next(Built).ok
    assert worker.picture().epoch == 1
    assert len(worker.export()["log"]) == 1


def test_what_cannot_be_built_ends_at_once(start):
    def build(config, progress):
        progress("reading", 0, 1)
        raise RefusedError("the capture is empty")

    worker = start(build)
    progress = parse_object(worker.next(Progress).text, "it")
    assert (progress["text"], progress["phase"]) == ("reading", "guest")
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


# -- every waiter gets an answer or an error


def test_a_question_that_fails_is_its_asker_s_and_nobody_else_s(start):
    """Whatever it raises; the questions behind it in the same batch are answered."""
    worker = start()
    assert worker.next(Built).ok
    faults, good = [Future(), Future()], Future()

    def broken(_):
        raise RuntimeError("two owners of page 7")

    def missing(_):
        raise KeyError("nothing")

    for question, reply in zip((broken, missing), faults, strict=True):
        worker.runner.put(Ask(question, reply))
    worker.runner.put(Ask(Session.transcript, good))
    assert isinstance(faults[0].exception(WAIT_S), RuntimeError)
    assert isinstance(faults[1].exception(WAIT_S), KeyError)
    assert good.result(WAIT_S).log == ()


def test_questions_behind_a_fault_of_the_simulator_are_refused(start, make_session):
    """The batch in which it happens is not lost with it."""
    begin = threading.Event()

    def build(config, progress):
        session = make_session(config)
        assert begin.wait(WAIT_S)

        def broken(command):
            raise RuntimeError("two owners of page 7")

        session.accept = broken
        return session

    worker = start(build)
    worker.runner.put(Joined(1))
    worker.say(CommandMessage("c1", BalloonInflate(1)))
    behind = Future()
    worker.runner.put(Ask(Session.transcript, behind))
    begin.set()
    assert isinstance(behind.exception(WAIT_S), NotFoundError)
    late = Future()
    assert worker.runner.join(WAIT_S)
    worker.runner.put(Ask(Session.transcript, late))
    assert isinstance(late.exception(WAIT_S), NotFoundError)


def test_who_asked_while_the_guests_could_not_be_made_is_told(start):
    asked = Future()

    def build(config, progress):
        worker.runner.put(Ask(Session.transcript, asked))
        raise RefusedError("the capture is empty")

    building = threading.Event()
    worker = Worker(lambda config, progress: building.wait(WAIT_S) and build(config, progress))
    building.set()
    assert isinstance(asked.exception(WAIT_S), NotFoundError)
    worker.end()


def test_a_worker_that_is_told_to_end_lets_go_of_guests_half_made(start, make_session):
    at_work = threading.Event()

    def build(config, progress):
        at_work.set()
        while True:
            progress("reading", 0, 1)

    worker = start(build)
    assert at_work.wait(WAIT_S)
    worker.runner.put(Stop())
    posted = worker.drain()
    assert posted[-1] == Gone()
    assert not any(isinstance(item, Ended) for item in posted)


def test_the_last_word_of_a_worker_is_that_it_holds_no_guest_any_more(start):
    worker = start()
    worker.join()
    worker.runner.put(Stop())
    assert worker.drain()[-1] == Gone()
    assert not hasattr(worker.runner, "_session")


def test_a_pace_near_zero_ends_no_session(start):
    worker = start()
    worker.join()
    worker.say(Pace(1e-300))
    worker.say(CommandMessage("c1", BalloonInflate(4096)))
    worker.text("accepted")
    assert worker.export()["log"]  # the wait for the next tick has begun, and is interrupted
    worker.say(Pace(1000))
    worker.until(lambda p: stat(p, "balloon_actual") == 4096)


# -- the log is told


def test_every_client_learns_every_entry_before_the_frame_that_contains_it(start):
    worker = start()
    for client in (1, 2):
        worker.join(client)
    worker.say(CommandMessage("c1", BalloonInflate(2048)))
    worker.until(lambda p: p.log_index == 1, client=2)
    told = [item for item in worker.kept if isinstance(item, Text) and "entries" in item.text]
    (item,) = told  # posted before the frame was
    assert item.clients == (1, 2)
    (entry,) = parse_object(item.text, "it")["entries"]
    assert entry == worker.export()["log"][0]


def test_who_comes_later_gets_the_whole_log_after_the_welcome_and_nothing_twice(start):
    worker = start(rates=PAUSED)
    worker.join()
    for i in range(CHUNK + 2):
        worker.say(CommandMessage(f"c{i}", CompactMemory()))
    worker.runner.put(Joined(2))
    worker.say(CommandMessage("last", CompactMemory()))
    assert worker.text("welcome", 2)["log_index"] == CHUNK + 2
    found = []
    while len(found) < CHUNK + 3:
        found += worker.entries(2)
    assert found == list(range(1, CHUNK + 4))


def test_the_log_of_a_reset_session_starts_over(start):
    worker = start()
    worker.join()
    worker.say(CommandMessage("c1", BalloonInflate(2048)))
    assert worker.entries() == [1]
    worker.say(Reset("r1", SMALL))
    worker.say(CommandMessage("c2", CompactMemory()))
    worker.next(Renewed)
    assert worker.entries() == [1]
    assert worker.join(2)["log_index"] == 1
    assert worker.entries(2) == [1]


# -- sequences


PAIR = (BalloonInflate(2048), CompactMemory())


def test_a_sequence_is_worked_off_by_the_worker_and_seen_by_all(start):
    worker = start()
    for client in (1, 2):
        worker.join(client)
    worker.say(SequenceMessage("s1", PAIR))
    accepted = worker.text("accepted")
    assert (accepted["command_id"], accepted["index"]) == ("s1", 1)
    assert worker.text("sequence_state", 2) == {
        "type": "sequence_state", "total": 2, "left": 1, "text": None,
    }  # fmt: skip
    worker.runner.put(Left(1))  # whoever asked for it need not stay
    assert worker.text("sequence_state", 2)["left"] == 0
    assert worker.entries(2) + worker.entries(2) == [1, 2]
    assert [entry["idle"] for entry in worker.export()["log"]] == [True, True]


def test_a_second_sequence_is_refused_to_its_sender_in_a_sentence(start):
    worker = start(rates=PAUSED)
    for client in (1, 2):
        worker.join(client)
    worker.say(SequenceMessage("s1", PAIR))
    worker.say(SequenceMessage("s2", PAIR), client=2)
    refused = worker.text("error", 2)
    assert refused["command_id"] == "s2"
    assert refused["text"] == "a sequence is under way, 1 of its commands are still to come"


def test_a_sequence_waits_while_paused_and_without_a_viewer_and_goes_on_then(start):
    worker = start(rates=PAUSED)
    worker.join()
    worker.say(SequenceMessage("s1", PAIR))
    worker.text("accepted")
    assert worker.export()["tick"] == 0
    worker.runner.put(Left(1))
    worker.say(Pace(1000))
    assert [len(worker.export()["log"]) for _ in range(20)] == [1] * 20
    assert worker.join(2)["sequence"] == {"total": 2, "left": 1, "text": None}
    assert worker.entries(2) == [1]
    assert worker.entries(2) == [2]


def test_a_reset_ends_a_sequence(start):
    worker = start(rates=PAUSED)
    worker.join()
    worker.say(SequenceMessage("s1", PAIR))
    worker.say(Reset("r1", SMALL))
    assert parse_object(worker.next(Renewed).welcome, "it")["sequence"] is None
    worker.say(Pace(1000))
    worker.say(SequenceMessage("s2", PAIR))
    while worker.text("sequence_state")["left"]:
        pass
    assert [entry["index"] for entry in worker.export()["log"]] == [1, 2]


def test_a_session_driven_at_any_pace_is_played_again_byte_for_byte(start, make_session):
    """Exported live, with commands wherever they fell, and replayed: equal digests."""
    worker = start(rates=Rates(300, 60))
    worker.join()
    for i, command in enumerate((BalloonInflate(4096), SetWorkload(True, 50, 40), *PAIR)):
        worker.say(CommandMessage(f"c{i}", command))
        worker.say(Pace((1000, 37.5, 700, 1000)[i]))
        worker.picture()
        worker.picture()
    worker.say(Pace(0))
    worker.say(Step(3))
    worker.picture()
    kept, digests = worker.ask(
        lambda s: (s.transcript(), [s.world.digest(i) for i in range(len(s.world.keys))])
    )
    again = make_session()
    again.replay(kept.log, kept.tick, lambda: None)
    assert [again.world.digest(i) for i in range(len(again.world.keys))] == digests
