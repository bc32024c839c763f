"""A folder that looks like /proc of a small machine, and clocks that a test moves."""

from pathlib import Path

from tests.engine.small_capture import small


def made_proc(folder: Path, **files: bytes | None) -> Path:
    """The small machine's files; ``name=None`` leaves one out.

    Args:
        folder: made here.
        files: contents instead of the machine's own.
    """
    folder.mkdir()
    for name, body in {**small(), **files}.items():
        if body is not None:
            (folder / name).write_bytes(body)
    return folder


class Clock:
    """A clock that goes on by ``step`` each time it is read."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 100.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now
