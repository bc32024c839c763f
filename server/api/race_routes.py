"""REST of the race explorer: what breaks under a setting, and free play step by step."""

import asyncio
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request, Response

from engine.errors import RefusedError
from engine.race.era import DEFECTS, ERAS, PROPERTIES, Protocol, protocol_from
from engine.race.explorer import free_play, race
from server.api.body import json_answer
from server.jsontext import digits_of, dump

# Three take seconds of a core that others play on; the command line has them.
MAX_SERVED_COMPACTORS = 2
MAX_STEPS = 200  # of a play; none has half as many
KEPT = 128  # answers; there are fewer settings than that with one defect or none
_FIELDS = {
    "compactors": "2", "page_lock": "on", "refcount_test": "on", "era": "v4",
    "known_defects": "off",
}  # fmt: skip


@lru_cache(KEPT)
def _race(protocol: Protocol) -> bytes:
    """The answer of GET /api/race."""
    return dump(race(protocol)).encode()


def setting_from(request: Request, *more: str) -> Protocol:
    """The setting that a query asks for; absent fields have the defaults.

    Raises:
        RefusedError: one sentence.
    """
    query = request.query_params
    for name in query:
        if name not in _FIELDS and name not in more:
            raise RefusedError(f"{name[:40]!r} is no field: {', '.join([*_FIELDS, *more])}")
    protocol = protocol_from(**{name: query.get(name, usual) for name, usual in _FIELDS.items()})
    if protocol.compactors > MAX_SERVED_COMPACTORS:
        raise RefusedError(
            f"compactors is {protocol.compactors}: 1 or {MAX_SERVED_COMPACTORS} here;"
            f" three are for the command line (fragscope race)"
        )
    return protocol


def path_from(text: str) -> list[int]:
    """The choices of a play, by commas.

    Raises:
        RefusedError: one sentence.
    """
    choices = text.split(",") if text else []
    if len(choices) > MAX_STEPS:
        raise RefusedError(f"path has {len(choices)} choices: at most {MAX_STEPS}")
    path = []
    for choice in choices:
        number = digits_of(choice)
        if number is None:
            raise RefusedError(f"path has the choice {choice[:40]!r}: whole numbers by commas")
        path.append(number)
    return path


def describe_race() -> dict[str, Any]:
    """What can be set, and what the names mean."""
    return {
        "eras": {
            era: [
                {"name": defect.name, "text": defect.text, "mended": defect.mended}
                for defect in DEFECTS[era]
            ]
            for era in ERAS
        },
        "properties": PROPERTIES,
        "max_compactors": MAX_SERVED_COMPACTORS,
    }


def make_race_router() -> APIRouter:
    """The routes; one exploration at a time, whoever asks."""
    router = APIRouter()
    turn = asyncio.Semaphore(1)

    @router.get("/api/race")
    async def explore(request: Request) -> Response:
        protocol = setting_from(request)
        async with turn:
            return await json_answer(lambda: _race(protocol))

    @router.get("/api/race/settings")
    async def settings() -> dict[str, Any]:
        return describe_race()

    @router.get("/api/race/play")
    async def choose(request: Request) -> Response:
        protocol = setting_from(request, "path")
        path = path_from(request.query_params.get("path", ""))
        return await json_answer(lambda: dump(free_play(protocol, path)).encode())

    return router
