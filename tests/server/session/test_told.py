"""The log as texts for clients: nothing twice, nothing missing, in order."""

import pytest

from engine.commands import CompactMemory
from engine.log import Entry
from server.jsontext import parse_object
from server.session import told as told_module
from server.session.told import CHUNK, LogTold


def log_of(length):
    return [Entry(i + 1, 10 * i, CompactMemory(), True) for i in range(length)]


def indices(texts):
    """Index of each entry in the texts, message by message."""
    return [[e["index"] for e in parse_object(text, "it")["entries"]] for text in texts]


def test_every_entry_is_news_once():
    told, log = LogTold(), log_of(5)
    assert told.news([]) == []
    assert indices(told.news(log[:2])) == [[1, 2]]
    assert told.news(log[:2]) == []
    assert indices(told.news(log)) == [[3, 4, 5]]


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_who_comes_later_gets_all_of_it_in_chunks(length):
    told, log = LogTold(), log_of(length)
    told.news(log)
    found = indices(told.catch_up(log))
    assert [index for chunk in found for index in chunk] == list(range(1, length + 1))
    assert all(0 < len(chunk) <= CHUNK for chunk in found)


def test_what_is_not_news_yet_is_not_in_a_catch_up():
    """It comes to the newcomer with everybody else's news; twice would be once too often."""
    told, log = LogTold(), log_of(3)
    told.news(log[:2])
    assert indices(told.catch_up(log)) == [[1, 2]]


def test_a_full_chunk_is_encoded_once_however_many_clients_come(monkeypatch):
    told, log = LogTold(), log_of(2 * CHUNK + 1)
    for end in range(0, len(log) + 1, 100):
        told.news(log[:end])
    told.news(log)
    sizes = []
    encode = told_module.messages.entries
    monkeypatch.setattr(
        told_module.messages, "entries", lambda part: sizes.append(len(part)) or encode(part)
    )
    for _ in range(100):
        told.catch_up(log)
    assert sizes == [1] * 100
