"""Workers that a test starts."""

import pytest

from tests.server.session.worker import FAST, Worker


@pytest.fixture
def start(make_session):
    workers = []

    def begin(build=None, rates=FAST):
        workers.append(Worker(build or (lambda config, progress: make_session(config)), rates))
        return workers[-1]

    yield begin
    for worker in workers:
        worker.end()
