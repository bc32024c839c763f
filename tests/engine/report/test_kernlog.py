"""Mem-Infos and the requests above them, in whatever they are wrapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.report.answer import answer_of
from engine.report.kernlog import request_line
from engine.report.read import read_report
from tests.engine.report import samples as s


def told(text: str) -> dict[str, Any]:
    return answer_of(read_report(text.encode()))


@pytest.mark.parametrize("dress", s.DRESSES, ids=lambda one: one.__name__)
@pytest.mark.parametrize(
    ("zones", "request_line"), [(s.SMALL, s.KILLED), (s.TWO_NODES, s.FAILED), (s.SMALL, s.FAILED)]
)
def test_a_mem_info_reads_the_same_in_every_dress(
    zones: s.Zones, request_line: str, dress: Callable[[str], str]
) -> None:
    bare = told(s.mem_info(zones, request_line))
    dressed = told(dress(s.mem_info(zones, request_line)))
    assert [(z["node"], z["zone"], tuple(z["counts"])) for z in dressed["zones"]] == [
        (node, name, tuple(counts)) for (node, name), counts in zones.items()
    ]
    for name in ("zones", "disagreements", "answers"):
        assert dressed[name] == bare[name], name
    assert {**dressed["request"], "line": 0} == {**bare["request"], "line": 0}


def test_a_request_is_named_with_its_cause_and_what_agrees() -> None:
    request = told(s.mem_info(s.SMALL, s.FAILED))["request"]
    assert (request["who"], request["order"], request["by"]) == (
        "kworker/1:2", 4, "allocation failure",
    )  # fmt: skip
    assert request["gfp"] == ["GFP_KERNEL", "__GFP_COMP", "__GFP_ZERO"]
    assert request["cause"] == "gone"  # Normal has two blocks of order 4
    assert request["disagreements"] == []
    assert any("its own sum agree" in check["text"] for check in request["checks"])


def test_an_order_that_no_block_has_failed_by_fragmentation() -> None:
    zones = {(0, "Normal"): s.SMALL[0, "Normal"]}
    request = told(s.mem_info(zones, s.KILLED.replace("order=3", "order=5")))["request"]
    assert request["cause"] == "fragmentation"
    assert "fragmentation index 0.9" in request["text"]


def test_a_list_that_is_not_its_own_sum_is_reported() -> None:
    text = s.mem_info(s.SMALL, s.KILLED).replace("Normal: 20431*4kB", "Normal: 90431*4kB")
    request = told(text)["request"]
    assert len(request["disagreements"]) == 3, request["disagreements"]


@pytest.mark.parametrize(
    ("line", "who", "order", "flags"),
    [
        (s.KILLED, "worker", 3, ("GFP_KERNEL", "__GFP_COMP")),
        (
            "java invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0",
            "java", 0, ("__GFP_HIGHMEM", "__GFP_MOVABLE", "__GFP_WAIT", "__GFP_IO", "__GFP_FS",
                        "__GFP_COLD", "__GFP_HARDWALL"),
        ),
        (
            "swapper: page allocation failure. order:2, mode:0x4020",
            "swapper", 2, ("__GFP_HIGH", "__GFP_COMP"),
        ),
        (
            "mount: vmalloc error: size 2097152, page order 9, failed to allocate pages, "
            "mode:0xcc2(GFP_KERNEL|__GFP_HIGHMEM),nodemask=(null),cpuset=/,mems_allowed=0-1",
            "mount", 9, ("GFP_KERNEL", "__GFP_HIGHMEM"),
        ),
        (
            "Web Content invoked oom-killer: gfp_mask=0x14200ca(GFP_HIGHUSER_MOVABLE), "
            "nodemask=(null), order=0, oom_score_adj=300",
            "Web Content", 0, ("GFP_HIGHUSER_MOVABLE",),
        ),
        (
            "bash invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0",
            "bash", -1, ("GFP_KERNEL",),
        ),
    ],
)  # fmt: skip
def test_requests_of_many_kernels_are_read(
    line: str, who: str, order: int, flags: tuple[str, ...]
) -> None:
    request = request_line(line, 1)
    assert request is not None
    assert (request.who, request.order, request.flags) == (who, order, flags)


def test_a_request_that_a_terminal_cut_in_the_middle_of_a_word_is_whole_again() -> None:
    text = (
        "> Mar 26 12:32:37 pi kernel: [126764.421946] python3 invoked oom-killer: "
        "gfp_mask=0x15080c0(GFP_KE\n> RNEL_ACCOUNT|__GFP_ZERO), nodemask=(null),  order=1, "
        "oom_score_adj=0\n"
    )
    request = told(text)["request"]
    assert (request["order"], request["gfp"]) == (1, ["GFP_KERNEL_ACCOUNT", "__GFP_ZERO"])
    assert request["cause"] is None


def test_a_mask_without_names_is_understood() -> None:
    request = told("node_exporter: page allocation failure. order:5, mode:0xd0\n")["request"]
    assert (request["migratetype"], request["may_reclaim"]) == ("Unmovable", True)
    assert "32 pages (128 KiB)" in request["text"]


@pytest.mark.parametrize("nodes", ["nodemask=1,", "nodemask=(null),cpuset=db,mems_allowed=1,"])
def test_a_memory_policy_that_only_the_last_lines_tell_of_is_heeded(nodes: str) -> None:
    """Node 1 has 7,684 pages in small blocks, node 0 has nine of order 10."""
    killed = s.KILLED.replace("order=3", "order=5")
    text = s.mem_info(s.TWO_NODES, killed)
    assert told(text)["request"]["cause"] == "gone"
    kind = "CPUSET" if "cpuset" in nodes else "MEMORY_POLICY"
    request = told(f"{text}oom-kill:constraint=CONSTRAINT_{kind},{nodes}global_oom\n")["request"]
    assert (request["cause"], request["verdict"]["node"]) == ("fragmentation", 1)
    assert request["text"].endswith("closed to it by a memory policy or cpuset")
    free = 70 + 120 + 200 + 320 + 480 + 640 + 640 + 640 + 512 + 512 + 9216  # of node 0
    assert f"; node 0 ({free} pages free) was closed" in request["text"]
    one_line = killed.replace("order=5", "nodemask=1, order=5")  # before 5.0
    assert told(s.mem_info(s.TWO_NODES, one_line))["request"]["cause"] == "fragmentation"


def test_a_cgroups_limit_is_not_blamed_on_the_machine() -> None:
    limit = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0"
    for text in (f"{s.KILLED}\n{limit}\n", s.mem_info(s.SMALL, s.KILLED) + limit):
        assert told(text)["request"]["cause"] == "cgroup"
    text = s.mem_info(s.SMALL, s.KILLED) + limit.replace("MEMCG", "NONE")
    assert told(text)["request"]["cause"] != "cgroup"


def test_a_request_for_certain_nodes_is_judged_on_these() -> None:
    line = s.FAILED.replace("mems_allowed=0", "mems_allowed=1").replace("order:4", "order:9")
    assert told(s.mem_info(s.TWO_NODES, line))["request"]["cause"] == "fragmentation"
    line = line.replace("mems_allowed=1", "mems_allowed=0-1")
    assert told(s.mem_info(s.TWO_NODES, line))["request"]["cause"] == "gone"


def test_sysrq_m_has_zones_and_no_request() -> None:
    answer = told("sysrq: Show Memory\n" + s.mem_info(s.SMALL))
    assert answer["request"] is None
    assert len(answer["zones"]) == 3


def test_without_numa_there_is_no_node_and_it_is_node_0() -> None:
    zones = told(s.mem_info(s.SMALL, s.KILLED, node=False))["zones"]
    assert [(z["node"], z["zone"]) for z in zones] == list(s.SMALL)


def test_pages_of_64_kib_and_fourteen_orders_are_taken_from_the_list() -> None:
    counts = (3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)
    answer = told(s.mem_info({(0, "Normal"): counts}, s.KILLED, page_kib=64))
    assert answer["page_kib"] == 64
    assert answer["zones"][0]["counts"] == list(counts)
    assert answer["zones"][0]["free_pages"] == 3 + 4 + 2 * 8192


def test_letters_decide_by_migratetype() -> None:
    zones = {(0, "DMA"): (202, 83, 40, 18, 9, 4, 3, 2, 2, 1, 58)}
    letters = {(0, "DMA"): ("UMEC", "UME", "UMC", "UMEC", "UEC", "UM", "UE", "ME", "MC", "C", "C")}
    line = s.FAILED.replace("order:4", "order:10")
    request = told(s.mem_info(zones, line, letters=letters, more="free_cma:240000kB"))["request"]
    assert request["cause"] == "migratetype"
    movable = line.replace("GFP_KERNEL", "GFP_HIGHUSER_MOVABLE")
    request = told(s.mem_info(zones, movable, letters=letters, more="free_cma:240000kB"))["request"]
    assert request["cause"] == "gone"


def test_two_kills_at_once_are_told_apart_by_who_printed_them() -> None:
    one = s.stamped(s.mem_info(s.SMALL, s.KILLED)).splitlines()
    two = s.stamped(s.mem_info(s.TWO_NODES, s.FAILED)).replace("T4711", "T99  ").splitlines()
    mixed = [line for pair in zip(one, two, strict=False) for line in pair]
    mixed += (one if len(one) > len(two) else two)[min(len(one), len(two)) :]
    requests = told("\n".join(mixed).replace("[  T99  ]", "[    T99]"))["requests"]
    assert [(r["order"], len(r["verdict"]["zones"])) for r in requests] == [(3, 3), (4, 1)]


def test_the_same_kill_in_two_logs_counts_once() -> None:
    text = s.mem_info(s.SMALL, s.KILLED)
    assert len(told(text + "unrelated: 12 lines\n" + s.in_syslog(text))["requests"]) == 1


def test_a_head_that_was_cut_off_leaves_the_zones() -> None:
    text = s.mem_info(s.SMALL, s.KILLED)
    tail = text[text.index("Node 0 DMA32 free") :]
    answer = told(tail)
    assert answer["request"] is None
    assert [z["zone"] for z in answer["zones"]] == ["DMA32", "Normal", "DMA"]
