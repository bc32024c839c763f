"""A small guest, sessions over it, and a real server on a free port."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2 as httpx
import pytest

from engine.guest import Guest
from engine.presets import make_synthetic
from engine.workload import WorkloadParams
from engine.world import World, WorldConfig
from server.api.serve import bind, make_server
from server.guests.library import guest_facts
from server.session.session import Session
from server.settings import Settings
from server.wire.config import SessionConfig, SyntheticSource
from tests.server.client import WAIT_S

SMALL = SessionConfig(SyntheticSource("tight", 256, 1), ("pinned", "dedicated_block"), 1)


@pytest.fixture(scope="session")
def base() -> Guest:
    """A guest of 256 MiB; read-only."""
    return make_synthetic("tight", 256, 1)


@pytest.fixture(scope="session")
def make_session(base: Guest) -> Callable[..., Session]:
    """Makes a session over ``base``."""

    def make(config: SessionConfig = SMALL) -> Session:
        world = World(
            base, WorldConfig(config.designs, config.seed, "test", WorkloadParams(), config.profile)
        )
        return Session(config, world, guest_facts(base, "small", {"note": "test"}))

    return make


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """A server in a thread; its address without a slash at the end."""
    listener = bind(settings.host, settings.port)
    port = listener.getsockname()[1]
    server = make_server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        # One after the other: making an application's routes is not for two threads at once.
        httpx.get(f"http://127.0.0.1:{port}/livez", timeout=WAIT_S)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(120)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """One server for all tests that change none of its settings."""
    with running(Settings(port=0, max_sessions=100)) as address:
        yield address
