"""REST of lessons: what there is, a step begun, checked against a session, and its answer."""

import asyncio
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request

from engine.lessons.model import Lesson, LessonStep
from engine.lessons.numbers import LessonMoment
from server.api.access import let_in
from server.api.body import MAX_BODY_BYTES, read_body
from server.errors import ConflictError, NotFoundError
from server.jsontext import only_fields, parse_object, text_within, whole, whole_of
from server.lessons.evidence import evidence_of, scene_of, start_from, start_now
from server.lessons.shelf import LessonShelf
from server.lessons.showing import (
    answer_from,
    begun,
    lesson_told,
    outcome,
    said,
    solution_told,
    way_told,
)
from server.manager import Manager
from server.session.session import Session
from server.session.transcript import Transcript
from server.wire.config import config_from_dict

MAX_ATTEMPTS = 1_000_000


@dataclass(frozen=True)
class SeenNow:
    """A session at its present, as its worker saw it."""

    transcript: Transcript
    moment: LessonMoment
    digest: str


def seen_now(session: Session) -> SeenNow:
    """Ask this of a session's worker."""
    world = session.world
    return SeenNow(session.transcript(), LessonMoment.of(world), world.state_digest())


def listed(shelf: LessonShelf) -> dict[str, Any]:
    """The answer of GET /api/lessons."""
    told: list[dict[str, Any]] = []
    for one in shelf.every():
        lesson = one.lesson
        if lesson is None:
            fault = one.faults[0]
            told.append({"name": one.name, "problem": f"line {fault.line}: {fault.text}"})
            continue
        told.append(
            {
                "name": one.name,
                "title": lesson.title,
                "minutes": lesson.minutes,
                "know": list(lesson.know),
                "steps": len(lesson.steps),
            }
        )
    return {"lessons": told}


def numbered(lesson: Lesson, text: str) -> int:
    """The step that an address names, from 0.

    Raises:
        NotFoundError: there is none.
    """
    number = whole_of(text, "step", "(a step)")
    if not 1 <= number <= len(lesson.steps):
        raise NotFoundError(f"{lesson.name} has no step {number}: it has {len(lesson.steps)}")
    return number - 1


def make_lesson_router(manager: Manager, shelf: LessonShelf) -> APIRouter:
    """The routes, bound to one server's sessions and lessons."""
    router = APIRouter()

    async def found(name: str) -> Lesson:
        return await asyncio.to_thread(shelf.lesson, name)

    @router.get("/api/lessons")
    async def lessons() -> dict[str, Any]:
        return await asyncio.to_thread(listed, shelf)

    @router.get("/api/lessons/{name}")
    async def lesson(name: str) -> dict[str, Any]:
        return lesson_told(await found(name))

    @router.get("/api/lessons/{name}/steps/{step}/way")
    async def way(name: str, step: str) -> dict[str, Any]:
        one = await found(name)
        return way_told(one, numbered(one, step))

    @router.get("/api/lessons/{name}/steps/{step}/solution")
    async def solution(name: str, step: str) -> dict[str, Any]:
        one = await found(name)
        return solution_told(one, numbered(one, step))

    _add_checks(router, manager, shelf)
    return router


def _add_checks(router: APIRouter, manager: Manager, shelf: LessonShelf) -> None:
    """What looks at a session."""

    async def now(
        request: Request, name: str, step: str, fields: tuple[str, ...]
    ) -> tuple[LessonStep, dict[str, Any], SeenNow]:
        one = await asyncio.to_thread(shelf.lesson, name)
        number = numbered(one, step)
        body = parse_object(await read_body(request, MAX_BODY_BYTES), "the body")
        only_fields(body, fields, "the body")
        session = text_within(body.get("session"), "session", 64)
        await let_in(request, manager, session)
        seen: SeenNow = await (await manager.open(session)).present(seen_now)
        load, _ = one.way(number)
        if seen.transcript.config.to_dict() != config_from_dict(load.config()).to_dict():
            raise ConflictError("the session runs another guest than this step: start it over")
        return one.steps[number], body, seen

    @router.post("/api/lessons/{name}/steps/{step}/begin")
    async def begin(request: Request, name: str, step: str) -> dict[str, Any]:
        one, _, seen = await now(request, name, step, ("session",))
        log = seen.transcript.log
        start = start_now(one, seen.moment, seen.transcript.tick, len(log))
        return {
            "start": start.to_dict(),
            **begun(one, scene_of(one, seen.moment, log, start)),
        }

    @router.post("/api/lessons/{name}/steps/{step}/check")
    async def check(request: Request, name: str, step: str) -> dict[str, Any]:
        fields = ("session", "start", "answer", "attempt")
        one, body, seen = await now(request, name, step, fields)
        attempt = whole(body.get("attempt", 0), "attempt", 0, MAX_ATTEMPTS, "attempts")
        start, answer = start_from(body.get("start"), one), answer_from(one, body.get("answer"))
        now_is = seen.transcript
        if not now_is.idle:
            return {"busy": True, "done": False}
        if start.log_index > len(now_is.log):
            raise ConflictError("the session is before the start of the step: start it over")
        scene = scene_of(one, seen.moment, now_is.log, start)
        told = outcome(one, scene, answer)
        if isinstance(answer, int):
            told["chosen"] = answer
        answered = {"busy": False, **told, **said(one, scene, told, attempt)}
        if told["done"]:
            mark = (now_is.tick, seen.digest)
            answered["evidence"] = evidence_of(
                now_is.engine, now_is.config, now_is.log, start, mark
            )
        return answered
