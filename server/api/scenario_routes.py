"""REST of the scenarios: what there is to play; playing is the page's business."""

from typing import Any

from fastapi import APIRouter

from engine.scenarios.catalog import catalog
from engine.scenarios.claims import claims_json


def make_scenario_router() -> APIRouter:
    """The route."""
    router = APIRouter()
    answer = {**catalog(), "claims": claims_json()}

    @router.get("/api/scenarios")
    async def scenarios() -> dict[str, Any]:
        return answer

    return router
