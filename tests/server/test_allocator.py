"""What the server lets go goes back to the machine."""

import ctypes
import subprocess
import sys

from server.allocator import keep_compact

# Arrays of many sizes in threads, with something small that stays after each: what is let go then
# lies between what is not. Prints the MiB that are resident afterwards beyond those before.
CHURN = """
import sys, threading
from pathlib import Path
import numpy as np
from server.allocator import give_back, keep_compact
if sys.argv[1] == "compact":
    assert keep_compact()
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20
def churn(stays, draw):
    for _ in range(12):
        arrays = []
        for size in draw.integers(1 << 20, 12 << 20, 8):
            arrays.append(np.ones(size, np.uint8))
            stays.append(np.ones(100_000, np.uint8))
            stays[:-4] = []
def main():
    draws = [np.random.default_rng(seed) for seed in range(8)]
    threads = [threading.Thread(target=churn, args=([], draw)) for draw in draws]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
kept = []
before = resident()
main()
if sys.argv[1] == "compact":
    give_back()
print(resident() - before)
"""


def grown(how: str) -> int:
    """MiB that stay resident."""
    command = [sys.executable, "-c", CHURN, how]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout)


def test_what_was_let_go_goes_back_to_the_machine() -> None:
    if not hasattr(ctypes.CDLL(None), "mallopt"):  # musl, macOS: nothing is set, and nobody fails
        assert not keep_compact()
        return
    assert grown("compact") < 24
    assert grown("as it is") > 48
