"""Config of a session: which guest, which designs, which seed (docs/PROTOCOL.md section 2).

Only form and bounds are checked here; whether an example or an upload exists is the business of
server/guests/library.py.
"""

from dataclasses import dataclass
from typing import Any, Literal

from engine import units as u
from engine.designs import DEFAULT_DESIGNS, parse_designs
from engine.kernels import KERNELS
from engine.presets import check_cma
from engine.world import profile_number
from server.jsontext import only_fields, shown, whole

MAX_SEED = (1 << 53) - 1  # what a JavaScript number holds exactly
MIN_SIZE_MIB = 256
MAX_SIZE_MIB = 65536
MAX_NAME = 64
DEFAULT_EXAMPLE = "runs"
_SYNTHETIC = ("kind", "preset", "size_mib", "seed", "cma_mib")


@dataclass(frozen=True)
class Source:
    """Where a session's guest comes from.

    Attributes:
        kind: an example capture, an uploaded capture, or a synthetic guest.
        name: name of the example, id of the upload, or name of the preset.
        size_mib: synthetic guests only, 0 otherwise.
        seed: synthetic guests only: seed of the construction, 0 otherwise.
        cma_mib: synthetic guests only: size of the CMA area, 0 = none.
    """

    kind: Literal["capture", "upload", "synthetic"]
    name: str
    size_mib: int = 0
    seed: int = 0
    cma_mib: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        if self.kind == "capture":
            return {"kind": "capture", "name": self.name}
        if self.kind == "upload":
            return {"kind": "upload", "capture": self.name}
        area = {"cma_mib": self.cma_mib} if self.cma_mib else {}
        return {
            "kind": "synthetic", "preset": self.name, "size_mib": self.size_mib, "seed": self.seed,
            **area,
        }  # fmt: skip


@dataclass(frozen=True)
class SessionConfig:
    """Everything but the commands that decides a session's result.

    Attributes:
        source: the guest all designs start from.
        designs: keys as the person wrote them, 1 to 8, none twice.
        seed: seed of the workload and of what a capture does not show.
        profile: whose rules the guests follow, a name in kernels.KERNELS.
    """

    source: Source
    designs: tuple[str, ...]
    seed: int
    profile: str = u.PROFILES[u.PROFILE_MODERN]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, complete."""
        return {
            "source": self.source.to_dict(), "designs": list(self.designs), "seed": self.seed,
            "profile": self.profile,
        }  # fmt: skip


def _name(data: dict[str, Any], field: str) -> str:
    value = data.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME:
        raise ValueError(f"source {field} is {shown(value)}: a name of 1 to {MAX_NAME} is needed")
    return value


def source_from_dict(data: object) -> Source:
    """The source that a JSON object describes.

    Raises:
        ValueError: not an object, unknown kind or field, size or seed out of bounds.
    """
    if not isinstance(data, dict):
        raise ValueError(f"source is {shown(data)}: an object with a kind is needed")
    kind = data.get("kind")
    if kind == "capture":
        only_fields(data, ("kind", "name"), "source of kind capture")
        return Source("capture", _name(data, "name"))
    if kind == "upload":
        only_fields(data, ("kind", "capture"), "source of kind upload")
        return Source("upload", _name(data, "capture"))
    if kind == "synthetic":
        only_fields(data, _SYNTHETIC, "source of kind synthetic")
        size_mib = whole(data.get("size_mib", 4096), "size", MIN_SIZE_MIB, MAX_SIZE_MIB, "MiB")
        seed = whole(data.get("seed", 1), "seed of the guest", 0, MAX_SEED, "(a seed)")
        cma_mib = whole(data.get("cma_mib", 0), "CMA area", 0, MAX_SIZE_MIB, "MiB")
        check_cma(cma_mib, size_mib)
        return Source("synthetic", _name(data, "preset"), size_mib, seed, cma_mib)
    raise ValueError(f"source kind is {shown(kind)}: capture, upload or synthetic is needed")


def config_from_dict(data: object) -> SessionConfig:
    """The config that a JSON object describes; absent fields take their defaults.

    Raises:
        ValueError: with what is wrong in one sentence.
    """
    if not isinstance(data, dict):
        raise ValueError(f"config is {shown(data)}: an object is needed")
    only_fields(data, ("source", "designs", "seed", "profile"), "config")
    source = source_from_dict(data.get("source", {"kind": "capture", "name": DEFAULT_EXAMPLE}))
    keys = data.get("designs", list(DEFAULT_DESIGNS))
    if not isinstance(keys, list) or not all(isinstance(k, str) for k in keys):
        raise ValueError(f"designs is {shown(keys)}: a list of NAME[:TOGGLE[=VALUE][+TOGGLE…]]")
    seed = whole(data.get("seed", 1), "seed", 0, MAX_SEED, "(a seed)")
    profile = data.get("profile", u.PROFILES[u.PROFILE_MODERN])
    if not isinstance(profile, str):
        known = ", ".join(KERNELS)
        raise ValueError(f"profile is {shown(profile)}: one of {known} is needed")
    profile_number(profile)
    parse_designs(keys, profile)
    return SessionConfig(source, tuple(keys), seed, profile)
