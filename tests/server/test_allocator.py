"""What the server lets go goes back to the machine."""

import ctypes
import subprocess
import sys
from pathlib import Path

from server.allocator import ARENAS, keep_compact

# Arrays of many sizes in threads, with something small that stays after each: what is let go then
# lies between what is not. Prints the MiB that are resident afterwards beyond those before.
CHURN = """
import ctypes, sys, threading
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
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
print(resident() - before, Path(sys.argv[2]).read_text().count("<heap nr="))
"""


def grown(how: str, folder: Path) -> tuple[int, int]:
    """MiB that stay resident, and arenas."""
    command = [sys.executable, "-c", CHURN, how, str(folder / how)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    mib, arenas = map(int, done.stdout.split())
    return mib, arenas


def test_what_was_let_go_goes_back_to_the_machine(tmp_path: Path) -> None:
    if not hasattr(ctypes.CDLL(None), "mallopt"):  # musl, macOS: nothing is set, and nobody fails
        assert not keep_compact()
        return
    mib, arenas = grown("compact", tmp_path)
    assert arenas <= ARENAS
    assert mib < 160, "of some 420 MiB that were taken at a time"
    assert grown("as", tmp_path)[1] > ARENAS, "by itself the C library makes one for each thread"
