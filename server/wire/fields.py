"""Fields of messages and configurations: pydantic checks them, the sentences are ours.

A field's annotation says what the value may be and what an error calls it, so that bounds, JSON
schema and sentence have one source. Nothing is converted: "1" is no number, true is no 1, 1.0 is
no whole number, NaN and Infinity are no numbers at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

from server.jsontext import no_field, not_whole, shown

# A finding that carries its field, and the text that pydantic wants to have for it.
_TOLD = "told"
_MESSAGE = "see the field's sentence"
_EXTRA = ("unexpected_keyword_argument", "extra_forbidden")
_NO_OBJECT = ("dataclass_type", "dict_type", "model_attributes_type")
_BAD_TAG = ("union_tag_invalid", "union_tag_not_found")


class Object(Protocol):
    """A dataclass that travels as a JSON object."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True)
class Place:
    """A dataclass and what an error calls an object of it, as in "message step"."""

    name: str
    form: type[Object]


def _told(schema: CoreSchema, field: "Field") -> CoreSchema:
    """``schema`` with every finding of it replaced by the field's own sentence."""
    return core_schema.custom_error_schema(
        schema,
        custom_error_type=_TOLD,
        custom_error_message=_MESSAGE,
        custom_error_context={"field": field},
    )


class Field(Protocol):
    """An annotation that knows the sentence for a value that it refuses."""

    def sentence(self, value: object) -> str:
        """What is wrong with ``value``."""


@dataclass(frozen=True)
class Whole:
    """A whole number from ``low`` to ``high``."""

    name: str
    low: int
    high: int
    unit: str

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return _told(core_schema.int_schema(strict=True, ge=self.low, le=self.high), self)

    def sentence(self, value: object) -> str:
        """What is wrong with ``value``."""
        return not_whole(value, self.name, self.low, self.high, self.unit)


@dataclass(frozen=True)
class Number:
    """A number from ``low`` to ``high``, fractions allowed."""

    name: str
    low: float
    high: float
    unit: str

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        schema = core_schema.float_schema(
            strict=True, ge=self.low, le=self.high, allow_inf_nan=False
        )
        return _told(schema, self)

    def sentence(self, value: object) -> str:
        """What is wrong with ``value``."""
        start, bounds = f"{self.name} is {shown(value)}", f"from {self.low} to {self.high}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{start}: a number of {self.unit} {bounds} is needed"
        return f"{start}: {bounds} {self.unit} are allowed"


@dataclass(frozen=True)
class Text:
    """A string of 1 to ``most`` characters; ``needed`` is its word in the sentence."""

    name: str
    most: int
    needed: str

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return _told(core_schema.str_schema(strict=True, min_length=1, max_length=self.most), self)

    def sentence(self, value: object) -> str:
        """What is wrong with ``value``."""
        limit = f"of 1 to {self.most} characters"
        return f"{self.name} is {shown(value)}: {self.needed} {limit} is needed"


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    name: str
    words: tuple[str, ...]

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return _told(core_schema.literal_schema(list(self.words)), self)

    def sentence(self, value: object) -> str:
        """What is wrong with ``value``."""
        return f"{self.name} is {shown(value)}: one of {', '.join(self.words)} is needed"


@dataclass(frozen=True)
class Listed:
    """A list; what its items are is the annotated type's business."""

    name: str
    needed: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _told(handler(source), self)

    def sentence(self, value: object) -> str:
        """What is wrong with ``value``."""
        return f"{self.name} is {shown(value)}: {self.needed} is needed"


def _default(place: Place, key: str) -> object:
    return getattr(place.form, key, None)


def refusal(error: ValidationError, root: Place, places: Mapping[str, Place]) -> str:
    """What pydantic found first, in one sentence.

    Args:
        error: of a dataclass, or of a union of them told apart by ``type`` or ``kind``.
        root: what the whole input is.
        places: the objects inside it, by the last step of the way there: a tag, or a field's name.
    """
    found = error.errors(include_url=False)
    # A field that is not known says more than the one that is missing for it.
    first = next((one for one in found if one["type"] in _EXTRA), found[0])
    kind, value, way = first["type"], first["input"], [str(step) for step in first["loc"]]
    if kind == _TOLD:
        field: Field = first["ctx"]["field"]
        return field.sentence(value)
    if kind == "value_error":
        return str(first["ctx"]["error"])
    here = way[-1] if way else root.name
    if kind in _NO_OBJECT:
        return f"{here} is {shown(value)}: an object is needed"
    if kind in _BAD_TAG:
        key = first["ctx"]["discriminator"].strip("'")
        known = ", ".join(tag for tag, place in places.items() if _default(place, key) == tag)
        return f"unknown {here} {key} {shown(value.get(key))}: must be one of {known}"
    place = places[way[-2]] if len(way) > 1 else root
    names = tuple(field.name for field in fields(place.form))
    if kind in _EXTRA:
        return no_field(here, names, place.name)
    if kind == "missing":
        return f"{place.name} lacks {here}: its fields are {', '.join(names)}"
    return f"{here} is {shown(value)}: {first['msg']}"
