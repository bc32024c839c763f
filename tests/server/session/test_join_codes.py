"""Codes for a room: the same each time, typed carelessly, guessed in vain."""

import pytest

from engine.errors import RefusedError
from server.errors import LimitReachedError, NotFoundError
from server.session import join_codes
from server.session.join_codes import MAX_WRONG, WINDOW_S, Joinable, JoinCodes, code_of


def test_a_code_stands_for_its_session_however_it_is_typed():
    codes = JoinCodes()
    code = codes.code("s1", "token")
    assert codes.code("s1", "token") == code == JoinCodes().code("s1", "token")
    for typed in (code, code.lower(), f" {code[:3]} {code[3:]} ", f"{code[:3]}-{code[3:]}"):
        assert codes.find(typed, 0.0) == Joinable("s1", "token")
    assert not set(code) & set("ILOU0123456789")


def test_two_sessions_never_have_one_code(monkeypatch):
    monkeypatch.setattr(join_codes, "LETTERS", "AB")
    monkeypatch.setattr(join_codes, "LENGTH", 3)
    codes = JoinCodes()
    made = {codes.code(f"s{n}", f"token {n}") for n in range(8)}
    assert len(made) == 8
    assert {codes.find(code, 0.0).session for code in made} == {f"s{n}" for n in range(8)}


def test_guessing_is_stopped_for_everybody_and_for_a_minute():
    codes = JoinCodes()
    code = codes.code("s1", "token")
    for n in range(MAX_WRONG):
        with pytest.raises(NotFoundError, match=r"no class has the code [A-Z]{6}"):
            codes.find(code_of(f"guess {n}"), float(n))
    with pytest.raises(LimitReachedError, match="30 wrong codes were tried within a minute"):
        codes.find(code, float(MAX_WRONG))
    assert codes.find(code, WINDOW_S).session == "s1"
    with pytest.raises(NotFoundError):
        codes.find(code_of("guess"), WINDOW_S)
    with pytest.raises(LimitReachedError):
        codes.find(code, WINDOW_S)


@pytest.mark.parametrize("typed", ["", "ABCDE", "ABCDEFG", "ABCDE1", "ABCDEI", "ÄBCDEF", "x" * 60])
def test_what_is_no_code_is_not_looked_up(typed):
    codes = JoinCodes()
    for _ in range(MAX_WRONG + 1):
        with pytest.raises(RefusedError, match="six letters are needed"):
            codes.find(typed, 0.0)


def test_codes_of_sessions_that_are_gone_and_the_oldest_of_too_many_are_forgotten(monkeypatch):
    monkeypatch.setattr(join_codes, "MAX_CODES", 3)
    codes = JoinCodes()
    first, *_, last = [codes.code(f"s{n}", f"token {n}") for n in range(4)]
    codes.forget("s3")
    for code in (first, last):
        with pytest.raises(NotFoundError):
            codes.find(code, 0.0)
