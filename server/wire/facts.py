"""What ``welcome`` says of the guest and of the designs; pure."""

from dataclasses import dataclass
from typing import Any

from server.wire.config import CLOSED


@dataclass(frozen=True)
class DesignInfo:
    """One design of a session."""

    __pydantic_config__ = CLOSED

    key: str
    name: str
    label: str
    toggles: dict[str, str]


@dataclass(frozen=True)
class Zone:
    """One zone of the guest; pfns are absolute, ``managed`` counts pages."""

    __pydantic_config__ = CLOSED

    name: str
    start_pfn: int
    end_pfn: int
    managed: int


@dataclass(frozen=True)
class GuestInfo:
    """The guest that all designs started from."""

    __pydantic_config__ = CLOSED

    label: str
    size_mib: int
    nr_pages: int
    nr_pageblocks: int
    main_zone: str
    zones: tuple[Zone, ...]
    summary: dict[str, Any]


@dataclass(frozen=True)
class WorkloadInfo:
    """The workload at the ``welcome``."""

    __pydantic_config__ = CLOSED

    enabled: bool
    rate: int
