"""The server's own refusals are no ValueErrors: each has its own status."""

from server.errors import LimitReachedError, NotFoundError


def test_they_are_told_apart():
    assert not issubclass(NotFoundError, ValueError)
    assert not issubclass(LimitReachedError, ValueError)
    assert not issubclass(NotFoundError, LookupError), "a KeyError of ours must not look like one"
