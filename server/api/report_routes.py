"""REST of reports: a pasted text or an uploaded archive in, what it says out; nothing is kept."""

import asyncio

from fastapi import APIRouter, Request, Response

from engine.errors import RefusedError
from engine.report.answer import answer_of
from engine.report.collect import ReportLimits
from engine.report.model import MAX_ORDERS
from engine.report.read import read_report
from server.api.body import LargeBodies, json_answer, printable, read_body
from server.jsontext import digits_of, dump

MAX_REPORTS_AT_ONCE = 4  # bodies under way
MAX_REPORT_NAME = 200
# An upload is a stranger's: an archive of text is far smaller than this when unpacked.
SERVED_LIMITS = ReportLimits(
    text_bytes=4 << 20, total_bytes=8 << 20, unpacked_bytes=1 << 30, entries=200_000
)


def asked_order(text: str) -> int | None:
    """The order that a query asks for; None: none.

    Raises:
        RefusedError: no such order; one sentence.
    """
    if not text:
        return None
    order = digits_of(text)
    if order is None or order >= MAX_ORDERS:
        raise RefusedError(f"order is {text[:40]!r}: a whole number from 0 to {MAX_ORDERS - 1}")
    return order


def make_report_router(max_bytes: int) -> APIRouter:
    """The route; one report is read at a time, since that takes a core.

    Args:
        max_bytes: of a body.
    """
    router = APIRouter()
    turn = asyncio.Semaphore(1)
    bodies = LargeBodies(MAX_REPORTS_AT_ONCE, "reports are being read")

    @router.post("/api/report")
    async def report(
        request: Request, name: str = "", order: str = "", gfp: str | None = None
    ) -> Response:
        wanted = asked_order(order)
        with bodies.one():
            body = await read_body(request, max_bytes)
            shown = printable(name, MAX_REPORT_NAME, "the text")

            def make() -> bytes:
                found = read_report(body, shown, SERVED_LIMITS)
                return dump(answer_of(found, wanted, gfp or None)).encode()

            async with turn:
                return await json_answer(make)

    return router
