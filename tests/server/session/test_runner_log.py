"""What the worker tells of the log, sequences, and whether a log is played to the same bytes."""

from engine.commands import BalloonInflate, CompactMemory, SetWorkload
from server.jsontext import parse_object
from server.session.mailbox import (
    Joined,
    Left,
    Renewed,
    Text,
)
from server.session.making import Rates
from server.session.told import CHUNK
from server.wire.messages import CommandMessage, Pace, Reset, SequenceMessage, Step
from tests.server.conftest import SMALL
from tests.server.session.worker import PAUSED

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
