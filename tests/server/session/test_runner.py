"""The worker thread, with a real world and the test in the place of the event loop."""

import threading
from concurrent.futures import Future

from engine import units as u
from engine.commands import BalloonInflate, SetWorkload
from engine.errors import RefusedError
from engine.pages import pages_of
from server.errors import NotFoundError
from server.jsontext import parse_object
from server.session.closer import Closely
from server.session.mailbox import (
    Ask,
    Built,
    Ended,
    Gone,
    Joined,
    Left,
    Progress,
    Renewed,
    Stop,
    Text,
    Wants,
)
from server.session.making import Rates
from server.session.publisher import Delivery
from server.session.session import Session
from server.wire import messages
from server.wire.detail import Detail, decode_detail
from server.wire.messages import CommandMessage, Pace, Reset, Step
from tests.server.conftest import SMALL
from tests.server.session.worker import PAUSED, WAIT_S, Worker, stat


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


def test_no_picture_is_made_before_the_last_one_has_been_written(start):
    """A loop that cannot keep up gets fewer pictures, and everybody the same ones."""
    worker = start()
    worker.join(1)
    worker.join(2)
    worker.say(CommandMessage("c1", SetWorkload(True, 10)))
    first = worker.picture(1)
    worker.through -= 1
    for client in (1, 2):
        worker.want(client, first.seq if client == 1 else None)
    begin = worker.ask(lambda session: session.tick)
    while worker.ask(lambda session: session.tick) < begin + 50:
        pass
    assert not any(isinstance(item, Delivery) for item in worker.arrived())
    worker.through += 1
    worker.runner.put(Wants((), worker.through))
    served = [worker.next(Delivery), worker.next(Delivery)]
    assert {client for item in served for client in item.clients} == {1, 2}
    assert served[0].seq == served[1].seq > first.seq


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


def test_pages_looked_at_stay_current_while_the_guest_works(start):
    worker = start()
    worker.join()
    worker.picture()
    worker.say(Detail((60, 61)))
    first = decode_detail(worker.next(Closely).data)
    assert (first.pageblocks, first.log_index) == ((60, 61), 0)
    worker.say(CommandMessage("c1", BalloonInflate(20_000)))
    last = worker.until(lambda p: p.log_index == 1 and stat(p, "busy") == 0)
    world = worker.ask(lambda session: session.world)
    pages = first
    for item in worker.drain_now(Closely):
        pages = decode_detail(item.data)
    assert 0 < pages.tick <= last.tick
    for design, fields in pages.designs.items():
        told = pages_of(world.guest(design), (60, 61), tuple(fields))
        assert all((told[name] == fields[name]).all() for name in fields)
    assert (pages.designs[0]["state"] == u.STATE_BALLOON).any()


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


def test_a_question_is_answered_though_the_guests_could_not_be_made(start):
    asked = Future()

    def build(config, progress):
        worker.runner.put(Ask(Session.transcript, asked))
        raise RefusedError("the capture is empty")

    building = threading.Event()
    worker = Worker(lambda config, progress: building.wait(WAIT_S) and build(config, progress))
    building.set()
    assert isinstance(asked.exception(WAIT_S), NotFoundError)
    worker.end()


def test_a_worker_that_is_asked_to_end_lets_go_of_guests_half_made(start, make_session):
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
