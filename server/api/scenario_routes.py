"""REST of the scenarios: what there is to play; playing is the page's business."""

from fastapi import APIRouter, Response

from engine.scenarios.catalog import catalog
from engine.scenarios.claims import claims_json
from server.jsontext import dump


def make_scenario_router() -> APIRouter:
    """The route."""
    router = APIRouter()
    answer = dump({**catalog(), "claims": claims_json()}).encode()

    @router.get("/api/scenarios")
    async def scenarios() -> Response:
        return Response(answer, media_type="application/json")

    return router
