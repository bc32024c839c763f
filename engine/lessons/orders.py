"""The commands of a lesson: those of an operations file, and two more."""

from collections.abc import Iterable

from engine import commands as c
from engine.errors import RefusedError
from engine.replay import command_of, parse_ops

MAX_LESSON_ORDERS = 40  # of one list in a lesson

# Kind, as expressions count it -> types of command.
ORDER_KINDS: dict[str, tuple[str, ...]] = {
    "inflate": (c.BalloonInflate.type,),
    "deflate": (c.BalloonDeflate.type,),
    "target": (c.BalloonTarget.type,),
    "balloon": (c.BalloonInflate.type, c.BalloonDeflate.type, c.BalloonTarget.type),
    "compact": (c.CompactMemory.type,),
    "direct": (c.DirectCompact.type,),
    "huge": (c.TakeHugePages.type,),
    "drop": (c.DropCaches.type,),
    "wait": (c.Wait.type,),
    "contig": (c.AllocContig.type,),
    "offline": (c.Offline.type,),
    "alloc": (c.AllocPages.type,),
    "pin": (c.PinMemory.type,),
    "workload": (c.SetWorkload.type,),
    "all": tuple(c.COMMANDS),
}


def parse_orders(data: object) -> tuple[c.Command, ...]:
    """The commands that a list in a lesson stands for.

    Args:
        data: as for engine.replay.parse_ops, or ``["direct", ORDER]``,
            ``["workload", RATE, TICKS]``.

    Raises:
        RefusedError: anything else; one sentence.
    """
    if not isinstance(data, list) or not data:
        raise RefusedError(f"{data!r:.60}: a list of commands like [compact] is needed")
    if len(data) > MAX_LESSON_ORDERS:
        raise RefusedError(f"{len(data)} commands: at most {MAX_LESSON_ORDERS} are allowed")
    return tuple(_parse(item) for item in data)


def _parse(item: object) -> c.Command:
    if isinstance(item, list) and item and item[0] == "direct":
        if len(item) != 2:
            raise RefusedError("direct needs one number, the order")
        return c.DirectCompact(item[1])
    if isinstance(item, list) and item and item[0] == "workload":
        if len(item) != 3 or item[2] == 0:
            raise RefusedError("workload needs two numbers: operations a tick, and ticks")
        return c.SetWorkload(True, item[1], item[2])
    try:
        return command_of(parse_ops([item])[0])
    except RefusedError as error:
        raise RefusedError(str(error).removeprefix("operation 0: ")) from None


def counted(kind: str, given: Iterable[c.Command]) -> int:
    """How many commands of a kind there are."""
    types = ORDER_KINDS[kind]
    return sum(one.type in types for one in given)
