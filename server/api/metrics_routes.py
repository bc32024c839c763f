"""GET /metrics: what the server does, as Prometheus reads it; for the addresses of a setting.

Those whom FRAGSCOPE_WATCHERS names as well get the machine's free lists and indices.
"""

import asyncio
from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from server.api.body import Refusal
from server.live.exposition import MachineCollector
from server.manager import Manager
from server.meters import BOUNDS, ENCODE, FRAMES, JOURNAL, TICK, Latency
from server.paths import project_version


def _histogram(name: str, text: str, meter: Latency) -> Metric:
    counts, total_s = meter.read()
    buckets, so_far = [], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
        so_far += count
        buckets.append((bound, so_far))
    return HistogramMetricFamily(f"fragscope_{name}_seconds", text, buckets, total_s)


def _gauges(manager: Manager) -> Iterator[tuple[str, str, float]]:
    live = list(manager.sessions.values())
    waiting = [one.backlog for one in live]
    yield "sessions", "sessions in memory", len(waiting)
    yield "sessions_limit", "sessions in memory at most", manager.settings.max_sessions
    yield "viewers", "open sockets of all sessions", sum(one.nr_viewers for one in live)
    yield "inbox_items", "messages that wait for the sessions' workers", sum(waiting)
    yield "inbox_items_most", "messages that wait for the busiest worker", max(waiting, default=0)
    yield "guest_memory_bytes", "memory claimed for guests and their past", manager.budget.used
    yield "guest_memory_limit_bytes", "memory that may be claimed", manager.budget.limit
    _, done, total = manager.warm.state
    ready = manager.warm.ready
    yield "ready", "1 once the simulator is compiled and prepared", ready
    yield (
        "compiled_ratio",
        "share of the simulator that is compiled",
        (1.0 if ready else done / total if total else 0.0),
    )


class Collector:
    """Reads the numbers when they are asked for; on the event loop, which owns most of them."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    def collect(self) -> Iterator[Metric]:
        """Every metric of ours; docs/DEPLOY.md names them."""
        yield InfoMetricFamily("fragscope", "the server", {"version": project_version()})
        for name, text, value in _gauges(self._manager):
            yield GaugeMetricFamily(f"fragscope_{name}", text, value)
        for name, text, count in (
            ("frames_sent", "frames handed to sockets", FRAMES.sent),
            ("frames_skipped", "frames that slower clients were spared", FRAMES.skipped),
        ):
            yield CounterMetricFamily(f"fragscope_{name}", text, count)
        yield _histogram("tick", "one tick of one session, all its guests", TICK)
        yield _histogram("encode", "one frame made for all who share a base", ENCODE)
        yield _histogram("journal_write", "one transaction, with its sync", JOURNAL)


def make_metrics_router(manager: Manager) -> APIRouter:
    """The route; whoever it is not for gets a 404, as if there were none."""
    router = APIRouter()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(manager))
    ProcessCollector(registry=registry)
    machine = CollectorRegistry(auto_describe=False)
    machine.register(MachineCollector())
    readers, watchers = manager.settings.metrics_readers, manager.settings.watching

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        peer = request.client.host if request.client else None
        if peer not in readers:
            raise Refusal(404, "/metrics is not for this address: FRAGSCOPE_METRICS could allow it")
        body = generate_latest(registry)
        if peer in watchers:
            body += await asyncio.to_thread(generate_latest, machine)
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    return router
