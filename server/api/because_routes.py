"""REST of "because": why a pageblock is not free, the next obstacle, the blocks of a free list."""

import time
from typing import Any

from fastapi import APIRouter, Request

from engine.because.moment import because_at, free_list_at, obstacles_at
from engine.errors import RefusedError
from engine.units import Migratetype
from server.api.access import opened
from server.jsontext import shown, whole_of
from server.manager import Manager

BACK_S = 5.0  # of looking back at what brought a pageblock's pages; what lies before is unknown
ALL_TYPES = "all"


def type_number(text: str) -> int:
    """The migratetype that an address names, -1 for all of them.

    Raises:
        RefusedError: there is no such type.
    """
    if text == ALL_TYPES:
        return -1
    names = [mt.name.lower() for mt in Migratetype]
    if text not in names:
        raise RefusedError(f"type is {shown(text)}: known are {ALL_TYPES}, {', '.join(names)}")
    return int(Migratetype[text.upper()])


def _when(tick: str | None) -> int | None:
    return None if tick is None else whole_of(tick, "tick", "ticks")


def make_because_router(manager: Manager) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.get("/api/sessions/{session_id}/because")
    async def because(
        request: Request,
        session_id: str,
        design: str = "",
        pageblock: str = "",
        tick: str | None = None,
    ) -> dict[str, Any]:
        block, when = whole_of(pageblock, "pageblock", "pageblocks"), _when(tick)
        end = time.monotonic() + BACK_S
        return await (await opened(request, manager, session_id)).remembered(
            lambda history, line: because_at(
                history, line, design, block, when, lambda: time.monotonic() < end
            )
        )

    @router.get("/api/sessions/{session_id}/obstacles")
    async def nearest(
        request: Request, session_id: str, design: str = "", tick: str | None = None
    ) -> dict[str, Any]:
        when = _when(tick)
        return await (await opened(request, manager, session_id)).remembered(
            lambda history, line: obstacles_at(history, line, design, when)
        )

    @router.get("/api/sessions/{session_id}/freelist")
    async def freelist(
        request: Request,
        session_id: str,
        order: str = "",
        type: str = ALL_TYPES,  # noqa: A002 as in the address
        tick: str | None = None,
    ) -> dict[str, Any]:
        wanted, mt, when = whole_of(order, "order", "(order)"), type_number(type), _when(tick)
        return await (await opened(request, manager, session_id)).remembered(
            lambda history, line: free_list_at(history, line, wanted, mt, when)
        )

    return router
