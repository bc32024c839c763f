"""History: the way back to any tick of a log, by checkpoints and replay; pure.

One world serves it: it follows the log to its end, keeps checkpoints on the way, and is put back to
one of them and played on when an earlier state is asked for. The present is another world and is
never touched. Checkpoints are apart by what it costs to replay from one to the next, in a measure
that the caller reads (milliseconds, as a rule): the engine has no clock, and no state depends on
where the checkpoints are.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.commands import Command
from engine.errors import RefusedError
from engine.history.chronicle import Chronicle, Predicate, Stretch
from engine.history.image import Image
from engine.history.stored import Depot, Rows, Stored, own_bytes, skip_parent
from engine.log import MAIN, Entry, play
from engine.world import World

MAX_CHAIN = 96  # checkpoints from a key frame to the next
PATCHED = 0.4  # of all words: what the changes of such a chain may come to
DENSER = 5  # times, around a tick that somebody has stepped back to
THIN_TO = 0.9  # of the bytes allowed, so that not every checkpoint has to make room

Spot = tuple[int, int]  # tick, commands contained
Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class Keeping:
    """How much is kept.

    Attributes:
        spacing: between checkpoints, in the caller's measure; more where one costs more than that.
        nbytes: memory for checkpoints; beyond it the oldest go to the depot.
        away: bytes there; beyond them checkpoints are thinned.
        depot: None: there is none.
    """

    spacing: float = 80.0
    nbytes: int = 1 << 30
    away: int = 1 << 32
    depot: Depot | None = None


@dataclass(eq=False)
class Track:
    """One log, as far as it is known, and what is kept of its states.

    Attributes:
        entries: its commands, those before the fork included.
        known: the log is complete up to this tick.
        nodes: checkpoints in order of their place; the first is of tick 0.
        chronicle: what was true when.
        tip: how far it has been followed.
        work: what that took from tick 0.
    """

    entries: list[Entry]
    known: int
    nodes: list[Stored]
    chronicle: Chronicle
    tip: Spot = (0, 0)
    work: float = 0.0

    def index_at(self, tick: int, index: int | None = None) -> int:
        """Commands that a moment contains: ``index``, or all up to its tick."""
        if index is not None:
            return index
        return bisect_right(self.entries, tick, key=lambda entry: entry.tick)

    @property
    def end(self) -> Spot:
        """The latest known place."""
        return self.known, self.index_at(self.known)

    def before(self, place: Spot) -> int:
        """Which checkpoint is the last at or before a place."""
        return bisect_right(self.nodes, place, key=lambda node: node.place) - 1


@dataclass
class _Where:
    """Where the one world is.

    Attributes:
        timeline: None where the way to a place was broken off.
        index: commands that its state contains.
    """

    timeline: Track | None
    index: int


def _nothing(done: float, total: float) -> None:
    """Never break off."""


class History:
    """Earlier states of one session, all its timelines included."""

    def __init__(
        self, world: World, measure: Callable[[], float], limits: Keeping | None = None
    ) -> None:
        """Nothing is followed yet.

        Args:
            world: at tick 0 without a command; owned from now on.
            measure: reading of the caller's measure of work; never falls.
            limits: see there.
        """
        self.world = world
        self.limits = limits or Keeping()
        self._measure = measure
        self._cost = 0.0  # of the last checkpoint that is no key frame
        self._way = 0.0  # what the last way from one checkpoint to another took
        self._image = Image(point := world.glance())
        first = self._image.keep_whole(point, 0, 0.0, None)
        self.timelines = {MAIN: Track([], 0, [first], Chronicle(world))}
        self._where = _Where(self.timelines[MAIN], 0)

    @property
    def nbytes(self) -> int:
        """Memory of all checkpoints."""
        return sum(node.nbytes for node in self._nodes())

    def _nodes(self) -> list[Stored]:
        """Every checkpoint once."""
        kept = {id(node): node for line in self.timelines.values() for node in line.nodes}
        return list(kept.values())

    def timeline(self, number: int) -> Track:
        """A timeline.

        Raises:
            RefusedError: there is none of that number.
        """
        if number not in self.timelines:
            raise RefusedError(f"timeline {number}: this session has {len(self.timelines)}")
        return self.timelines[number]

    def learn(self, entries: Sequence[Entry], tick: int, number: int = MAIN) -> None:
        """The log has grown: ``entries`` are new, and up to ``tick`` there are no others."""
        line = self.timeline(number)
        line.entries += entries
        line.known = max(line.known, tick)

    def fork(self, number: int, place: Spot, parent: int = MAIN) -> None:
        """A timeline that has everything of another up to a place, and then its own log.

        Raises:
            RefusedError: the place is not on the other, or the number is taken.
        """
        line = self.timeline(parent)
        if number in self.timelines:
            raise RefusedError(f"timeline {number} is there already")
        tick, index = self._checked(line, *place)
        nodes = line.nodes[: line.before(place) + 1]
        new = Track(line.entries[:index], tick, nodes, line.chronicle.truncated(tick))
        new.tip, new.work = min((line.tip, line.work), ((tick, index), nodes[-1].work))
        self.timelines[number] = new

    # -- forward
    def behind(self, number: int = MAIN) -> bool:
        """Whether there is more to follow."""
        line = self.timeline(number)
        return line.tip < line.end

    def follow(self, go_on: Callable[[], bool], number: int = MAIN) -> None:
        """Go on from the furthest place to the end of the log, or until ``go_on`` says no."""
        line = self.timeline(number)
        if not self.behind(number):
            return
        self._move(line, line.tip, _nothing)
        while line.tip < line.end and go_on():
            self._forward(line, line.end)

    def _forward(self, line: Track, end: Spot) -> None:
        """One step from the tip: a command, a tick, or a stretch of idle ticks."""
        begin = self._measure()
        tick, index = line.tip
        coming = line.entries[index] if index < len(line.entries) else None
        if coming is not None and coming.tick <= tick:
            self.world.apply(coming.command)
            index += 1
        else:
            until = end[0] if coming is None else min(end[0], coming.tick)
            self.world.step(1 if self.world.busy() else until - tick)
        line.chronicle.note(self.world)
        line.tip = (self.world.tick, index)
        self._where.index = index
        line.work += self._measure() - begin
        if line.work - line.nodes[-1].work >= max(self.limits.spacing, self._cost):
            self._keep(line, line.tip, line.work, line.nodes[-1])

    # -- keeping
    def _keep(self, line: Track, place: Spot, work: float, parent: Stored) -> None:
        """Take a checkpoint of the world's present state, after ``parent``."""
        begin = self._measure()
        image, point = self._image, self.world.glance()
        chain = parent.chain()
        node = None
        if len(chain) < MAX_CHAIN and sum(one.nr_words for one in chain) < image.nr_words * PATCHED:
            image.seek(parent, lambda: None)
            node = image.keep_changes(point, place[1], work)
        if node is None:
            node = image.keep_whole(point, place[1], work, chain[-1])
        line.nodes.insert(line.before(place) + 1, node)
        if node.parent is not None:  # a key frame costs more, and comes seldom
            self._cost = self._measure() - begin
        if self.nbytes > self.limits.nbytes:
            self._send_away()
        if self.nbytes > self.limits.nbytes:
            self._thin()

    def _send_away(self) -> None:
        """Let the depot have checkpoints, the oldest first."""
        depot, room = self.limits.depot, self.limits.away - sum(n.away for n in self._nodes())
        excess = self.nbytes - self.limits.nbytes * THIN_TO
        for node in self._nodes():
            if depot is None or excess <= 0:
                return
            if node.away or node.nbytes > room:
                continue
            before = self.nbytes
            if not node.send_away(depot):
                return
            if node.parent is None:
                self._count_after(node)
            excess, room = excess - (before - self.nbytes), room - node.away

    def _thin(self) -> None:
        """Give up checkpoints where that lengthens the way least for the memory that it frees."""
        excess = self.nbytes - self.limits.nbytes * THIN_TO
        while excess > 0:
            children = Counter(id(node.parent) for node in self._nodes())
            best: tuple[float, Track, int] | None = None
            for line in self.timelines.values():
                for i in range(1, len(line.nodes) - 1):
                    node = line.nodes[i]
                    followed = children[id(node)]
                    if node.parent is None and followed > 1:
                        continue  # a key frame that several start from
                    gap = line.nodes[i + 1].work - line.nodes[i - 1].work
                    # What follows a key frame becomes one; what follows changes takes them over.
                    frees = node.nbytes / (1 if not followed else 4 if node.parent else 16)
                    rank = gap / (frees + node.away / 4)
                    if best is None or rank < best[0]:
                        best = (rank, line, i)
            if best is None:
                return
            before = self.nbytes
            self._give_up(best[1].nodes[best[2]])
            excess -= before - self.nbytes

    def _give_up(self, node: Stored) -> None:
        for child in self._nodes():
            if child.parent is node and node.parent is None:
                self._image.make_whole(child)
            elif child.parent is node:
                skip_parent(child)
        for line in self.timelines.values():
            if node not in line.nodes:
                continue
            i = line.nodes.index(node)
            del line.nodes[i]
            if node.parent is None:  # rows that it shared are now the next key frame's own
                keys = [one for one in line.nodes[:i] if one.parent is None]
                after = next((one for one in line.nodes[i:] if one.parent is None), None)
                if after is not None:
                    after.nbytes = own_bytes(after, keys[-1] if keys else None)

    def _count_after(self, key: Stored) -> None:
        """Count the rows that the next key frames shared with one that is away as their own."""
        for line in self.timelines.values():
            keys = [one for one in line.nodes if one.parent is None]
            if key in keys[:-1]:
                after = keys[keys.index(key) + 1]
                after.nbytes = own_bytes(after, None)

    # -- back
    def go(
        self, tick: int, index: int | None = None, number: int = MAIN, look: Progress = _nothing
    ) -> World:
        """Bring the world to an earlier state; it may be looked at until the next call.

        Args:
            tick: which; not after the known end.
            index: commands that the state contains; None: all up to that tick.
            number: of the timeline.
            look: told how much work is done, and how much there is; may raise to break off.

        Raises:
            RefusedError: there is no such state.
        """
        line = self.timeline(number)
        place = self._checked(line, tick, line.index_at(tick, index))
        self._move(line, min(place, line.tip), look)
        first = line.tip[0]
        while line.tip < place:
            self._forward(line, place)
            look(line.tip[0] - first, tick - first)  # what a tick costs is not known beforehand
        return self.world

    def whole(self, node: Stored) -> list[Rows]:
        """The columns of a checkpoint, to be kept outside of this process."""
        self._image.seek(node, lambda: None)
        return self._image.rows()

    def try_out(self, command: Command) -> None:
        """Whether a command fits the state that go() has brought the world to.

        Raises:
            RefusedError: it does not.
        """
        self._where.timeline = None  # the state is another one afterwards
        self.world.apply(command)

    def _checked(self, line: Track, tick: int, index: int) -> Spot:
        if not 0 <= tick <= line.known:
            raise RefusedError(f"tick {tick} has not come yet: the session is at {line.known}")
        first = bisect_right(line.entries, tick - 1, key=lambda entry: entry.tick)
        last = line.index_at(tick)
        if not first <= index <= last:
            raise RefusedError(f"at tick {tick} there were {first} to {last} commands, not {index}")
        return tick, index

    def _move(self, line: Track, place: Spot, look: Progress) -> None:
        """Bring the world to a place that has been followed, from wherever is nearest."""
        node = line.nodes[line.before(place)]
        here = (self.world.tick, self._where.index)
        begin, total = self._measure(), self._between(line, node, place)

        def told() -> None:
            look(self._measure() - begin, total)

        if self._where.timeline is not line or not node.place <= here <= place:
            self._where.timeline = None  # unless it gets there
            total += self._way
            self._image.seek(node, told)
            self.world.restore(self._image.checkpoint())
            self._where.index, self._way = node.index, self._measure() - begin
        coming = line.entries[self._where.index : place[1]]
        self._where.timeline = None
        play(self.world, coming, place[0], told)
        self._where.timeline, self._where.index = line, place[1]

    def _between(self, line: Track, node: Stored, place: Spot) -> float:
        """About what it takes to get from a checkpoint to a place."""
        i = line.nodes.index(node) + 1
        after = line.nodes[i] if i < len(line.nodes) else None
        end, work = (after.place, after.work) if after else (line.tip, line.work)
        share = (place[0] - node.tick) / max(end[0] - node.tick, 1)
        return (work - node.work) * share

    def densify(self, tick: int, go_on: Callable[[], bool], number: int = MAIN) -> None:
        """Keep more checkpoints around a tick that somebody has stepped back to."""
        line = self.timeline(number)
        while go_on():
            i = line.before((tick, line.index_at(tick)))
            node = line.nodes[i]
            last = i + 1 == len(line.nodes)
            end = line.tip if last else line.nodes[i + 1].place
            work = line.work if last else line.nodes[i + 1].work
            apart = max(self.limits.spacing / DENSER, self._cost / 2)
            if work - node.work < 2 * apart or not self._add(line, node, end, apart):
                return

    def _add(self, line: Track, node: Stored, end: Spot, apart: float) -> bool:
        """Keep a checkpoint so much work after another; whether it is there, and stays."""
        if self.nbytes > self.limits.nbytes * THIN_TO:
            return False
        self._move(line, node.place, _nothing)
        begin = self._measure()
        while self.world.tick + 1 < end[0]:
            tick = self.world.tick
            self._move(line, (tick + 1, line.index_at(tick)), _nothing)
            done = self._measure() - begin
            if done >= apart:
                before = len(line.nodes)
                self._keep(line, (self.world.tick, self._where.index), node.work + done, node)
                return len(line.nodes) > before
        return False

    # -- asking
    def find(self, predicate: Predicate, number: int = MAIN) -> list[Stretch]:
        """Stretches of ticks in which a predicate holds, as far as the log has been followed.

        Raises:
            RefusedError: see Chronicle.find.
        """
        return self.timeline(number).chronicle.find(predicate)
