"""The process that compiles: what goes in comes out, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys


def test_it_answers_each_name_when_it_is_compiled(tmp_path):
    env = {**os.environ, "FRAGSCOPE_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "server.compiler.worker"],
        input="rng.rng_next\nrng.rng_below\n",
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "rng.rng_next\nrng.rng_below\n"
    assert {path.name.partition("-")[0] for path in tmp_path.rglob("*.nbc")} == {
        "rng.rng_next",
        "rng.rng_below",
    }


def test_a_name_that_is_none_ends_it():
    done = subprocess.run(
        [sys.executable, "-m", "server.compiler.worker"],
        input="rng.nothing\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stdout == ""
