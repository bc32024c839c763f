"""Two tokens a session: who has the presenter's may command, who has the viewer's may look; pure.

The server keeps hashes only. Tokens are random, so one round of SHA-256 is enough.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import get_args

from server.wire.messages import Role

ROLES: tuple[Role, ...] = get_args(Role)
TOKEN_BYTES = 18


def new_tokens() -> dict[Role, str]:
    """A token for each role."""
    return {role: secrets.token_urlsafe(TOKEN_BYTES) for role in ROLES}


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def hashes_of(tokens: Mapping[Role, str]) -> dict[str, bytes]:
    """What is kept of a session's tokens, by role."""
    return {role: hash_of(token) for role, token in tokens.items()}


def role_of(token: str, hashes: Mapping[str, bytes]) -> Role | None:
    """Whose token it is; None: nobody's."""
    mine = hash_of(token)
    found: Role | None = None
    for role in ROLES:  # always all, so that time tells nothing
        if hmac.compare_digest(mine, hashes.get(role, b"")):
            found = role
    return found
