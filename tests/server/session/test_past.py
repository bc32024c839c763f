"""The past of a session: looks are answered from a world of its own, and only the newest counts."""

import queue
import threading

import pytest

from engine.commands import BalloonInflate, CompactMemory
from engine.errors import RefusedError
from engine.history.chronicle import Predicate
from engine.log import Entry
from engine.pages import pages_of
from server.errors import NotFoundError
from server.jsontext import parse_object
from server.session.mailbox import Now
from server.session.past import Past
from server.session.past_items import Looked, Resumed, Said
from server.wire.detail import Detail, decode_detail
from server.wire.frames import FRAME_PAST, decode_frame
from server.wire.moments import Beside, Fork, Switch
from tests.server.conftest import SMALL
from tests.server.session.past_room import PastRoom

WAIT_S = 60
LOG = (Entry(1, 0, BalloonInflate(20_000), True), Entry(2, 90, CompactMemory(), True))
END = 200


def answer(answers):
    """What is answered, not how far it is."""
    while True:
        one = answers.get(timeout=WAIT_S)
        if not isinstance(one, Said) or '"type":"looking"' not in one.text:
            return one


@pytest.fixture
def begin(make_session):
    made = []

    def start(room=None):
        answers = queue.SimpleQueue()
        past = Past("t", SMALL, room or PastRoom(make_session), answers.put)
        made.append(past)
        return past, answers

    yield start
    for past in made:
        past.stop()
        assert past.join(WAIT_S)


def test_a_look_shows_what_a_session_showed_at_that_tick(begin, make_session):
    past, answers = begin()
    past.learn(Now(1, END, LOG))
    session = make_session()
    session.accept(LOG[0].command)
    for _ in range(37):
        session.advance()
    past.look(5, 37)
    looked = answer(answers)
    assert isinstance(looked, Looked)
    assert looked.client == 5
    assert looked.data[5] == FRAME_PAST
    picture = decode_frame(looked.data)
    assert (picture.epoch, picture.tick, picture.log_index) == (1, 37, 1)
    for panel, view in zip(picture.panels, session.views(), strict=True):
        assert panel.stats.tolist() == view.stats.tolist()
        assert all((panel.planes[name] == view.planes[name]).all() for name in view.planes)


def test_pages_of_an_earlier_tick_are_those_it_had(begin, make_session):
    past, answers = begin()
    past.learn(Now(1, END, LOG))
    past.closer(5, Detail((60,)))
    past.look(5, 37)
    assert isinstance(answer(answers), Looked)
    closely = answer(answers)
    assert closely.clients == (5,)
    session = make_session()
    session.accept(LOG[0].command)
    for _ in range(37):
        session.advance()
    closeup = decode_detail(closely.data)
    assert (closeup.tick, closeup.log_index, closeup.pageblocks) == (37, 1, (60,))
    for design, fields in closeup.designs.items():
        told = pages_of(session.world.guest(design), (60,), tuple(fields))
        assert all((told[name] == fields[name]).all() for name in fields)
    past.closer(5, Detail((61,)))
    moved = answer(answers)
    assert decode_detail(moved.data).pageblocks == (61,), "no second picture for it"


def test_the_moment_before_a_command_can_be_looked_at(begin):
    past, answers = begin()
    past.learn(Now(1, END, LOG))
    past.look(1, 90, 1)
    past.look(1, 90)
    seen = [decode_frame(answer(answers).data).log_index for _ in range(1)]
    assert seen in ([1], [2])  # the first look counts only if it was begun before the second came
    past.look(1, 0, 0)
    while decode_frame(answer(answers).data).log_index != 0:
        pass


def test_of_many_looks_of_one_client_the_stale_ones_are_dropped(begin):
    past, answers = begin()
    gate = threading.Event()
    blocked = past.ask(lambda *_: gate.wait(WAIT_S))
    past.learn(Now(1, END, LOG))
    for tick in range(100):
        past.look(1, tick)
    past.look(2, 7)
    gate.set()
    assert blocked.result(WAIT_S)
    ticks = [decode_frame(answer(answers).data).tick for _ in range(2)]
    assert sorted(ticks) == [7, 99]
    assert answers.empty()


def test_a_class_that_looks_at_one_moment_costs_one_picture(begin):
    past, answers = begin()
    past.learn(Now(1, END, LOG))
    pictures = []
    for tick in (150, 20, 37):  # the first keeps the thread busy while the others come in
        for client in range(300):
            past.look(client, tick)
    shown = {}
    while len(shown) < 300:
        one = answer(answers)
        if decode_frame(one.data, None).tick == 37:
            shown[one.client] = one.data
            pictures.append(decode_frame(one.data, None).seq)
    assert len(set(pictures)) < 30, "each was encoded for itself"
    assert answers.empty()


def test_what_cannot_be_seen_is_answered_by_a_sentence(begin, make_session):
    past, answers = begin()
    past.learn(Now(1, END, LOG))
    past.look(1, END + 1)
    said = answer(answers)
    assert isinstance(said, Said)
    assert f"tick {END + 1} has not come yet: the session is at {END}" in said.text
    room = PastRoom(make_session)
    room.free = False
    poor, told = begin(room)
    poor.look(1, 0)
    assert "a second copy of the guests" in answer(told).text


def test_another_epoch_is_another_past(begin):
    past, answers = begin()
    past.learn(Now(1, END, LOG))
    past.begin(SMALL)
    past.learn(Now(2, 3, LOG[:1]))
    past.look(1, END)
    assert "the session is at 3" in answer(answers).text
    past.look(1, 2)
    assert decode_frame(answer(answers).data).epoch == 2


def test_a_question_is_answered_when_all_that_is_known_was_followed(begin):
    past, _ = begin()
    past.learn(Now(1, END, LOG))
    found = past.ask(lambda h, _: h.find(Predicate("balloon_pages", 0, 0, 1))).result(WAIT_S)
    assert [found[0].first, found[-1].last] == [1, END]


def test_an_early_moment_costs_the_way_there_and_waits_for_nobody_who_asks_about_the_whole(begin):
    past, answers = begin()
    gate, done = threading.Event(), []

    def tip(history, line):
        done.append(history.timelines[line].tip)

    def early(history, line):
        history.go(12, None, line)
        tip(history, line)

    blocked = past.ask(lambda *_: gate.wait(WAIT_S), whole=False)
    past.learn(Now(1, END, LOG))
    whole = past.ask(tip)
    moment = past.ask(early, whole=False)
    past.look(1, 9)
    gate.set()
    assert blocked.result(WAIT_S)
    assert decode_frame(answer(answers).data).tick == 9
    for one in (moment, whole):
        one.result(WAIT_S)
    assert done == [(12, 1), (END, 2)]


def test_a_long_way_forward_says_how_far_it_is(begin, monkeypatch):
    monkeypatch.setattr("server.session.past.TELL_S", 0.0)
    past, answers = begin()
    gate = threading.Event()
    past.ask(lambda *_: gate.wait(WAIT_S), whole=False)
    past.learn(Now(1, END, LOG))
    past.look(1, 80)
    gate.set()
    shares = []
    while isinstance(one := answers.get(timeout=WAIT_S), Said):
        shares.append(parse_object(one.text, "it")["done"])
    assert isinstance(one, Looked)
    assert shares == sorted(shares)
    assert len(set(shares)) > 10


def test_without_room_a_question_about_the_whole_gets_a_sentence(begin, make_session):
    room = PastRoom(make_session)
    room.free = False
    past, _ = begin(room)
    past.learn(Now(1, END, LOG))
    with pytest.raises(RefusedError, match="a second copy of the guests"):
        past.ask(lambda h, _: h.nbytes).result(WAIT_S)


def test_after_the_end_nobody_is_left_waiting(begin):
    past, _ = begin()
    past.stop()
    assert past.join(WAIT_S)
    with pytest.raises(NotFoundError, match="the session has ended"):
        past.ask(lambda h, _: h.nbytes).result(WAIT_S)


def test_what_was_given_up_is_made_again(begin):
    past, answers = begin()
    past.learn(Now(1, END, LOG))
    past.look(1, 50)
    before = answer(answers).data
    past.drop()
    past.look(1, 50)
    after = answer(answers).data
    assert after[32:] == before[32:]


def test_a_fork_and_the_way_back_to_the_first_ending(begin, make_session):
    past, answers = begin()
    past.learn(Now(1, END, LOG))
    past.go(4, Fork("c1", 90, BalloonInflate(1000), 1))
    found = answer(answers)
    assert isinstance(found, Resumed)
    session = make_session()
    session.accept(LOG[0].command)
    for _ in range(END):
        session.advance()
    assert session.branch(found.branch).index == 2
    assert (session.tick, session.timeline, len(session.log)) == (90, 2, 2)
    for _ in range(30):
        session.advance()
    past.learn(Now(2, 120, tuple(session.log[1:]), 2))
    past.look(1, 120)
    looked = answer(answers)
    for panel, view in zip(decode_frame(looked.data).panels, session.views(), strict=True):
        assert panel.stats.tolist() == view.stats.tolist()
    assert decode_frame(looked.data).epoch == 2

    # Both endings in one picture, tick against tick; the one that was left, to its end at most.
    past.look(1, 120, None, Beside(1, 110))
    both = decode_frame(answer(answers).data)
    assert (both.tick, len(both.panels)) == (120, 4)
    assert both.panels[2].stats.tolist() != both.panels[0].stats.tolist()
    past.look(1, 120, None, Beside(1, 99_999))
    at_end = decode_frame(answer(answers).data)
    past.look(1, 120, None, Beside(3, 110))
    assert "timeline 3: this session has 2" in answer(answers).text

    past.go(4, Switch("c2", 1))
    session.branch(answer(answers).branch)
    assert (session.tick, session.timeline) == (END, 1)
    for panel, view in zip(at_end.panels[2:], session.views(), strict=True):
        assert panel.stats.tolist() == view.stats.tolist()
    assert [entry.command for entry in session.log] == [entry.command for entry in LOG]
    assert [line["parent"] for line in session.describe()["timelines"]] == [None, 1]


def test_a_fork_between_a_reset_and_what_follows_it_is_refused(begin):
    """A history made then would be thrown away with its fork, which the session goes on from."""
    past, answers = begin()
    past.begin(SMALL)
    past.learn(Now(1, END, LOG))
    past.begin(SMALL)
    past.go(4, Fork("c1", 0, CompactMemory()))
    assert "starting over" in answer(answers).text
    past.learn(Now(2, END, LOG))
    past.go(4, Fork("c2", 0, CompactMemory()))
    assert answer(answers).restarts == 1


def test_a_fork_by_a_command_that_does_not_fit_is_no_fork(begin):
    past, answers = begin()
    past.learn(Now(1, END, LOG))
    past.go(4, Fork("c1", 10, BalloonInflate(1 << 27)))
    said = answer(answers)
    assert '"command_id":"c1"' in said.text
    assert "the guest has 256 MiB" in said.text
    past.go(4, Switch("c2", 2))
    assert "timeline 2: this session has 1" in answer(answers).text


def test_a_large_past_is_made_when_somebody_looks_back_and_follows_from_then_on(
    begin, make_session
):
    room = PastRoom(make_session)
    room.ready = False
    made = []
    make = room.make
    room.make = lambda config: made.append(1) or make(config)
    past, answers = begin(room)
    past.learn(Now(1, END, LOG))
    past.look(1, END + 1)  # answered in the same turn of the thread as what came before
    assert isinstance(answer(answers), Said)
    assert made == [1]
    past.look(1, 2)
    assert decode_frame(answer(answers).data).tick == 2
    assert made == [1]


def test_a_large_past_that_nobody_asks_for_is_never_made(begin, make_session):
    room = PastRoom(make_session)
    room.ready = False
    asked = []
    room.claim = lambda: asked.append(1)
    past, _ = begin(room)
    past.learn(Now(1, END, LOG))
    past.learn(Now(1, END + 1, ()))
    past.stop()
    assert past.join(WAIT_S)
    assert not asked
