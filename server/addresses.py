"""IP addresses and networks of peers, as a setting lists them; pure."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import RefusedError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
HOME_BITS = 64  # of an IPv6 address: one household or one machine has all below them


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a peer's name is; one of IPv4 that came over an IPv6 socket as itself."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if found.version == 6 else None
    return mapped or found


def peer_of(host: str | None) -> str:
    """Whom limits per address count a peer as: its IPv4 address, or the /64 of an IPv6 one."""
    found = _address(host or "")
    if found is None:
        return (host or "unknown")[:60]
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((int(found), HOME_BITS), strict=False))


@dataclass(frozen=True)
class Networks:
    """Some addresses; ``every`` when a star stands for all of them."""

    each: tuple[Network, ...]
    every: bool = False

    def __contains__(self, host: str | None) -> bool:
        """Whether a peer is one of them; what is no IP address never is, but for a star."""
        if self.every:
            return True
        found = _address(host or "")
        return found is not None and any(found in network for network in self.each)

    def as_list(self) -> list[str]:
        """Each network, those of IPv4 also as an IPv6 socket shows them; for uvicorn."""
        mapped = [
            f"::ffff:{network.network_address}/{96 + network.prefixlen}"
            for network in self.each
            if network.version == 4
        ]
        return [*map(str, self.each), *mapped]


def networks_from(text: str, name: str, star: bool = False) -> Networks:
    """What a setting lists by commas.

    Args:
        text: the setting.
        name: how it is called.
        star: whether ``*`` may stand for all.

    Raises:
        RefusedError: something that is neither address nor network.
    """
    parts: Sequence[str] = [part.strip() for part in text.split(",") if part.strip()]
    if star and "*" in parts:
        return Networks((), every=True)
    each: list[Network] = []
    for part in parts:
        try:
            each.append(ipaddress.ip_network(part))
        except ValueError:
            wanted = "an address or a network, as 10.0.0.7 or 10.0.0.0/24"
            wanted += ", or *" if star else ""
            raise RefusedError(f"{name} has {part[:60]!r}: {wanted} is needed") from None
    return Networks(tuple(each))
