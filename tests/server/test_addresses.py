"""Addresses of peers: read as a setting lists them, counted as limits do."""

import pytest

from engine.errors import RefusedError
from server.addresses import networks_from, peer_of


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),  # an IPv6 socket shows IPv4 so
        ("192.0.2.1", False),
        ("fd00::9", True),
        ("fd01::9", False),
        ("localhost", False),
        (None, False),
    ],
)
def test_a_peer_is_found_in_the_networks_however_its_address_is_written(host, inside):
    assert (host in networks_from("10.1.0.0/16, fd00::/64", "X")) == inside


def test_what_is_no_address_is_refused_by_its_name():
    with pytest.raises(RefusedError, match=r"^PROXIES has '10\.0\.0\.1/8': an address or a net"):
        networks_from("127.0.0.1, 10.0.0.1/8", "PROXIES")
    with pytest.raises(RefusedError, match=r"PROXIES has '\*'"):
        networks_from("*", "PROXIES")
    assert "anything" in networks_from("*", "METRICS", star=True)


def test_one_household_counts_once_and_two_do_not():
    assert peer_of("2001:db8:1:2::5") == peer_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert peer_of("2001:db8:1:3::5") != peer_of("2001:db8:1:2::5")
    assert peer_of("::ffff:192.0.2.7") == peer_of("192.0.2.7") == "192.0.2.7"
    assert peer_of(None) == "unknown"
