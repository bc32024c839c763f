"""Bodies: of requests, read within bounds; of answers, encoded away from the event loop."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from server.errors import LimitReachedError

MAX_BODY_BYTES = 64 * 1024  # of everything but an upload
READ_S = 10.0  # without a single byte
LEAST_RATE = 512 * 1024  # bytes a second, over the whole of a large body
FRAME_TYPE = "application/octet-stream"
MANY = 1000  # entries of a list that are encoded in one go, so that the loop gets its turn


class Refusal(Exception):
    """An answer other than success: status and one sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def error_response(status: int, text: str) -> JSONResponse:
    """The form of every error."""
    return JSONResponse({"error": text}, status)


def _size(limit: int) -> str:
    return f"{limit >> 20} MiB" if limit >> 20 else f"{limit} B"


async def read_body(request: Request, limit: int) -> bytes:
    """The body, given up as soon as it is too large or too slow.

    Args:
        request: whose.
        limit: bytes.

    Raises:
        Refusal: 413 over ``limit``; 408 when nothing comes for READ_S, or when the whole takes
            READ_S and more than LEAST_RATE would need for ``limit``.
    """
    too_large = Refusal(413, f"the body is over {_size(limit)}")
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 15 or int(declared) > limit):
        raise too_large
    whole_s = READ_S + limit / LEAST_RATE
    body = bytearray()
    chunks = aiter(request.stream())
    try:
        async with asyncio.timeout(whole_s):
            while True:
                async with asyncio.timeout(READ_S):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    whole = bytes(body)
                    request.state.body = whole  # for whoever hands the request on
                    return whole
                body += chunk
                if len(body) > limit:
                    raise too_large
    except TimeoutError:
        raise Refusal(
            408,
            f"the body came too slowly: {len(body)} B so far;"
            f" {READ_S:g} s without a byte, or {whole_s:.0f} s in all, are the limit",
        ) from None


class LargeBodies:
    """Large bodies under way: each is held in memory, so there are at most so many at a time."""

    def __init__(self, most: int, words: str) -> None:
        """None yet.

        Args:
            most: at a time.
            words: what is said of them, as in "uploads are under way".
        """
        self._most, self._words = most, words
        self._nr = 0

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """One more, until the block ends.

        Raises:
            LimitReachedError: there are too many.
        """
        if self._nr >= self._most:
            raise LimitReachedError(f"{self._most} {self._words}: try again in a moment")
        self._nr += 1
        try:
            yield
        finally:
            self._nr -= 1


def printable(name: str, most: int, otherwise: str) -> str:
    """A stranger's name for a file, as it may be shown; ``otherwise`` if nothing is left of it."""
    return "".join(c for c in name if c.isprintable())[:most] or otherwise


def dump_pieces(data: Mapping[str, Any]) -> bytes:
    """JSON of an answer that may be long; for a thread.

    The encoder holds the interpreter until it is done, and with it the event loop: lists are
    encoded MANY entries at a time.

    Args:
        data: the answer; only lists in its fields may be long.
    """
    parts = []
    for name, value in data.items():
        if isinstance(value, Sequence) and not isinstance(value, str) and len(value) > MANY:
            slices = (value[at : at + MANY] for at in range(0, len(value), MANY))
            text = f"[{','.join(_dump(piece)[1:-1] for piece in slices)}]"
        else:
            text = _dump(value)
        parts.append(f"{_dump(name)}:{text}")
    return f"{{{','.join(parts)}}}".encode()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


async def json_answer(make: Callable[[], bytes]) -> Response:
    """An answer whose JSON is made in a thread."""
    return Response(await asyncio.to_thread(make), media_type="application/json")
