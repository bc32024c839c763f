"""Fields: nothing is converted, and what is wrong is told in one sentence of ours."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from server.wire.fields import Listed, Number, OneOf, Place, Text, Whole, refusal


@dataclass(frozen=True)
class Leaf:
    __pydantic_config__ = ConfigDict(extra="forbid")

    kind: Literal["leaf"] = "leaf"
    whole: Annotated[int, Whole("the whole", 1, 5, "pages")] = 1
    number: Annotated[float, Number("the number", 0, 10, "ticks a second")] = 0
    text: Annotated[str, Text("the text", 3, "a name")] = "a"
    word: Annotated[str, OneOf("the word", ("on", "off"))] = "on"
    items: Annotated[tuple[int, ...], Listed("the list", "a list of numbers")] = ()

    def __post_init__(self) -> None:
        if self.whole == 4:
            raise ValueError("four does not fit")


@dataclass(frozen=True)
class Other:
    __pydantic_config__ = ConfigDict(extra="forbid")

    must: int
    kind: Literal["other"] = "other"


@dataclass(frozen=True)
class Root:
    __pydantic_config__ = ConfigDict(extra="forbid")

    inner: Annotated[Leaf | Other, Field(discriminator="kind")] = Leaf()


ROOT = TypeAdapter(Root)
PLACES = {"leaf": Place("the leaf", Leaf), "other": Place("the other", Other)}


def leaf(**fields):
    return {"inner": {"kind": "leaf", **fields}}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (leaf(whole="1"), "the whole is '1': a whole number of pages from 1 to 5 is needed"),
        (leaf(whole=True), "the whole is True: a whole number of pages from 1 to 5 is needed"),
        (leaf(whole=1.0), "the whole is 1.0: a whole number of pages from 1 to 5 is needed"),
        (leaf(whole=6), "the whole is 6: from 1 to 5 pages are allowed"),
        (leaf(whole=1 << 70), "the whole is 1180591620717411303424: from 1 to 5 pages are allowed"),
        (leaf(whole=None), "the whole is None: a whole number of pages from 1 to 5 is needed"),
        (leaf(whole=4), "four does not fit"),
        (leaf(number="1"), "the number is '1': a number of ticks a second from 0 to 10 is needed"),
        (leaf(number=True), "the number is True: a number of ticks a second from 0 to 10"),
        (leaf(number=float("nan")), "the number is nan: from 0 to 10 ticks a second are allowed"),
        (leaf(number=1e308), "the number is 1e+308: from 0 to 10 ticks a second are allowed"),
        (leaf(text=""), "the text is '': a name of 1 to 3 characters is needed"),
        (leaf(text="abcd"), "the text is 'abcd': a name of 1 to 3 characters is needed"),
        (leaf(text=7), "the text is 7: a name of 1 to 3 characters is needed"),
        (leaf(word="ON"), "the word is 'ON': one of on, off is needed"),
        (leaf(word=["on"]), "the word is ['on']: one of on, off is needed"),
        (leaf(items=7), "the list is 7: a list of numbers is needed"),
        (leaf(items=[1, "x"]), "the list is [1, 'x']: a list of numbers is needed"),
        (leaf(x=1), "the leaf has no field 'x': its fields are kind, whole, number, text"),
        ({"inner": {"kind": "other"}}, "the other lacks must: its fields are must, kind"),
        ({"inner": {"kind": "other", "mist": 1}}, "the other has no field 'mist'"),
        ({"inner": {"kind": "none"}}, "unknown inner kind 'none': must be one of leaf, other"),
        ({"inner": {}}, "unknown inner kind None: must be one of leaf, other"),
        ({"inner": []}, "inner is []: an object is needed"),
        ([], "root is []: an object is needed"),
        ({"y": 1}, "root has no field 'y': its fields are inner"),
        ({"inner": {"kind": "other", "must": "x"}}, "must is 'x': "),
    ],
)
def test_the_first_fault_is_one_sentence_of_ours(data, sentence):
    with pytest.raises(ValidationError) as caught:
        ROOT.validate_python(data)
    told = refusal(caught.value, Place("root", Root), PLACES)
    assert told.startswith(sentence)
    assert "\n" not in told


def test_what_fits_is_taken_as_it_is():
    fits = Leaf(whole=5, number=0.5, text="abc", word="off", items=(1, 2))
    data = leaf(whole=5, number=0.5, text="abc", word="off", items=[1, 2])
    assert ROOT.validate_python(data) == Root(fits)


def test_the_schema_has_the_bounds():
    properties = TypeAdapter(Leaf).json_schema()["properties"]
    assert (properties["whole"]["minimum"], properties["whole"]["maximum"]) == (1, 5)
    assert properties["word"]["enum"] == ["on", "off"]
