"""The machine's metrics: named and labelled as node_exporter's, by the kernel's formulas."""

from pathlib import Path

from prometheus_client import CollectorRegistry

from engine.indices import fragmentation_index, unusable_index
from server.live.counters import read_counters
from server.live.exposition import MachineCollector
from tests.server.live.made_proc import made_proc


def registry(proc: Path) -> CollectorRegistry:
    found = CollectorRegistry(auto_describe=False)
    found.register(MachineCollector(proc))
    return found


def test_every_order_of_every_zone_has_its_blocks_and_both_indices(tmp_path: Path) -> None:
    proc = made_proc(tmp_path / "proc")
    metrics = registry(proc)
    reading = read_counters(proc)
    for zone in reading.zones:
        for order, count in enumerate(zone.counts):
            where = {"node": str(zone.node), "zone": zone.zone, "size": str(order)}
            got = metrics.get_sample_value("fragscope_machine_buddyinfo_blocks", where)
            assert got == count
            got = metrics.get_sample_value("fragscope_machine_fragmentation_index", where)
            assert got == fragmentation_index(zone.counts, order) / 1000
            got = metrics.get_sample_value("fragscope_machine_unusable_free_space_index", where)
            assert got == unusable_index(zone.counts, order) / 1000
    for name, count in reading.events.items():
        assert metrics.get_sample_value(f"fragscope_machine_vmstat_{name}") == count
    assert metrics.get_sample_value("fragscope_machine_scrape_success") == 1


def test_hidden_files_are_a_scrape_without_success(tmp_path: Path) -> None:
    metrics = registry(made_proc(tmp_path / "proc", buddyinfo=None))
    assert metrics.get_sample_value("fragscope_machine_scrape_success") == 0
    assert [family.name for family in metrics.collect()] == ["fragscope_machine_scrape_success"]
