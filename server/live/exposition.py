"""A machine's free lists and both indices as metrics, in the manner of node_exporter.

``node_buddyinfo_blocks`` of its collector has the labels ``node``, ``zone`` and ``size``, an order,
and so have these; what is of this machine and not of the server is named ``fragscope_machine_``.
"""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client.metrics_core import GaugeMetricFamily, Metric, UnknownMetricFamily

from engine.errors import RefusedError
from engine.indices import fragmentation_index, unusable_index
from server.live.counters import read_counters

_LABELS = ("node", "zone", "size")


class MachineCollector:
    """Reads buddyinfo and vmstat when it is asked: about a millisecond, whoever else watches."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        """Nothing is read yet.

        Args:
            proc: where procfs is.
        """
        self._proc = proc

    def collect(self) -> Iterator[Metric]:
        """Every metric; where the files are hidden, only that they could not be read."""
        success = GaugeMetricFamily(
            "fragscope_machine_scrape_success",
            "1 if buddyinfo and vmstat of the machine could be read",
        )
        try:
            reading = read_counters(self._proc)
        except RefusedError:
            success.add_metric((), 0)
            yield success
            return
        success.add_metric((), 1)
        yield success
        blocks = GaugeMetricFamily(
            "fragscope_machine_buddyinfo_blocks", "free blocks by order", labels=_LABELS
        )
        unusable = GaugeMetricFamily(
            "fragscope_machine_unusable_free_space_index",
            "share of the free memory that a request of that order cannot use",
            labels=_LABELS,
        )
        fragmentation = GaugeMetricFamily(
            "fragscope_machine_fragmentation_index",
            "0: a request of that order fails for lack of memory, 1: for fragmentation; "
            "-1: it would succeed",
            labels=_LABELS,
        )
        for zone in reading.zones:
            for order, count in enumerate(zone.counts):
                where = (str(zone.node), zone.zone, str(order))
                blocks.add_metric(where, count)
                unusable.add_metric(where, unusable_index(zone.counts, order) / 1000)
                fragmentation.add_metric(where, fragmentation_index(zone.counts, order) / 1000)
        yield from (blocks, unusable, fragmentation)
        for name, count in reading.events.items():
            yield UnknownMetricFamily(
                f"fragscope_machine_vmstat_{name}", f"/proc/vmstat information field {name}", count
            )
