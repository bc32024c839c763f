"""REST of the sweeps: what was played, the map of winners, and what makes one of its runs live."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from engine.errors import RefusedError
from engine.sweep.contest import judge_from
from server.api.body import json_answer
from server.jsontext import digits_of, dump
from server.sweep.shelf import ShownSweep, SweepShelf, live_run, shown_map
from server.sweep.store import RESULTS

_FIX = "fix."  # of an axis in a query: fix.guest=tight
_ASKED = ("across", "down", "stat", "better", "margin")


def map_asked(shown: ShownSweep, query: dict[str, str]) -> dict[str, Any]:
    """The map that a query asks for; absent fields are as the grid has them.

    Raises:
        RefusedError: one sentence.
    """
    for name in query:
        if name not in _ASKED and not name.startswith(_FIX):
            raise RefusedError(f"{name[:40]!r} is no field: {', '.join(_ASKED)}, fix.AXIS")
    grid = shown.grid
    axes = (query.get("across", grid.axes[0]), query.get("down", grid.axes[1]))
    margin = digits_of(query["margin"]) if "margin" in query else grid.judge.margin
    if margin is None:
        raise RefusedError(f"margin is {query['margin'][:40]!r}: a whole number is needed")
    stat = query.get("stat", grid.judge.stat)
    as_in_grid = stat == grid.judge.stat and "margin" not in query
    judge = judge_from({
        "stat": stat, "better": query.get("better", grid.judge.better), "margin": margin,
        "margin_percent": grid.judge.margin_percent if as_in_grid else 0,
        "same_balloon": grid.judge.same_balloon,
    })  # fmt: skip
    every = grid.axis_values()
    fixed: dict[str, Any] = {}
    for name, text in query.items():
        if not name.startswith(_FIX):
            continue
        axis = name.removeprefix(_FIX)
        values = every.get(axis, ())
        fixed[axis] = next((value for value in values if str(value) == text), text)
    return shown_map(shown, axes, fixed, judge)


def make_sweep_router(shelf: SweepShelf) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.get("/api/sweeps")
    async def sweeps() -> Response:
        return await json_answer(lambda: dump(shelf.describe()).encode())

    @router.get("/api/sweeps/{name}/map")
    async def winners(request: Request, name: str) -> Response:
        query = dict(request.query_params)
        return await json_answer(lambda: dump(map_asked(shelf.get(name), query)).encode())

    @router.get("/api/sweeps/{name}/run")
    async def one_run(request: Request, name: str) -> Response:
        at = dict(request.query_params)
        return await json_answer(lambda: dump(live_run(shelf.get(name), at)).encode())

    @router.get("/api/sweeps/{name}/results.csv")
    async def table(name: str) -> Response:
        path = shelf.get(name).folder / RESULTS
        return FileResponse(path, media_type="text/csv", filename=f"{name}.csv")

    return router
