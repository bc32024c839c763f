"""The process that makes call traces: the core uncompiled, one question after the other.

Started by server/jobs/trace.py with NUMBA_DISABLE_JIT=1. Questions come in on stdin, answers go out
on stdout, each with its length before it; a question is a pickled world of one design and a number
of ticks, from the parent process and nobody else.
"""

import json
import os
import pickle
import signal
import struct
import sys
from typing import IO, Any

LENGTH = struct.Struct("<Q")


def put(stream: IO[bytes], data: bytes) -> None:
    """Send one message."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def take(stream: IO[bytes]) -> bytes | None:
    """The next message; None at the end of the stream."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    data = stream.read(size)
    return data if len(data) == size else None


def answer(question: bytes) -> dict[str, Any]:
    """The trace that a question asks for, or ``{"error": one sentence}``."""
    from engine.trace.predict import predict

    world, ticks = pickle.loads(question)
    try:
        return predict(world, ticks)
    except ValueError as error:
        return {"error": str(error)}


def main() -> int:
    """Answer until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which ends this one
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may speak on that pipe
    from engine.trace.annotations import watched

    watched()  # now, not when somebody waits
    while True:
        question = take(sys.stdin.buffer)
        if question is None:
            return 0
        put(out, json.dumps(answer(question), allow_nan=False).encode())


if __name__ == "__main__":
    sys.exit(main())
