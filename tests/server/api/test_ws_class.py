"""A class over real sockets: a presenter, two viewers, one wheel."""

import httpx2 as httpx

from tests.server.client import joined, post_session


async def told(client, **wanted):
    """The first state of the class that is as wanted."""
    while True:
        state = await client.text("class")
        people = state.get("people") or {}
        if all({**state, **people}[name] == value for name, value in wanted.items()):
            return state


async def refused(client, command_id):
    answer = await client.command(command_id, type="compact")
    assert answer["type"] == "error"
    return answer["text"]


async def test_a_viewer_is_handed_the_wheel_and_the_presenter_takes_it_back(server):
    session = post_session(server)
    async with (
        joined(server, session) as presenter,
        joined(server, session, session.viewer) as ann,
        joined(server, session, session.viewer) as bob,
    ):
        name = (await told(ann))["you"]
        await ann.send("follow", on=True)
        await bob.send("follow", on=True)
        await told(presenter, following=2, driving=True)
        assert "the presenter drives" in await refused(ann, "a1")
        await ann.send("drive", act="ask")
        await told(presenter, asking=[name])
        await presenter.send("drive", act="hand_over", to=name)
        await told(ann, driving=True)
        assert (await ann.command("a2", type="compact"))["type"] == "accepted"
        assert await refused(presenter, "p1") == f"{name} drives: take over first"
        assert f"{name} drives" in await refused(bob, "b1")
        rest = httpx.post(
            f"{server}/api/sessions/{session}/commands",
            json={"command": {"type": "compact"}},
            headers=session.headers,
        )
        assert (rest.status_code, rest.json()["error"]) == (409, f"{name} drives: take over first")
        await ann.send("show", view={"v": 1, "mode": "free"})
        assert (await bob.text("shown"))["view"]["mode"] == "free"
        assert (await presenter.text("shown"))["view"]["mode"] == "free"
        await presenter.send("drive", act="take_over")
        await told(ann, driving=False, following=True)
        assert "the presenter drives" in await refused(ann, "a3")
        assert (await presenter.command("p2", type="compact"))["type"] == "accepted"


async def test_the_class_is_called_together_and_ended(server):
    session = post_session(server)
    async with joined(server, session) as presenter:
        async with joined(server, session, session.viewer) as ann:
            await presenter.send("drive", act="everyone")
            await told(ann, following=True)
            await presenter.send("point", pageblock=3, panel=1)
            assert (await ann.text("pointed"))["pageblock"] == 3
            await ann.send("follow", on=False)
            await presenter.send("show", view={"v": 1, "tick": 0})
            await told(presenter, following=0, detached=1)
            await ann.send("look", tick=None)
            assert "the present is ahead of the class" in (await ann.text("error"))["text"]
            await presenter.send("drive", act="end")
            await told(ann, over=True)
            await ann.send("look", tick=0)
            await ann.until(lambda p: ann.frame_types[-1] == 5)
        await told(presenter, detached=0)
