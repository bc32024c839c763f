"""Config of a session: which guest, which designs, which seed (docs/PROTOCOL.md section 2).

Only form and bounds are checked here; whether an example or an upload exists is the business of
server/guests/library.py.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic import Field as Constraint

from engine import units as u
from engine.designs import DEFAULT_DESIGNS, parse_designs
from engine.errors import RefusedError
from engine.kernels import KERNELS
from engine.presets import MAX_MIB, check_cma
from server.wire.fields import Listed, OneOf, Place, Text, Whole, refusal

MAX_SEED = (1 << 53) - 1  # what a JavaScript number holds exactly
MIN_SIZE_MIB = 256
MAX_SIZE_MIB = MAX_MIB  # of any server; each has a limit of its own, FRAGSCOPE_MAX_SIZE_MIB
MAX_NAME = 64
DEFAULT_EXAMPLE = "runs"
# A field that is not known is refused; what goes down is complete, defaults included.
CLOSED = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


@dataclass(frozen=True)
class CaptureSource:
    """An example capture of the project, by name."""

    __pydantic_config__ = CLOSED

    kind: Literal["capture"] = field(default="capture", kw_only=True)
    name: Annotated[str, Text("source name", MAX_NAME, "a name")]


@dataclass(frozen=True)
class UploadSource:
    """A capture that somebody uploaded; ``capture`` is its id."""

    __pydantic_config__ = CLOSED

    kind: Literal["upload"] = field(default="upload", kw_only=True)
    capture: Annotated[str, Text("source capture", MAX_NAME, "a name")]


@dataclass(frozen=True)
class SyntheticSource:
    """A synthetic guest: the preset's name, its size, seed of the construction, its CMA area."""

    __pydantic_config__ = CLOSED

    kind: Literal["synthetic"] = field(default="synthetic", kw_only=True)
    preset: Annotated[str, Text("source preset", MAX_NAME, "a name")]
    size_mib: Annotated[int, Whole("size", MIN_SIZE_MIB, MAX_SIZE_MIB, "MiB")] = 4096
    seed: Annotated[int, Whole("seed of the guest", 0, MAX_SEED, "(a seed)")] = 1
    # Absent where there is none.
    cma_mib: Annotated[
        int, Whole("CMA area", 0, MAX_SIZE_MIB, "MiB"), Constraint(exclude_if=lambda mib: not mib)
    ] = 0

    def __post_init__(self) -> None:
        check_cma(self.cma_mib, self.size_mib)


# Where a session's guest comes from.
Source: TypeAlias = Annotated[
    CaptureSource | UploadSource | SyntheticSource, Constraint(discriminator="kind")
]


@dataclass(frozen=True)
class SessionConfig:
    """Everything but the commands that decides a session's result.

    Attributes:
        source: the guest all designs start from.
        designs: keys as the person wrote them, 1 to 8, none twice.
        seed: seed of the workload and of what a capture does not show.
        profile: whose rules the guests follow, a name in kernels.KERNELS.
    """

    __pydantic_config__ = CLOSED

    source: Source = field(default_factory=lambda: CaptureSource(DEFAULT_EXAMPLE))
    designs: Annotated[
        tuple[str, ...], Listed("designs", "a list of NAME[:TOGGLE[=VALUE][+TOGGLE…]]")
    ] = DEFAULT_DESIGNS
    seed: Annotated[int, Whole("seed", 0, MAX_SEED, "(a seed)")] = 1
    profile: Annotated[str, OneOf("profile", tuple(KERNELS))] = u.PROFILES[u.PROFILE_MODERN]

    def __post_init__(self) -> None:
        parse_designs(self.designs, self.profile)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, complete."""
        told: dict[str, Any] = _CONFIG.dump_python(self, mode="json")
        return told


_SOURCE: TypeAdapter[Source] = TypeAdapter(Source)
_CONFIG = TypeAdapter(SessionConfig)

# What an error calls the objects inside a config.
PLACES = {
    "config": Place("config", SessionConfig),
    "capture": Place("source of kind capture", CaptureSource),
    "upload": Place("source of kind upload", UploadSource),
    "synthetic": Place("source of kind synthetic", SyntheticSource),
}
_SOURCE_PLACE = Place("source", CaptureSource)


def source_from_dict(data: object) -> Source:
    """The source that a JSON object describes.

    Raises:
        RefusedError: not an object, unknown kind or field, size or seed out of bounds.
    """
    try:
        return _SOURCE.validate_python(data)
    except ValidationError as error:
        raise RefusedError(refusal(error, _SOURCE_PLACE, PLACES)) from None


def config_from_dict(data: object) -> SessionConfig:
    """The config that a JSON object describes; absent fields take their defaults.

    Raises:
        RefusedError: with what is wrong in one sentence.
    """
    try:
        return _CONFIG.validate_python(data)
    except ValidationError as error:
        raise RefusedError(refusal(error, PLACES["config"], PLACES)) from None
