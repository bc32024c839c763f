"""A program that drives a session by REST."""

from contextlib import contextmanager

import httpx2 as httpx

from tests.server.client import post_session

INFLATE = {"type": "balloon_inflate", "nr_pages": 4096}


class Program:
    """A script's view of one session."""

    def __init__(self, address, session):
        self.url = f"{address}/api/sessions/{session}"
        self.client = httpx.Client(headers=session.headers, timeout=60)

    def command(self, command, query=""):
        return self.client.post(f"{self.url}/commands{query}", json={"command": command})

    def get(self, path=""):
        return self.client.get(f"{self.url}{path}")

    def state(self, tick=None):
        return self.get("/state" if tick is None else f"/state?tick={tick}").json()


@contextmanager
def program(address, session=None):
    one = Program(address, session or post_session(address))
    with one.client:
        yield one
