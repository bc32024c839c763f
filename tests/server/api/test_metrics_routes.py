"""/metrics: moves with what the server does, and is for those whom a setting names."""

import httpx2 as httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine.errors import RefusedError
from server.settings import Settings, settings_from
from tests.server.client import joined, post_session
from tests.server.conftest import running


def read(address, **headers):
    answer = httpx.get(f"{address}/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, sample.labels.get("le", "")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def moved(before, after, name):
    return after[f"fragscope_{name}", ""] - before[f"fragscope_{name}", ""]


async def test_a_session_that_is_watched_and_commanded_moves_the_numbers(server):
    made = post_session(server)
    before = read(server)
    async with joined(server, made) as client:
        await client.command("a", type="balloon_inflate", nr_pages=4096)
        await client.until(lambda picture: client.stat("balloon_actual") == 4096)
        after = read(server)
        frames = len(client.frame_types)
    assert moved(before, after, "viewers") == 1
    assert moved(before, after, "frames_sent_total") >= frames
    assert moved(before, after, "tick_seconds_count") > 0
    assert moved(before, after, "journal_write_seconds_count") > 0
    assert moved(before, after, "encode_seconds_count") > 0
    assert moved(before, after, "encode_seconds_sum") > 0
    assert (
        after["fragscope_encode_seconds_bucket", "+Inf"]
        == after["fragscope_encode_seconds_count", ""]
    )
    assert after["fragscope_ready", ""] == after["fragscope_compiled_ratio", ""] == 1
    used, limit = (after[f"fragscope_guest_memory{end}_bytes", ""] for end in ("", "_limit"))
    assert 0 < used < limit
    assert after["fragscope_sessions", ""] >= 1
    assert after["process_resident_memory_bytes", ""] > 50 << 20


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        ("127.0.0.1", 200),
        ("192.0.2.7", 404),
        ("127.0.0.1, 192.0.2.7", 404),  # what a client claims of itself stands on the left
        ("192.0.2.7, 127.0.0.1", 404),
        ("nonsense", 404),
    ],
)
def test_behind_a_proxy_it_is_for_whom_the_proxy_names(server, forwarded, status):
    answer = httpx.get(f"{server}/metrics", headers={"X-Forwarded-For": forwarded})
    assert answer.status_code == status
    if status == 404:
        assert answer.json() == {
            "error": "/metrics is not for this address: FRAGSCOPE_METRICS could allow it"
        }


def test_a_proxy_that_is_not_trusted_is_asked_for_itself():
    with running(Settings(port=0, trusted_proxies="192.0.2.1", metrics="192.0.2.7")) as address:
        for forwarded in ("192.0.2.7", "192.0.2.1"):
            headers = {"X-Forwarded-For": forwarded}
            assert httpx.get(f"{address}/metrics", headers=headers).status_code == 404


def test_a_star_is_for_metrics_and_not_for_proxies():
    assert "198.51.100.1" in settings_from({"FRAGSCOPE_METRICS": "*"}).metrics_readers
    with pytest.raises(RefusedError, match=r"FRAGSCOPE_TRUSTED_PROXIES has '\*': an address"):
        settings_from({"FRAGSCOPE_TRUSTED_PROXIES": "*"})
