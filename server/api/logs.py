"""The log: lines for people, or JSON lines for a collector. Neither has a token in it.

Nothing is logged per request, and where one is named in the log (a fault of ours) it is by its
path: tokens travel in headers, on the socket and behind the # of an address.
"""

import logging
import sys
import threading
from datetime import UTC, datetime
from typing import Literal

from server.jsontext import dump

LogForm = Literal["text", "json"]  # of Settings.log
_TEXT = "%(levelname)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return dump(line)


def begin_logging(form: LogForm) -> None:
    """Send the log of this process to stderr; what Python itself would print there as well."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(True)
    if form == "json":
        threading.excepthook = _thread_failed


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    error = failed.exc_value or failed.exc_type()
    if not isinstance(error, SystemExit):
        name = failed.thread.name if failed.thread else "?"
        logging.getLogger("fragscope").error("thread %s failed", name, exc_info=error)


def say_where(address: str, form: LogForm) -> None:
    """Tell whoever has started the server where it is: on stdout, or in the log."""
    if form == "json":
        logging.getLogger("fragscope").info("fragscope is at %s", address)
    else:
        print(f"fragscope is at {address}  (Ctrl+C ends it)", flush=True, file=sys.stdout)
