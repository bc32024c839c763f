"""Texts as kernels print them, made from counts; and as mail and loggers pass them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

Zones = Mapping[tuple[int, str], Sequence[int]]

SMALL: Zones = {
    (0, "DMA"): (1, 1, 1, 0, 2, 1, 1, 0, 1, 1, 3),
    (0, "DMA32"): (908, 511, 240, 61, 9, 3, 0, 1, 0, 0, 0),
    (0, "Normal"): (20431, 7120, 811, 30, 2, 0, 0, 0, 0, 0, 0),
}
TWO_NODES: Zones = {
    (0, "Normal"): (70, 60, 50, 40, 30, 20, 10, 5, 2, 1, 9),
    (1, "Normal"): (7000, 300, 20, 1, 0, 0, 0, 0, 0, 0, 0),
}
NAMES = ("Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate")


def buddyinfo(zones: Zones) -> str:
    """/proc/buddyinfo, as frag_show_print() prints it."""
    return "".join(
        f"Node {node}, zone {name:>8} {''.join(f'{n:6d} ' for n in counts)}\n"
        for (node, name), counts in zones.items()
    )


def pagetypeinfo(
    zones: Mapping[tuple[int, str], Mapping[str, Sequence[int]]],
    blocks: Mapping[tuple[int, str], Mapping[str, int]],
    order: int = 9,
    cap: int = 100_000,
    mixed: bool = False,
) -> str:
    """/proc/pagetypeinfo: everything once per node, counts over ``cap`` as floors."""
    size = len(next(iter(next(iter(zones.values())).values())))
    out = []
    for at in sorted({node for node, _ in zones}):
        here = {key: types for key, types in zones.items() if key[0] == at}
        out += [f"Page block order: {order}", f"Pages per block:  {1 << order}", ""]
        head = "".join(f"{o:6d} " for o in range(size))
        out.append(f"{'Free pages count per migrate type at order':<43} {head}")
        for (node, name), types in here.items():
            for kind, counts in types.items():
                row = "".join(f">{cap} " if n > cap else f"{n:6d} " for n in counts)
                out.append(f"Node {node:4d}, zone {name:>8}, type {kind:>12} {row}")
        for title in ("Number of blocks type ", *(["Number of mixed blocks "] if mixed else [])):
            names = list(next(iter(blocks.values())))
            out += ["", f"{title:<23}" + "".join(f"{kind:>12} " for kind in names)]
            for node, name in here:
                row = "".join(f"{n:12d} " for n in blocks[node, name].values())
                out.append(f"Node {node}, zone {name:>8} {row}")
    return "\n".join(out) + "\n"


def mem_info(
    zones: Zones,
    request: str = "",
    page_kib: int = 4,
    letters: Mapping[tuple[int, str], Sequence[str]] | None = None,
    marks: Mapping[tuple[int, str], tuple[int, int, int]] | None = None,
    node: bool = True,
    more: str = "",
) -> str:
    """What show_mem() prints, behind the line of the request; marks in KiB: min, low, high."""
    out = [request, "CPU: 1 PID: 4711 Comm: worker Not tainted 6.1.0 #1", "Call Trace:", " <TASK>"]
    free = {key: sum(n << o for o, n in enumerate(c)) for key, c in zones.items()}
    out += [
        "Mem-Info:",
        "active_anon:1203 inactive_anon:88123 isolated_anon:0",
        " active_file:310 inactive_file:299 isolated_file:0",
        f" free:{sum(free.values())} free_pcp:61 free_cma:0",
    ]
    out += [f"Node {n} active_anon:4812kB inactive_anon:352492kB" for n in {n for n, _ in zones}]
    for key, pages in free.items():
        low = (marks or {}).get(key, (500, 624, 748))
        place = f"Node {key[0]} " if node else ""
        out.append(
            f"{place}{key[1]} free:{pages * page_kib}kB boost:0kB min:{low[0]}kB low:{low[1]}kB"
            f" high:{low[2]}kB active_anon:0kB present:{pages * 9 * page_kib}kB"
            f" managed:{pages * 8 * page_kib}kB free_pcp:0kB {more}"
        )
        out.append("lowmem_reserve[]: 0 0 0 0 0")
    for key, counts in zones.items():
        kinds = (letters or {}).get(key, [""] * len(counts))
        pieces = [
            f"{n}*{page_kib << o}kB" + (f" ({kinds[o]})" if n and kinds[o] else "")
            for o, n in enumerate(counts)
        ]
        place = f"Node {key[0]} " if node else ""
        out.append(f"{place}{key[1]}: {' '.join(pieces)} = {free[key] * page_kib}kB")
    out += [
        "Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB",
        "914 total pagecache pages",
        "0 pages in swap cache",
        f"{sum(free.values()) * 9} pages RAM",
        "0 pages HighMem/MovableOnly",
    ]
    return "\n".join(line for line in out if line) + "\n"


KILLED = (
    "worker invoked oom-killer: gfp_mask=0x40cc0(GFP_KERNEL|__GFP_COMP), order=3, oom_score_adj=0"
)
FAILED = (
    "kworker/1:2: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO),"
    " nodemask=(null),cpuset=/,mems_allowed=0"
)


def stamped(text: str) -> str:
    """As dmesg prints it, with the caller."""
    return "".join(
        f"[{i / 1e4 + 812:12.6f}][{'T4711':>7}] {line}\n"
        for i, line in enumerate(text.splitlines())
    )


def in_syslog(text: str) -> str:
    """As a syslog daemon writes it."""
    return "".join(
        f"Nov 28 04:0{i % 10}:12 db-3 kernel: [{812 + i}.104{i:03d}] {line}\n"
        for i, line in enumerate(text.splitlines())
    )


def in_journal(text: str) -> str:
    """As a journal with ISO time stamps shows it."""
    return "".join(
        f"2026-11-28T04:00:12.{i:06d}+01:00 db-3 kernel: {line}\n"
        for i, line in enumerate(text.splitlines())
    )


def quoted(text: str) -> str:
    """As a reply quotes a reply."""
    return "".join(f"> > {line}\n" for line in text.splitlines())


def broken(text: str) -> str:
    """As a mail program wraps it."""
    return "\n".join("\n".join(wrap(line, 76)) for line in text.splitlines()) + "\n"


def quoted_printable(text: str) -> str:
    """As a mail is sent: soft line breaks after 70 characters, = as =3D."""
    out = []
    for line in text.splitlines():
        line = line.replace("=", "=3D")
        while len(line) > 70:
            cut = 70 - (line[68:70].rfind("=") >= 0) * 3
            out.append(line[:cut] + "=")
            line = line[cut:]
        out.append(line)
    return "\r\n".join(out) + "\r\n"


def torn(text: str) -> str:
    """As a log from before 4.x with each printed piece on a line of its own."""
    out = []
    for line in in_syslog(text).splitlines():
        stamp, _, rest = line.partition("] ")
        node = rest.startswith("Node ") and ("free:" in rest or "*" in rest)
        parts = [" ".join(rest.split(" ", 2)[:2]) + " ", rest.split(" ", 2)[2]] if node else [rest]
        if "*" in parts[-1]:
            head, _, pieces = parts.pop().partition(": ")
            parts = [" ".join([*parts, head]).replace("  ", " ") + ": "]
            parts += [f"{piece}kB" for piece in pieces.split("kB") if piece]
        elif parts[-1].startswith("lowmem_reserve"):
            parts = [part + " " for part in parts[-1].split(" ")]
        out += [f"{stamp}] {part}" for part in parts]
    return "\n".join(out) + "\n"


DRESSES = (stamped, in_syslog, in_journal, quoted, broken, quoted_printable, torn)
