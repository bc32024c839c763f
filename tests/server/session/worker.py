"""A worker of a session with the test in the place of the event loop."""

import queue
from concurrent.futures import Future

from server.jsontext import parse_object
from server.session.hub import Want
from server.session.mailbox import (
    Ask,
    FromClient,
    Joined,
    Round,
    Stop,
    Text,
    Wants,
)
from server.session.making import Rates
from server.session.publisher import Delivery
from server.session.runner import Runner
from server.session.session import Session
from server.wire import frames
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
        self.through = 0
        self.runner = Runner("s1", SMALL, build, self.posted.put, rates)
        self.runner.start()

    def next(self, kind, condition=lambda item: True):
        """The next posted item of a kind; others are kept for later."""
        while True:
            for i, item in enumerate(self.kept):
                if isinstance(item, kind) and condition(item):
                    return self.kept.pop(i)
            self.kept += self.posted.get(timeout=WAIT_S)

    def arrived(self):
        """What has been posted so far and was not asked for."""
        while not self.posted.empty():
            self.kept += self.posted.get()
        return self.kept

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

    def drain_now(self, kind):
        """Everything of a kind that was posted so far, in order."""
        while not self.posted.empty():
            self.kept += self.posted.get()
        found = [item for item in self.kept if isinstance(item, kind)]
        self.kept = [item for item in self.kept if not isinstance(item, kind)]
        return found

    def drain(self):
        """Everything posted until the worker is gone, in order."""
        assert self.runner.join(WAIT_S)
        found, self.kept = self.kept, []
        while not self.posted.empty():
            found += self.posted.get()
        return found

    def say(self, message, client=1):
        self.runner.put(FromClient(client, message))

    def want(self, client=1, base=None):
        """Be ready for a frame; whatever was posted has been written."""
        self.through = max([self.through, *(item.nr for item in self.drain_now(Round))])
        self.runner.put(Wants((Want(client, base),), self.through))

    def picture(self, client=1):
        """Want a frame, get it, know it from now on."""
        base = self.pictures.get(client)
        self.want(client, base.seq if base else None)
        delivery = self.next(Delivery, lambda item: client in item.clients)
        self.through = max(self.through, self.next(Round).nr)
        self.runner.put(Wants((), self.through))  # as the event loop does
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


def stat(picture, name, design=0):
    return int(picture.panels[design].stats[frames.STAT_FIELDS.index(name)])
