"""Programs that a fresh process runs, with a cache of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]

# Prints what rng_next answers, and what had to be done for it.
RNG = """
from engine import units as u
from engine.core.memory.rng import rng_next
from engine.core.jit.cache import done
from engine.guest import ZoneSpan, make_guest
print(hex(int(rng_next(make_guest((ZoneSpan(u.ZONE_NORMAL, 0, 512),), 1)))))
print(dict(done))
"""
ANSWER = "0x910a2dec89025cc1"
COMPILED = "{'front ends': 1, 'programs': 1, 'wrappers': 1}"
NOTHING = "{}"


def run(code: str, cache: Path, root: Path = ROOT, **environment: str) -> list[str]:
    """Lines that a fresh process prints; it takes the project from ``root``."""
    env = {
        **os.environ, "NUMBA_DISABLE_JIT": "0", "NUMBA_BOUNDSCHECK": "0", "FRAGSCOPE_JIT": "",
        "FRAGSCOPE_CACHE_DIR": str(cache), "PYTHONPATH": str(root), **environment,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=root, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()
