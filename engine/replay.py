"""Replay: the headless twin of the page. A guest, a list of operations and designs in, numbers out.

Each operation becomes the command that the page would send. The numbers are read at one of two
moments: when nothing is left to do (LOOK_IDLE), as on the page, or like a script on a machine when
the command is done, whatever the daemons are still at (LOOK_DONE). Such a script takes its time to
read them, and so do the daemons.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine import commands as c
from engine import units as u
from engine.demands import alloc_answer, alloc_command, parse_alloc, pin_answer
from engine.errors import RefusedError, unknown_name
from engine.guest import VMSTAT_FIELDS, Guest
from engine.ranges import range_answer
from engine.view import GuestView
from engine.world import World, WorldConfig

LOOK_IDLE = "idle"
LOOK_DONE = "done"
LOOKS = (LOOK_IDLE, LOOK_DONE)

# LOOK_DONE: how long after the guest's state was brought back the first command is given, how long
# after a command's end the state is read, and what passes then until the next command, as where
# examples/ was recorded (docs/FIDELITY.md). Nothing was read after huge pages.
BEGIN_MS = 300
READ_MS = 20
PAUSE_MS = 650
_NOT_READ = ("huge",)

MAX_OPS = 1000
MAX_OP_WAIT_S = 24 * 60 * 60
_WITH_NUMBER = {
    "inflate": "MiB", "deflate": "MiB", "huge": "huge pages", "wait": "seconds", "contig": "MiB",
    "pin": "MiB",
}  # fmt: skip
_WITHOUT_NUMBER = ("compact", "drop")
_LIMIT_MIB = c.MAX_PAGES // u.MIB_PAGES

# What a step reports besides got_mib, buddyinfo, vmstat, huge_pages and toggles: statistics of
# engine/view.py.
STEP_STATS: tuple[str, ...] = (
    "nr_free_pages",
    "free_blocks",
    "free_blocks_all",
    "largest_order",
    "unusable_index_9",
    "balloon_target",
    "balloon_actual",
    "balloon_scattered",
    "balloon_dedicated",
    "blocks_with_balloon",  # huge pages of the host that the balloon breaks
    "excess_blocks",
    "thp_potential",
    "host_exits",
    "hook_checks",
    "balloon_repeats",
    "pages_copied",
    "clock_ms",
)

Op = tuple[str, int] | tuple[str, int, int] | tuple[str, int, int, str, str]


def parse_ops(data: object) -> list[Op]:
    """Check a list of operations as read from a JSON file.

    Args:
        data: ``[["inflate", MiB], ["deflate", MiB], ["compact"], ["huge", N], ["drop"],
            ["wait", seconds], ["contig", MiB], ["offline", START_MIB, SIZE_MIB], ["pin", MiB],
            ["alloc", N, ORDER, "unmovable" | "reclaimable" | "atomic", "free" | "keep"]]``;
            alloc's kind and what becomes of its pages may be left out.

    Returns:
        Name and number of each; 0 where there is none, two of offline; alloc's complete.

    Raises:
        RefusedError: anything else, in one sentence with the operation's position.
    """
    if not isinstance(data, list):
        raise RefusedError(f"operations are a JSON list, not {type(data).__name__}")
    if len(data) > MAX_OPS:
        raise RefusedError(f"{len(data)} operations: at most {MAX_OPS} are allowed")
    return [_parse_op(i, item) for i, item in enumerate(data)]


def _parse_op(i: int, item: object) -> Op:
    """One operation; see parse_ops."""
    if not isinstance(item, list) or not item or not isinstance(item[0], str):
        raise RefusedError(f'operation {i} is {item!r:.60}: a list like ["inflate", 200] is needed')
    name = item[0]
    if name in _WITHOUT_NUMBER:
        if len(item) != 1:
            raise RefusedError(f"operation {i}: {name} takes no number, it has {item[1:]!r:.60}")
        return name, 0
    if name == "offline":
        return _parse_offline(i, item)
    if name == "alloc":
        try:
            return parse_alloc(item)
        except RefusedError as error:
            raise RefusedError(f"operation {i}: {error}") from None
    if name not in _WITH_NUMBER:
        known = (*_WITH_NUMBER, *_WITHOUT_NUMBER, "offline", "alloc")
        raise RefusedError(f"operation {i}: {unknown_name('operation', name, known)}")
    unit = _WITH_NUMBER[name]
    if len(item) != 2:
        raise RefusedError(f"operation {i}: {name} needs one number of {unit}")
    number = item[1]
    limit = {"MiB": _LIMIT_MIB, "seconds": MAX_OP_WAIT_S}.get(unit, c.MAX_PAGES >> u.HPAGE_ORDER)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= limit:
        raise RefusedError(
            f"operation {i}: {name} by {number!r:.60}: "
            f"a whole number of {unit} from 1 to {limit} is needed"
        )
    if name == "contig" and number % 2:
        raise RefusedError(
            f"operation {i}: contig by {number}: whole pageblocks of 2 MiB are needed"
        )
    return name, number


def _parse_offline(i: int, item: list[Any]) -> Op:
    """An operation with the range to take offline."""
    if len(item) != 3:
        raise RefusedError(f"operation {i}: offline needs a start and a size in MiB")
    try:
        c.Offline(item[1], item[2])
    except RefusedError as error:
        raise RefusedError(f"operation {i}: offline: {error}") from None
    return "offline", item[1], item[2]


def command_of(op: Op) -> c.Command:
    """The command that an operation stands for."""
    name, number = op[0], op[1]
    if name == "wait":
        return c.Wait(number * 1000)
    if name == "inflate":
        return c.BalloonInflate(u.mib_to_pages(number))
    if name == "deflate":
        return c.BalloonDeflate(u.mib_to_pages(number))
    if name == "huge":
        return c.TakeHugePages(number)
    if name == "drop":
        return c.DropCaches()
    if name == "contig":
        return c.AllocContig(number)
    if name == "pin":
        return c.PinMemory(number)
    if len(op) == 5:
        return alloc_command(op)
    if len(op) == 3:
        return c.Offline(number, op[2])
    return c.CompactMemory()


def op_of(command: c.Command) -> list[Any] | None:
    """The operation that stands for a command: the way back from command_of.

    Returns:
        As parse_ops reads it. None: there is none, as for a target, one request of some order and
        the workload, or for sizes and times that are no whole MiB and seconds.
    """
    match command:
        case c.BalloonInflate(pages) if pages % u.MIB_PAGES == 0:
            return ["inflate", pages // u.MIB_PAGES]
        case c.BalloonDeflate(pages) if pages % u.MIB_PAGES == 0:
            return ["deflate", pages // u.MIB_PAGES]
        case c.Wait(ms) if ms % 1000 == 0:
            return ["wait", ms // 1000]
        case c.CompactMemory():
            return ["compact"]
        case c.DropCaches():
            return ["drop"]
        case c.TakeHugePages(number):
            return ["huge", number]
        case c.AllocContig(size_mib):
            return ["contig", size_mib]
        case c.PinMemory(size_mib):
            return ["pin", size_mib]
        case c.Offline(start_mib, size_mib):
            return ["offline", start_mib, size_mib]
        case c.AllocPages(nr, order, kind, keep):
            return ["alloc", nr, order, kind, "keep" if keep else "free"]
    return None


def exact_mib(nr_pages: int) -> int | float:
    """Pages as MiB: an integer if whole, else with two decimals."""
    if nr_pages % u.MIB_PAGES == 0:
        return nr_pages // u.MIB_PAGES
    return round(nr_pages / u.MIB_PAGES, 2)


def _zones(counts: Sequence[tuple[str, list[int]]], nodes: Sequence[int]) -> list[dict[str, Any]]:
    """Free blocks of every zone; the node is 0 where nobody said."""
    return [
        {"node": nodes[i] if i < len(nodes) else 0, "zone": name, "counts": numbers}
        for i, (name, numbers) in enumerate(counts)
    ]


def _step(op: Op, view: GuestView, before: int, toggles: dict[str, str]) -> dict[str, Any]:
    """The numbers after one operation of one design."""
    name = op[0]
    stats = view.stat_dict()
    step: dict[str, Any] = {"op": [name] if name in _WITHOUT_NUMBER else list(op)}
    if name in ("inflate", "deflate"):
        step["got_mib"] = exact_mib(stats["balloon_actual"] - before)
    step["buddyinfo"] = [stats[f"nr_free_order_{o}"] for o in range(u.NR_PAGE_ORDERS)]
    step["free"] = sum(n << o for o, n in enumerate(step["buddyinfo"]))
    step["vmstat"] = {name: stats[name] for name in VMSTAT_FIELDS}
    step["huge_pages"] = stats["huge_best"] if name == "huge" else None
    if name == "huge":
        step["huge_first"] = stats["huge_first"]
    if name in ("offline", "contig"):
        step["range"] = answer = range_answer(stats)
        stopped = answer["result"] == "stopped"
        step["result"] = f"stopped: {answer['reason']}" if stopped else answer["result"]
    if name == "alloc":
        step["alloc"] = alloc_answer(stats)
        step["result"] = step["alloc"]["sentence"]
    if name == "pin":
        step["pin"] = pin_answer(stats)
        step["result"] = step["pin"]["sentence"]
    step["stats"] = {name: stats[name] for name in STEP_STATS}
    step["toggles"] = dict(toggles)
    return step


class WhenDone(NamedTuple):
    """LOOK_DONE, where the first state was read at another moment than the others.

    Attributes:
        first_read_ms: how long after its end the first operation's numbers are read.
    """

    first_read_ms: int


class Given(NamedTuple):
    """A guest that nobody else needs: it is played itself, which saves a copy.

    Attributes:
        guest: written from now on.
    """

    guest: Guest


def replay(
    base: Guest | Given,
    designs: Iterable[str],
    ops: Iterable[Op],
    seed: int = 1,
    on_step: Callable[[World, int], None] | None = None,
    profile: str = u.PROFILES[u.PROFILE_MODERN],
    nodes: Sequence[int] = (),
    look: str | WhenDone = LOOK_IDLE,
) -> dict[str, Any]:
    """Run operations one after the other.

    Args:
        base: not written, unless it is given away.
        designs: keys.
        ops: as from parse_ops.
        seed: of the world.
        on_step: called after each operation with the world and the operation's number, for checks
            and progress; with LOOK_DONE once per design, with a world of that design alone.
        profile: whose rules the guest follows, one of units.PROFILES.
        nodes: NUMA node of each zone, ascending; 0 by default.
        look: LOOK_IDLE or LOOK_DONE: the moment after each operation at which numbers are read.
            WhenDone is LOOK_DONE with more said of it.

    Returns:
        ``{"designs": {key: [step…]}}``; vmstat counts since the start of the replay.

    Raises:
        RefusedError: a design that cannot be parsed, an unknown profile, or an operation that the
            guest is too small for.
    """
    owned = isinstance(base, Given)
    guest = base.guest if isinstance(base, Given) else base
    world = World(guest, WorldConfig(tuple(designs), seed, profile=profile), owned)
    world.run_until_idle()
    ops = list(ops)
    steps: dict[str, list[dict[str, Any]]] = {}
    if look == LOOK_IDLE:
        steps = _play(world, ops, on_step, World.run_until_idle, nodes)
    else:
        first = look.first_read_ms if isinstance(look, WhenDone) else READ_MS
        for i in range(len(world.keys)):
            alone = world.alone(i, copied=False)  # each is done at a tick of its own
            steps |= _play(alone, ops, on_step, World.run_until_done, nodes, first)
    return {"designs": steps}


def steps_in_turn(
    designs: Mapping[str, Sequence[dict[str, Any]]],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and step of each row of a table: operation by operation, the designs under each other."""
    for i in range(max((len(steps) for steps in designs.values()), default=0)):
        for key, steps in designs.items():
            yield key, steps[i]


def _play(
    world: World,
    ops: list[Op],
    on_step: Callable[[World, int], None] | None,
    run: Callable[[World], int],
    nodes: Sequence[int],
    first_read_ms: int = READ_MS,
) -> dict[str, list[dict[str, Any]]]:
    """Apply operations, each followed by ``run`` and a look; see replay."""
    steps: dict[str, list[dict[str, Any]]] = {key: [] for key in world.keys}
    if run is World.run_until_done:
        world.apply(c.Wait(BEGIN_MS))
        run(world)
    for i, op in enumerate(ops):
        is_read = run is World.run_until_done and op[0] not in _NOT_READ
        before = [world.view(j).stat("balloon_actual") for j in range(len(world.keys))]
        world.apply(command_of(op))
        run(world)
        if is_read:
            world.apply(c.Wait(READ_MS if i else first_read_ms))
            run(world)
        for j, (key, design) in enumerate(zip(world.keys, world.designs, strict=True)):
            step = _step(op, world.view(j), before[j], design.params)
            steps[key].append(step | {"zones": _zones(world.zone_counts(j), nodes)})
        if on_step is not None:
            on_step(world, i)
        if is_read:
            world.apply(c.Wait(PAUSE_MS))
            run(world)
    return steps
