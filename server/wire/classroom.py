"""Messages of a class: who follows whom, who drives, and what the driver shows; pure."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import StrictBool

from engine.errors import RefusedError
from server.jsontext import dump
from server.wire.config import CLOSED
from server.wire.detail import MAX_PAGEBLOCK
from server.wire.fields import Listed, OneOf, Text, Whole

MAX_VIEW = 2048  # characters of a view as JSON: it goes to everybody who follows
MAX_PANEL = 63
MAX_NAME = 40

Act: TypeAlias = Literal["ask", "withdraw", "hand_over", "take_over", "everyone", "end"]
ACTS: tuple[Act, ...] = get_args(Act)


def check_view(view: dict[str, Any]) -> None:
    """Refuse a view that is not versioned, or too large for everybody to get it.

    Raises:
        RefusedError: it is.
    """
    version = view.get("v")
    if not isinstance(version, int) or isinstance(version, bool):
        raise RefusedError("view has no version: v, a whole number, is needed")
    size = len(dump(view))
    if size > MAX_VIEW:
        raise RefusedError(f"view is {size} characters long: {MAX_VIEW} is the limit")


# -- up ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Follow:
    """This client shows what the driver shows, or (off) what its own person wants to see."""

    __pydantic_config__ = CLOSED

    type: Literal["follow"] = field(default="follow", kw_only=True)
    on: Annotated[StrictBool, Listed("on", "true or false")]


@dataclass(frozen=True)
class Show:
    """What the driver's page shows now; of several only the newest counts."""

    __pydantic_config__ = CLOSED

    type: Literal["show"] = field(default="show", kw_only=True)
    view: Annotated[dict[str, Any], Listed("view", "a JSON object")]

    def __post_init__(self) -> None:
        check_view(self.view)


@dataclass(frozen=True)
class Point:
    """The pageblock that the driver points at, and in which panel; null: at none."""

    __pydantic_config__ = CLOSED

    type: Literal["point"] = field(default="point", kw_only=True)
    pageblock: Annotated[int, Whole("pageblock", 0, MAX_PAGEBLOCK, "(a pageblock)")] | None
    panel: Annotated[int, Whole("panel", 0, MAX_PANEL, "(a panel)")] = 0


@dataclass(frozen=True)
class DriveAct:
    """Who drives: asked for, handed over, taken over; or about the class as a whole.

    ``to``: of ``hand_over``, the name of the one who is to drive; absent: the presenter.
    """

    __pydantic_config__ = CLOSED

    type: Literal["drive"] = field(default="drive", kw_only=True)
    act: Annotated[Act, OneOf("act", ACTS)]
    to: Annotated[str, Text("to", MAX_NAME, "a name of this class")] | None = None


# -- down ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class People:
    """How the class is, for its presenter and its driver.

    Attributes:
        following: others that show what the driver shows.
        lagging: of those who follow, those that skip most pictures.
        detached: viewers that look by themselves.
        asking: who asks to drive, the first few in the order of asking.
        nr_asking: how many do.
    """

    __pydantic_config__ = CLOSED

    following: int
    lagging: int
    detached: int
    asking: tuple[str, ...]
    nr_asking: int


@dataclass(frozen=True)
class ClassState:
    """The class as this client has to know it, after every change.

    Attributes:
        you: its name, ``presenter`` or such as ``viewer 7``.
        driver: name of the one who drives; null: nobody is there who may.
        driving: it is this client: its commands are taken, what it shows is followed.
        following: this client follows.
        asking: it asks to drive.
        over: the class has been ended: nobody follows.
        moment: the tick past which this client may not look by itself; null: any.
        people: null for viewers that do not drive.
    """

    __pydantic_config__ = CLOSED

    type: Literal["class"] = field(default="class", kw_only=True)
    you: str
    driver: str | None
    driving: bool
    following: bool
    asking: bool
    over: bool
    moment: int | None
    people: People | None


@dataclass(frozen=True)
class Shown:
    """What the driver shows, for those who follow."""

    __pydantic_config__ = CLOSED

    type: Literal["shown"] = field(default="shown", kw_only=True)
    view: dict[str, Any]


@dataclass(frozen=True)
class Pointed:
    """The pageblock that the driver points at, for those who follow."""

    __pydantic_config__ = CLOSED

    type: Literal["pointed"] = field(default="pointed", kw_only=True)
    pageblock: int | None
    panel: int


ClassMessage = Follow | Show | Point | DriveAct
ClassAnswer = ClassState | Shown | Pointed
