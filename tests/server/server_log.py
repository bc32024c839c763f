"""What a server in this process logs as an error."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

LOGGERS = ("", "uvicorn", "uvicorn.error", "asyncio", "fragscope", "websockets")


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)  # with the traceback, if there is one
        bad = record.levelno >= logging.ERROR or "Traceback" in line
        if bad and self.found[-1:] != [line]:  # it passes several loggers on its way up
            self.found.append(line)


@contextmanager
def faults() -> Iterator[list[str]]:
    """The errors, and whatever has a traceback, logged meanwhile; begin when the server runs."""
    collector = _Collector()
    for name in LOGGERS:
        logging.getLogger(name).addHandler(collector)
    try:
        yield collector.found
    finally:
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(collector)
