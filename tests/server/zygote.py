"""Server processes by fork: each is one to be killed, and starts in a moment.

What it reads are lines ``FOLDER STEP``; what it prints for each are the new process's number and
address. STEP is one of tests/server/kill_at.py, or ``none``. A start from nothing takes seconds of
imports; the process that is killed is a server as any other.
"""

import gc
import os
import signal
import sys

from server.api.serve import address, bind, make_server
from server.compiler.warm import Warm, scene
from server.settings import Settings
from tests.server.kill_at import keep_states_eagerly, plant


def serve(folder: str, step: str) -> None:
    """Be a server until the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    keep_states_eagerly()
    if step != "none":
        plant(step)
    Warm._compile = lambda self: None  # type: ignore[method-assign]  # the parent has done that
    listener = bind("127.0.0.1", 0)
    server = make_server(Settings(port=0, data_dir=folder))
    print(os.getpid(), address(listener), flush=True)
    server.run(sockets=[listener])


def main() -> None:
    """Fork a server for each line."""
    for _ in scene():  # the core is loaded once, for all
        pass
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks what became of them
    print("ready", flush=True)
    for line in sys.stdin:
        if os.fork() == 0:
            try:
                serve(*line.split())
            finally:
                os._exit(0)


if __name__ == "__main__":
    main()
