"""Tokens: unguessable, kept as hashes, told apart."""

from server.journal.tokens import hash_of, hashes_of, new_tokens, role_of


def test_each_token_opens_its_role_and_nothing_else_opens_any():
    tokens, others = new_tokens(), new_tokens()
    hashes = hashes_of(tokens)
    assert [role_of(token, hashes) for token in tokens.values()] == ["presenter", "viewer"]
    for wrong in (*others.values(), "", "x", "\ud800", tokens["viewer"][:-1]):
        assert role_of(wrong, hashes) is None
    assert role_of("", {}) is None


def test_no_two_are_alike_and_none_is_kept():
    seen = {token for _ in range(200) for token in new_tokens().values()}
    assert len(seen) == 400
    assert all(len(token) >= 22 for token in seen)
    token = next(iter(seen))
    assert token.encode() not in hash_of(token)
