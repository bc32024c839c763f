"""Which names the server goes by: a page that pointed its own name at us gets nothing."""

import httpx2 as httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.api.hosts import is_address, known_names
from server.settings import Settings, settings_from
from tests.server.conftest import running

EVIL = {"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}


@pytest.fixture(scope="module")
def lab():
    names = "lab.example, *.Campus.example"
    with running(Settings(port=0, allowed_hosts=names, origins="https://away.example")) as address:
        yield address


def test_a_rebound_name_may_not_write_although_its_origin_agrees(server):
    answer = httpx.post(f"{server}/api/sessions", headers=EVIL)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "this server does not go by the name 'evil.example:8000':"
        " FRAGSCOPE_ALLOWED_HOSTS could allow it"
    }


def test_a_rebound_name_may_not_read_either(server):
    for path in ("/", "/api/info", "/api/recorded/runs", "/healthz"):
        assert httpx.get(f"{server}{path}", headers=EVIL).status_code == 400, path


async def test_a_rebound_name_gets_no_socket(server):
    url = f"{server.replace('http', 'ws')}/ws/any"
    with pytest.raises(InvalidStatus) as caught:
        # websockets adds a Host of its own unless it connects elsewhere than the address says.
        async with connect(
            url.replace("127.0.0.1", "evil.example"),
            host="127.0.0.1",
            origin=url.replace("ws:", "http:").replace("127.0.0.1", "evil.example")[:-7],
        ):
            pass
    assert caught.value.response.status_code == 400
    assert b"does not go by the name" in caught.value.response.body


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8000", "app.localhost", "127.0.0.1:1", "192.168.7.9", "[::1]:80"],
)
def test_localhost_and_addresses_are_always_known(server, host):
    assert httpx.get(f"{server}/api/info", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("lab.example", 200),
        ("Lab.Example:8000", 200),
        ("a.b.campus.example", 200),
        ("away.example", 200),  # behind a proxy that keeps the Host
        ("campus.example", 400),
        ("evillab.example", 400),
        ("lab.example.evil.example", 400),
        ("localhost.evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("127.1", 400),
        ("lab.example@evil.example", 400),
        ("", 400),
    ],
)
def test_further_names_are_known_when_the_settings_say_so(lab, host, status):
    assert httpx.get(f"{lab}/api/info", headers={"Host": host}).status_code == status


def test_what_is_an_address():
    assert all(is_address(host) for host in ("10.0.0.1", "10.0.0.1:80", "[fe80::1]", "[::1]:8000"))
    assert not any(is_address(host) for host in ("", "localhost", "1.2.3", "[", "10.0.0.1.example"))


def test_the_name_listened_on_is_known():
    assert "box.local" in known_names(Settings(host="box.local"))
    assert known_names(Settings(allowed_hosts="*"))[-2] == "*"


@pytest.mark.parametrize("value", ["lab.*", "*lab.example", "a,*.b.*"])
def test_a_star_in_the_wrong_place_is_refused_at_the_start(value):
    with pytest.raises(ValueError, match=r"FRAGSCOPE_ALLOWED_HOSTS has .*: a name, \*\.name or \*"):
        settings_from({"FRAGSCOPE_ALLOWED_HOSTS": value})
