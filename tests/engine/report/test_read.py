"""Reading never fails but in a sentence, and never takes long, whatever it is given."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time

import pytest

from engine.errors import RefusedError
from engine.report.answer import answer_of
from engine.report.read import MAX_UNREAD, read_report
from tests.engine.report import samples as s
from tests.engine.report.test_collect import packed
from tests.engine.report.test_proc import BLOCKS, SUMS, TYPES, ZONEINFO
from tests.project_files import ROOT

MUTANTS = 10_000 if os.environ.get("FRAGSCOPE_HYPOTHESIS") == "soak" else 300
_SIGNS = b"0123456789 \n:>=*()kB-,.NodezoneM\xff\0\x1b[]&"


def seeds() -> list[bytes]:
    """Reports of every kind, small."""
    text = s.pagetypeinfo(TYPES, BLOCKS, mixed=True) + s.buddyinfo(SUMS) + ZONEINFO
    log = s.mem_info(s.SMALL, s.KILLED)
    files = {"sos/proc/buddyinfo": s.buddyinfo(SUMS).encode(), "sos/var/log/dmesg": log.encode()}
    return [
        text.encode(),
        *(dress(log).encode() for dress in s.DRESSES),
        packed(files, "w"), packed(files, "w:gz"), packed(files, "w:xz"), packed(files, "w:bz2"),
    ]  # fmt: skip


def mutant(rng: random.Random, known: list[bytes]) -> bytes:
    """One report with a few things wrong."""
    body = bytearray(rng.choice(known))
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(body) + 1)
        size = rng.choice((1, 1, 2, 8, 64, 512))
        kind = rng.randrange(6)
        if kind == 0:
            del body[at : at + size]
        elif kind == 1:
            body[at:at] = bytes(rng.choice(_SIGNS) for _ in range(size))
        elif kind == 2:
            body[at : at + size] = bytes(rng.choice(_SIGNS) for _ in range(size))
        elif kind == 3:
            body[at:at] = body[at : at + size] * rng.choice((2, 40))
        elif kind == 4:
            other = rng.choice(known)
            cut = rng.randrange(len(other))
            body[at:at] = other[cut : cut + size * 8]
        elif body:
            body[at % len(body)] ^= 1 << rng.randrange(8)
    return bytes(body)


@pytest.mark.timeout(3600)
def test_no_mutant_leaves_a_traceback_or_costs_more_than_it_may() -> None:
    rng, known = random.Random(4711), seeds()
    slowest, read = 0.0, 0
    for number in range(MUTANTS):
        body = mutant(rng, known)
        began = time.process_time()
        try:
            answer = answer_of(read_report(body), order=rng.randrange(24))
            json.dumps(answer, allow_nan=False)
            read += 1
        except RefusedError as error:
            assert "\n" not in str(error), number
        slowest = max(slowest, time.process_time() - began)
    assert slowest < 2
    assert read > MUTANTS // 3


_CHILD = """
import resource, sys, time
from engine.report.answer import answer_of
from engine.report.read import read_report
body = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
answer_of(read_report(body))
assert "numba" not in sys.modules
print(time.process_time(), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""


@pytest.mark.parametrize("kind", ["rows", "logs", "numbers", "zones"])
def test_a_text_of_4_mib_costs_seconds_and_bounded_memory(kind: str) -> None:
    row, log = s.buddyinfo(s.SMALL), s.mem_info(s.SMALL, s.KILLED)
    text = {
        "rows": row,
        "logs": log,
        "numbers": "a 1\n",
        "zones": "".join(f"Node {i}, zone Z {'1 ' * 11}\n" for i in range(1000)),
    }[kind]
    body = (row + text * ((4 << 20) // len(text))).encode()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD], input=body, capture_output=True, check=True, cwd=ROOT
    )
    seconds, mib = done.stdout.split()
    assert float(seconds) < 10  # two, where nothing else runs
    assert int(mib) < 200


def test_lines_without_meaning_are_listed_to_a_limit() -> None:
    report = read_report((s.buddyinfo(s.SMALL) + "noise\n" * 5000).encode())
    assert sum(line.kind is None for line in report.lines) == MAX_UNREAD
    assert report.passed == (f"the text: {5000 - MAX_UNREAD} more lines in which nothing was read",)
