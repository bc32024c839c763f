"""The numbers of stress-highalloc: recipe, guest, work, balloon. docs/HIGHALLOC.md says why.

They were written down and justified before any design was run on them. None may be changed to bring
a score closer to a published one.
"""

from dataclasses import dataclass, fields, replace

SLOT_MS = 125  # one attempt of the test: 2 MiB at 16 MiB/s
SLOTS_PER_SECOND = 1000 // SLOT_MS


@dataclass(frozen=True)
class HighallocParams:
    """One configuration of the benchmark.

    Attributes:
        memory_mib: the guest's memory.
        tree_mib: a kernel tree with its objects, as the recipe counts it; one build per tree that
            fits in memory, plus the primary one.
        disk_mib_per_second: disk throughput while trees are copied and files are read.
        run_in_s: builds alone, before the first pass.
        pause_s: after a pass.
        wait_s: builds alone, after the second pass.
        percent: of memory, that a pass tries to take.
        jobs_per_second: compilations that the guest completes, all builds together.
        cc1_pages: anonymous pages of the compiler proper; each job draws from half to 3/2 of it.
        helper_pages: anonymous pages of shell, compiler driver and assembler, one after another.
        make_pages: anonymous pages of a build's chain of makes.
        thp_percent: compilations part of which becomes one transparent huge page.
        kernel_pages: unmovable pages of one process: page tables of its text, stack, slab.
        lingering_pages: unmovable pages that a compilation leaves behind for a while.
        linger_jobs: how many compilations later they are freed.
        header_pages: headers of one tree that its build reads again and again.
        headers_read: pages of them that one compilation reads.
        source_pages: pages of one source file and its dependencies, read once.
        object_pages: page-cache pages that a compilation writes and keeps.
        temporary_pages: pages of its assembler text, deleted when it ends.
        tool_pages: text of compiler, assembler, make, libraries: mapped by all.
        tools_read: pages of it that one compilation touches.
        meta_pages: reclaimable slab pages for a MiB of page cache: buffer heads, radix tree nodes.
        inode_slabs: slabs of order 3 for the inodes of a tree.
        dentry_slabs: slabs of order 0 for its directory entries.
        stuck_percent: reclaimable slabs that hold an object in use and are not freed.
        dirty_seconds: age at which a dirty page is written.
        dirty_percent: of memory, above which pages are written at once.
        system_anon_pages: anonymous pages of the system's services.
        system_file_pages: their page cache, half of it mapped.
        system_kernel_pages: the kernel's own unmovable pages after boot.
        rested_min_free_kb: min_free_kbytes of the last pass.
        balloon_mib: most that the balloon takes.
        chunk_mib: step by which it moves.
        period_s: seconds from one movement to the next.
    """

    memory_mib: int = 4096
    tree_mib: int = 400
    disk_mib_per_second: int = 12
    run_in_s: int = 300
    pause_s: int = 5
    wait_s: int = 180
    percent: int = 95
    jobs_per_second: float = 1.6
    cc1_pages: int = 4000
    helper_pages: int = 1400
    make_pages: int = 2500
    thp_percent: int = 30
    kernel_pages: int = 24
    lingering_pages: int = 2
    linger_jobs: int = 100
    header_pages: int = 2500
    headers_read: int = 800
    source_pages: int = 10
    object_pages: int = 23
    temporary_pages: int = 75
    tool_pages: int = 6000
    tools_read: int = 1000
    meta_pages: int = 8
    inode_slabs: int = 910
    dentry_slabs: int = 1430
    stuck_percent: int = 10
    dirty_seconds: int = 30
    dirty_percent: int = 10
    system_anon_pages: int = 25600
    system_file_pages: int = 38400
    system_kernel_pages: int = 12800
    rested_min_free_kb: int = 1024
    balloon_mib: int = 512
    chunk_mib: int = 64
    period_s: int = 60


# A guest of 256 MiB that goes through all phases in a few seconds: for tests and a first look.
SMALL= HighallocParams(
    memory_mib=256, tree_mib=48, disk_mib_per_second=24, run_in_s=6, pause_s=1, wait_s=4,
    jobs_per_second=2.0, cc1_pages=500, helper_pages=200, make_pages=300, linger_jobs=20,
    header_pages=300, headers_read=100, tool_pages=800, tools_read=150, inode_slabs=100,
    dentry_slabs=160, dirty_seconds=3, system_anon_pages=1600, system_file_pages=2400,
    system_kernel_pages=1024, balloon_mib=32, chunk_mib=8, period_s=4,
)  # fmt: skip

# A guest of 1 GiB with one processor, about a quarter of v11 and quicker: also run on a real 6.12
# (docs/HIGHALLOC.md). Kernel and image of that guest take the 64 MiB that are missing here.
LAB = HighallocParams(
    memory_mib=960, tree_mib=100, disk_mib_per_second=32, run_in_s=40, wait_s=20,
    cc1_pages=1000, helper_pages=350, make_pages=625, kernel_pages=12, linger_jobs=50,
    header_pages=625, headers_read=200, tool_pages=1500, tools_read=250, inode_slabs=228,
    dentry_slabs=358, dirty_seconds=10, system_anon_pages=6400, system_file_pages=9600,
    system_kernel_pages=3200, balloon_mib=128, chunk_mib=16, period_s=15,
)  # fmt: skip

STRESS_PRESETS: dict[str, HighallocParams] = {
    "v11": HighallocParams(balloon_mib=512, chunk_mib=64),
    "v10": HighallocParams(balloon_mib=1024, chunk_mib=256),
    "lab": LAB,
    "small": SMALL,
}

# What the recipe itself, the machine and the cover letters prescribe; the rest is our estimate.
PRESCRIBED = (
    "memory_mib", "tree_mib", "run_in_s", "pause_s", "wait_s", "percent", "rested_min_free_kb",
    "balloon_mib", "chunk_mib", "period_s",
)  # fmt: skip
ESTIMATED = tuple(f.name for f in fields(HighallocParams) if f.name not in PRESCRIBED)


def with_change(params: HighallocParams, name: str, percent: int) -> HighallocParams:
    """The same configuration with one number changed by ``percent``.

    Args:
        params: the configuration to change.
        name: field to change.
        percent: -30 makes it 0.7 of what it was; integers are rounded, changing by at least 1.
    """
    value = getattr(params, name)
    changed = value * (100 + percent) / 100
    if isinstance(value, int):
        changed = round(changed)
        if changed == value:
            changed += 1 if percent > 0 else -1
    return replace(params, **{name: changed})
