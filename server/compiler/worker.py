"""One process of the compiler's pool: does steps until the pool, or whoever made it, ends."""

import gc
import os
import signal
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from threading import Thread


def begin(cache_folder: str, stop: Connection) -> None:
    """Called once in each worker, before its first step.

    Args:
        cache_folder: where compiled code goes.
        stop: when its other end is closed the worker ends, whatever it does.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which ends this one
    os.environ["FRAGSCOPE_CACHE_DIR"] = cache_folder
    os.nice(10)  # whoever looks at the recorded memory meanwhile comes first
    gc.disable()  # a tenth of the front end's time, and a worker lives half a minute
    Thread(target=_watch, args=(stop,), name="watch", daemon=True).start()


def _watch(stop: Connection) -> None:
    """End with the pool, and with a parent that was killed."""
    parent = parent_process()
    assert parent is not None
    wait([stop, parent.sentinel])
    os._exit(1)


def do(step: str) -> str:
    """Do one step of engine/core/jit/precompile.py; returns its name."""
    from engine.core.jit.precompile import run_step

    run_step(step)
    return step
