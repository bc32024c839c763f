"""The class as a state machine: whatever people do, one drives, and everybody knows how it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import RefusedError
from server.session.classroom import MAX_ASKING_SHOWN, Classroom
from server.wire.classroom import ACTS, DriveAct

PRESENTER, SECOND = 1, 2
ANN, BOB, CLEO = 11, 12, 13  # viewer 1, 2, 3
VIEW = {"v": 1, "mode": "free"}


def classroom(*viewers, follow=True):
    room = Classroom()
    room.enter(PRESENTER, "presenter")
    for client in viewers:
        room.enter(client, "viewer")
        room.follow(client, follow)
    return room


def people(room):
    return room.state(PRESENTER).people


def refused(act, *arguments):
    with pytest.raises(RefusedError) as caught:
        act(*arguments)
    return str(caught.value)


def test_the_presenter_drives_and_viewers_have_names_of_the_server():
    room = classroom(ANN, BOB)
    assert [room.state(c).you for c in (PRESENTER, ANN, BOB)] == [
        "presenter",
        "viewer 1",
        "viewer 2",
    ]
    assert room.state(ANN).driver == "presenter"
    assert (people(room).following, people(room).detached) == (2, 0)
    assert room.state(ANN).people is None, "how the others are is not a viewer's business"
    room.command(PRESENTER)
    assert "the presenter drives" in refused(room.command, ANN)


def test_one_who_was_handed_the_wheel_commands_and_the_presenter_follows_it():
    room = classroom(ANN, BOB)
    room.act(BOB, DriveAct("ask"))
    assert people(room).asking == ("viewer 2",)
    assert "you do not drive" in refused(room.act, ANN, DriveAct("hand_over", "viewer 1"))
    room.act(PRESENTER, DriveAct("hand_over", "viewer 2"))
    assert room.driver == BOB
    assert room.state(PRESENTER).following
    assert not room.state(BOB).following
    assert people(room).asking == ()
    room.command(BOB)
    assert refused(room.command, PRESENTER) == "viewer 2 drives: take over first"
    assert "viewer 2 drives" in refused(room.command, ANN)
    assert "only the presenter starts over" in refused(room.start_over, BOB)
    room.act(BOB, DriveAct("hand_over", "viewer 1"))
    assert (room.driver, room.state(BOB).following) == (ANN, True)
    room.act(ANN, DriveAct("hand_over"))
    assert (room.driver, room.state(ANN).following) == (PRESENTER, True)
    assert not room.state(PRESENTER).following


@pytest.mark.parametrize("way", ["take over", "leave"])
def test_the_wheel_comes_back_to_the_presenter(way):
    room = classroom(ANN)
    room.act(PRESENTER, DriveAct("hand_over", "viewer 1"))
    if way == "leave":
        room.leave(ANN)
    else:
        room.act(PRESENTER, DriveAct("take_over"))
        assert room.state(ANN).following
    assert room.driver == PRESENTER
    assert not room.state(PRESENTER).following
    room.command(PRESENTER)


def test_of_two_presenter_pages_the_one_that_acted_last_drives():
    room = classroom(ANN)
    room.enter(SECOND, "presenter")
    assert room.driver == PRESENTER
    room.command(SECOND)
    assert room.driver == SECOND
    assert not room.state(PRESENTER).following, "it goes on showing what it showed"
    room.show(PRESENTER, VIEW)
    assert (room.driver, room.view) == (PRESENTER, VIEW)
    room.leave(PRESENTER)
    assert room.driver == SECOND
    room.leave(SECOND)
    assert room.driver is None
    assert "nobody drives" in refused(room.command, ANN)


def test_what_the_driver_shows_goes_to_those_who_follow_and_only_once():
    room = classroom(ANN, BOB)
    room.follow(BOB, False)
    room.show(PRESENTER, VIEW)
    assert room.take_due() == [ANN]
    assert room.take_due() == []
    room.show(PRESENTER, VIEW)
    assert room.take_due() == [], "nothing has changed"
    room.show(ANN, {"v": 1})
    assert room.view == VIEW, "a viewer that does not drive shows nobody anything"
    room.follow(BOB, True)
    assert room.take_due() == [BOB]


def test_one_who_looks_by_itself_goes_back_but_not_ahead():
    room = classroom(ANN)
    room.look(ANN, 500)
    room.show(PRESENTER, {"v": 1, "tick": 50})
    room.look(ANN, 500)  # it follows: its look may be on its way
    room.follow(ANN, False)
    assert room.state(ANN).moment == 50
    room.look(ANN, 50)
    assert refused(room.look, ANN, 51) == "tick 51 is ahead of the class, which looks at tick 50"
    assert "the present is ahead" in refused(room.look, ANN, None)
    room.look(PRESENTER, None)
    room.show(PRESENTER, {"v": 1})
    room.look(ANN, None)
    room.show(PRESENTER, {"v": 1, "tick": 50})
    room.act(PRESENTER, DriveAct("end"))
    room.look(ANN, None)


def test_everybody_is_called_and_in_the_end_everybody_is_free():
    room = classroom(ANN, BOB, follow=False)
    room.act(ANN, DriveAct("ask"))
    assert "for the presenter" in refused(room.act, ANN, DriveAct("everyone"))
    assert "for the presenter" in refused(room.act, ANN, DriveAct("end"))
    assert "for the presenter" in refused(room.act, ANN, DriveAct("take_over"))
    room.act(PRESENTER, DriveAct("everyone"))
    assert room.followers == [ANN, BOB]
    room.act(PRESENTER, DriveAct("hand_over", "viewer 1"))
    room.act(PRESENTER, DriveAct("end"))
    assert (room.followers, room.driver, room.over) == ([], PRESENTER, True)
    assert "class has ended" in refused(room.follow, BOB, True)
    assert "class has ended" in refused(room.act, BOB, DriveAct("ask"))
    assert "class has ended" in refused(room.act, PRESENTER, DriveAct("hand_over", "viewer 2"))
    room.act(PRESENTER, DriveAct("everyone"))
    assert (room.followers, room.over) == ([ANN, BOB], False)


def test_a_wheel_cannot_be_handed_to_somebody_who_is_not_there():
    room = classroom(ANN)
    assert "'viewer 7' is not there" in refused(
        room.act, PRESENTER, DriveAct("hand_over", "viewer 7")
    )
    assert "drive already" in refused(room.act, PRESENTER, DriveAct("ask"))
    assert room.driver == PRESENTER
    room.act(PRESENTER, DriveAct("hand_over", "viewer 1"))
    assert "take over" in refused(room.act, PRESENTER, DriveAct("ask"))
    room.leave(PRESENTER)
    assert "presenter is not there" in refused(room.act, ANN, DriveAct("hand_over"))


def test_a_crowd_of_hands_is_counted_and_not_listed():
    room = classroom(*range(20, 40))
    for client in range(20, 40):
        room.act(client, DriveAct("ask"))
    room.act(20, DriveAct("withdraw"))
    assert people(room).nr_asking == 19
    assert people(room).asking == tuple(f"viewer {n}" for n in range(2, 2 + MAX_ASKING_SHOWN))


CLIENTS = (PRESENTER, SECOND, ANN, BOB, CLEO)
STEP = st.tuples(
    st.sampled_from(["enter", "leave", "follow", "detach", "show", "command", "lag", *ACTS]),
    st.sampled_from(CLIENTS),
    st.sampled_from([None, "presenter", "viewer 1", "viewer 2", "viewer 3"]),
)


def do(room, here, step):
    what, client, to = step
    if what == "enter":
        if client not in here:
            room.enter(client, "presenter" if client < ANN else "viewer")
            here.add(client)
    elif client in here:
        if what == "leave":
            room.leave(client)
            here.remove(client)
        elif what in ("follow", "detach"):
            room.follow(client, what == "follow")
        elif what == "show":
            room.show(client, {"v": 1, "tick": len(here)})
        elif what == "command":
            room.command(client)
        elif what == "lag":
            room.lag(client % 3)
        else:
            room.act(client, DriveAct(what, to))


@given(st.lists(STEP, max_size=40))
@settings(max_examples=300, deadline=None)
def test_whatever_people_do_one_drives_and_everybody_knows_how_it_is(steps):
    room, here = Classroom(), set()
    told, seen = {}, {}
    for step in steps:
        driver = room.driver
        try:
            do(room, here, step)
        except RefusedError as error:
            assert room.driver == driver, "what was refused was done all the same"
            assert len(str(error)) < 120
        for client in room.take_changed():
            told[client] = room.state(client)
        for client in room.take_due():
            seen[client] = room.view
        driver = room.driver
        presenters = [c for c in here if c < ANN]
        assert driver in here or (driver is None and not presenters)
        assert driver not in room.followers
        assert not (room.over and room.followers)
        for client in here:
            state = room.state(client)
            assert told[client] == state, f"{client} was not told of {step}"
            assert state.driving == (client == driver)
            assert (state.people is not None) == (client in room.leaders)
            if state.following and room.view is not None:
                assert seen[client] == room.view
            if state.people:
                by_themselves = [
                    c for c in here if c >= ANN and c != driver and not room.state(c).following
                ]
                assert state.people.following == len(set(room.followers) - {client})
                assert state.people.detached == len(by_themselves)
        for client in set(told) - here:
            del told[client]
            seen.pop(client, None)
