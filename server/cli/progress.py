"""What is under way, on stderr: one bar for all commands, for whatever takes longer than a second.

Where stderr is no terminal there is a line when that second is over and one at the end, so that a
log says what was done and how long it took.
"""

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

from server.cli.table import draws

if TYPE_CHECKING:  # rich is loaded when there is a bar to draw
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

DELAY_S = 1.0


class ProgressBar:
    """A bar for the time of a ``with`` block; call it with what is under way.

    Threads may call it at once.
    """

    def __init__(self, title: str, delay_s: float = DELAY_S) -> None:
        """Nothing is shown before the block has lasted ``delay_s``.

        Args:
            title: what is done, as a log is to say it: ``compiling the simulator, once``.
            delay_s: seconds.
        """
        self._title = title
        self._delay_s = delay_s
        self._lock = threading.Lock()
        self._now = (title, 0, 0)
        self._begin = 0.0
        self._shown = False
        self._over = False
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> "ProgressBar":
        self._begin = time.monotonic()
        self._timer = threading.Timer(self._delay_s, self._show)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __call__(self, text: str, done: int, total: int) -> None:
        """Say what is under way.

        Args:
            text: in a few words.
            done: of ``total``, in any unit.
            total: 0 if nobody knows.
        """
        with self._lock:
            self._now = (text, done, total)
            self._update()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()
            elif self._shown and error is None:
                seconds = time.monotonic() - self._begin
                sys.stderr.write(f"{self._title}: done after {seconds:.0f} s\n")
                sys.stderr.flush()

    def _show(self) -> None:
        """Begin to show; in the timer's thread."""
        with self._lock:
            if self._over:
                return
            self._shown = True
            if not draws(sys.stderr):
                sys.stderr.write(self._title + "\n")
                sys.stderr.flush()
                return
            self._bar = _new_bar()
            self._task = self._bar.add_task(self._title, total=None)
            self._update()
            self._bar.start()

    def _update(self) -> None:
        if self._bar is not None and self._task is not None:
            text, done, total = self._now
            self._bar.update(self._task, description=text, completed=done, total=total or None)


def _new_bar() -> "Bar":
    """An empty bar: what, how much of it, for how long."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    words = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    return Bar(
        TextColumn("{task.description}", markup=False, table_column=words),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
        transient=True,
        expand=True,
    )
