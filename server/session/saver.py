"""When the past of a session keeps a state on the disk, so that a killed server returns fast."""

from engine.history.history import History
from server.journal.state_file import StateFile
from server.session.last_state import save_rows
from server.wire.config import SessionConfig

APART_MS = 5000.0  # of replay from one kept state to the next
SETTLED_S = 2.0  # after so long the journal has a tick (server/session/keeper.py: NOTE_S)


class Saver:
    """Keeps a state now and then. Owned by the thread of a past."""

    def __init__(self, file: StateFile | None) -> None:
        """Nothing is kept yet.

        Args:
            file: where; None: nowhere.
        """
        self._file = file
        self.forget()

    def forget(self) -> None:
        """Another session takes the place of the one before."""
        self._work = 0.0
        self._line = 0
        self._seen = (0.0, 0)  # when, and the tick then
        self._settled = 0

    def learn(self, tick: int, now: float) -> None:
        """The session is at a tick, by a clock in seconds; the journal may be a second behind."""
        if now - self._seen[0] >= SETTLED_S:
            self._settled, self._seen = self._seen[1], (now, tick)

    def look(self, history: History, number: int, config: SessionConfig) -> None:
        """Keep the last checkpoint that the journal knows of, if it is worth it.

        Args:
            history: of the session.
            number: of the timeline that it is on.
            config: of the session.
        """
        line = history.timeline(number)
        if self._line != number:
            self._line, self._work = number, 0.0
        if self._file is None or line.work - self._work < APART_MS:
            return
        node = line.nodes[line.before((self._settled, len(line.entries)))]
        if node.work - self._work < APART_MS / 2:
            return
        self._work = node.work
        save_rows(self._file, config, line.entries[: node.index], node.rest, history.whole(node))
