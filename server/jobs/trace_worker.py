"""The process that makes call traces: the core uncompiled, one question after the other.

Started by server/jobs/trace.py with NUMBA_DISABLE_JIT=1 and the number of a pipe. A question is a
world of one design, how many ticks and how many calls of them, pickled, from the parent process
and nobody else; an answer is whether the trace was made, and its JSON or the reason why not.
"""

import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

from engine.errors import RefusedError
from server.jsontext import dump


def main(pipe: "Connection[Any, Any]") -> None:
    """Answer until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which ends this one
    from engine.trace.annotations import watched
    from engine.trace.predict import predict

    watched()  # now, not when somebody waits
    while True:
        try:
            world, ticks, most = pipe.recv()
        except EOFError:
            return
        try:
            trace = predict(world, ticks, most)
        except RefusedError as error:
            pipe.send((False, str(error).encode()))
        else:
            pipe.send((True, dump(trace).encode()))


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
