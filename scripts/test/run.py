"""Maintainers: run the legs of `make test` and sum them up; the Makefile and CI call it.

    python scripts/test/run.py [LEG ...]      all legs without arguments

A leg that needs a tool of the system gets it from apt where this runs as root. What cannot be had
is named in the last lines and counts as a failure only if FRAGSCOPE_REQUIRE (a comma-separated
list of legs) asks for it. The last line is "N passed, N failed" over all legs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "test-results"
CORE = RESULTS / "core-cache"  # the core as the first start has compiled it, for the other legs
PYTHON = sys.executable
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# What compiles nothing, or uses the core as others do (replays show all of it): one leg will do.
_ONCE = """race report history because core/jit stress trace/test_reasons.py capture/test_drawn.py
    capture/test_archive.py test_designs.py test_lockstep.py test_presets.py test_spread.py
    test_unpack.py test_world.py"""
ABOVE_CORE = tuple(f"--ignore=tests/engine/{name}" for name in _ONCE.split())

# A tool: the commands of which one must exist, and the Debian package that brings it.
NODE, NPM = (("node", "nodejs"), "nodejs"), (("npm",), "npm")
SPIN = (("spin",), "spin")
GCC = (("gcc",), "build-essential")  # with the C library's headers
CHROMIUM = (("chromium", "chromium-browser", "google-chrome"), "chromium")
FIREFOX = (("firefox-esr", "firefox"), "firefox-esr")
PROXY = ((("nginx", "/usr/sbin/nginx"), "nginx-light"), (("openssl",), "openssl"))
ENGINE = (
    (("podman",), "podman"),
    (("runc",), "runc"),
    (("debootstrap",), "debootstrap"),
    (("nsenter",), "util-linux"),
)

# Leg -> what its pytest runs; every test file is in one of them (tests/scripts/test_run.py).
PATHS: dict[str, tuple[str, ...]] = {
    "lint": (  # nothing that compiles the core
        "tests/test_tidy*.py",
        "tests/test_contracts.py",
        "tests/test_[df]*.py",  # documents, what deploys, what was found
        "tests/scripts/test_model.py",
        "tests/scripts/test_protocol_types.py",
    ),
    "python": ("tests/engine", "tests/scripts", "tests/test_teaching.py", "tests/test_wheel.py"),
    "server": ("tests/server",),
    "race": ("tests/race",),
    "bounds": ("tests/engine",),
    "uncompiled": ("tests/engine",),
    "start": ("tests/browser/test_preview.py",),
    "browser": ("tests/browser",),
    "container": ("tests/container",),
}


@dataclass
class Count:
    """What one leg came to; seconds is wall time."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes


_lane = threading.local()


def sink() -> TextIO:
    """Where this thread writes: the terminal, or a file while another leg has the terminal."""
    return getattr(_lane, "sink", sys.stdout)


def call(command: list[str], env: dict[str, str] | None = None) -> int:
    """Run one command in the project's folder, without stdin."""
    print("$", " ".join(command), file=sink(), flush=True)
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=sink(),
        stderr=subprocess.STDOUT,
        check=False,
    ).returncode


def check(command: list[str], env: dict[str, str] | None = None) -> Count:
    """A tool that says yes or no counts as one test."""
    if call(command, env) == 0:
        return Count(passed=1)
    return Count(failed=1, notes=[" ".join(command)])


def pytest(leg: str, *arguments: str, env: dict[str, str] | None = None) -> Count:
    """Run pytest and read its counts from the JUnit file; a run without a test is a failure."""
    report = RESULTS / f"{leg}.xml"
    report.unlink(missing_ok=True)
    names = [str(p.relative_to(ROOT)) for each in PATHS[leg] for p in sorted(ROOT.glob(each))]
    code = call([PYTHON, "-m", "pytest", "-q", f"--junitxml={report}", *names, *arguments], env)
    if not report.exists():
        return Count(failed=1, notes=[f"pytest of {leg} ended with {code} and left no report"])
    count = Count()
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        ends = {end.tag: end.get("message", "") for end in case}  # at most one says how it ended
        if why := {"failure", "error"} & ends.keys():
            words = f"{case.get('classname')}::{case.get('name')}: {ends[min(why)].strip()}"
            count.add(Count(failed=1, notes=[words.partition("\n")[0][:300]]))
        else:
            count.add(Count(skipped=1) if "skipped" in ends else Count(passed=1))
    if code != 0 and count.failed == 0:
        count.add(Count(failed=1, notes=[f"pytest of {leg} ended with {code}"]))
    return count


def lint() -> Count:
    tool = Path(PYTHON).parent
    count = Count()
    for command in (
        [str(tool / "ruff"), "check", "--quiet", "--output-format=concise", "."],
        [str(tool / "ruff"), "format", "--check", "."],
        [str(tool / "mypy"), "--no-error-summary"],
        [str(tool / "lint-imports")],
    ):
        count.add(check(command))
    count.add(pytest("lint"))
    return count


def core() -> dict[str, str]:
    """Environment of a leg that needs the compiled core: it need not be compiled once more."""
    return {"FRAGSCOPE_CACHE_DIR": str(CORE)} if CORE.exists() else {}


def start() -> Count:
    """The first start of a checkout, in Chromium: nothing is compiled yet."""
    shutil.rmtree(CORE, ignore_errors=True)
    CORE.mkdir(parents=True)
    return pytest("start", "-m", "first_start", env={"FRAGSCOPE_FIRST_CACHE": str(CORE)})


def compiled(leg: str) -> Callable[[], Count]:
    return lambda: pytest(leg, env=core())


def race() -> Count:
    """The race explorer against SPIN, which explores a model of its own."""
    return pytest("race")


def bounds() -> Count:
    """The compiled core with every index checked: one out of range raises, not reads on."""
    return pytest("bounds", "-m", "not slow", *ABOVE_CORE, env={"NUMBA_BOUNDSCHECK": "1"})


def uncompiled() -> Count:
    """The same functions as plain Python: finds typing and overflow faults of the compiled ones."""
    wanted = "not slow and not compiled"
    return pytest("uncompiled", "-m", wanted, *ABOVE_CORE, env={"NUMBA_DISABLE_JIT": "1"})


def types() -> Count:
    """TypeScript's checker over the page's JavaScript; the compiler is a development dependency."""
    lock = ROOT / "web" / "package-lock.json"
    stamp = ROOT / "web" / "node_modules" / ".package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        install = ["npm", "ci", "--prefix", "web", "--no-audit", "--no-fund", "--ignore-scripts"]
        # npm brings its own list of authorities; behind a proxy the system's is the right one.
        env = {} if "NODE_EXTRA_CA_CERTS" in os.environ else {"NODE_EXTRA_CA_CERTS": CA_BUNDLE}
        if call(install, env if Path(CA_BUNDLE).exists() else {}) != 0:
            return Count(failed=1, notes=["npm ci in web/"])
    return check(["web/node_modules/.bin/tsc", "-p", "web"])


def web() -> Count:
    count = types()
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/web").rglob("*.test.js"))
    print("$ node --test", " ".join(files), file=sink(), flush=True)
    done = subprocess.run(
        [shutil.which("node") or "nodejs", "--test", "--test-reporter=tap", *files],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    totals = dict(re.findall(r"^# (pass|fail|cancelled|skipped|todo) (\d+)$", done.stdout, re.M))
    bad = int(totals.get("fail", 0)) + int(totals.get("cancelled", 0))
    if done.returncode != 0 or bad or not files:
        print(done.stdout, done.stderr, sep="\n", file=sink())
        bad = max(bad, 1)
    count.add(Count(int(totals.get("pass", 0)), bad, int(totals.get("skipped", 0))))
    print(f"{totals.get('pass', 0)} passed, {bad} failed", file=sink(), flush=True)
    return count


def browser() -> Count:
    """The page in Chromium and Firefox; compiled ahead, so that no test waits for the compiler."""
    count = check([str(Path(PYTHON).with_name("fragscope")), "warmup"], core())
    beside = ("-n2", "--dist=loadfile", "--ignore=tests/browser/test_pageblocks.py")  # make soak
    count.add(pytest("browser", *beside, "-m", "not first_start", env=core()))
    return count


def image() -> None:
    """Build the image ahead: it is found in the cache later."""
    call([PYTHON, "-m", "pytest", "-q", "tests/container", "-k", "declares_user", "-s"])


def container() -> Count:
    return pytest("container", "-s", "--ignore=tests/container/test_sweep_image.py")  # make soak


LEGS: dict[str, tuple[Callable[[], Count], tuple[tuple[tuple[str, ...], str], ...]]] = {
    "lint": (lint, ()),
    "types": (types, (NODE, NPM)),
    "python": (compiled("python"), ()),
    "server": (compiled("server"), ()),
    "race": (race, (SPIN, GCC)),
    "bounds": (bounds, ()),
    "uncompiled": (uncompiled, ()),
    "web": (web, (NODE, NPM)),
    "start": (start, (CHROMIUM,)),
    "browser": (browser, (CHROMIUM, FIREFOX, *PROXY)),
    "container": (container, (*ENGINE, CHROMIUM)),
}
# Legs run in two lanes, each on a core. A lane that is free takes the next of this list: the
# longest first, so that the lanes end together, but "start" before those that use its core.
# "image" builds the container's image ahead. Those of LAST wait for the others: their tests look at
# a page that needs the other core.
QUEUE = "start uncompiled server python bounds image web types race lint browser container".split()
LAST = ("browser", "container")
DEFAULT = [leg for leg in LEGS if leg != "types"]  # web contains it


def missing_packages(legs: Iterable[str]) -> dict[str, list[str]]:
    """Leg -> Debian packages whose commands are not on this machine."""
    lacking: dict[str, list[str]] = {}
    for leg in legs:
        for commands, package in LEGS[leg][1]:
            if not any(shutil.which(command) for command in commands):
                lacking.setdefault(leg, []).append(package)
    return lacking


def install(packages: list[str]) -> None:
    """Ask apt for packages; what it cannot give is found missing afterwards."""
    if not packages or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    call(["apt-get", "update", "-qq"], env)
    # One by one if they do not come together: one unknown name must not keep the others away.
    apt = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    if call([*apt, *packages], env) != 0:
        for package in packages:
            call([*apt, package], env)


def unproved(legs: list[str]) -> dict[str, str]:
    """Leg -> why it cannot run here."""
    install(sorted({name for names in missing_packages(legs).values() for name in names}))
    reasons = {
        leg: "no " + ", no ".join(names) + f": apt-get install {' '.join(names)}"
        for leg, names in missing_packages(legs).items()
    }
    if "container" in legs and "container" not in reasons and os.geteuid() != 0:
        reasons["container"] = "making a base image and namespaces needs root"
    return reasons


def summarise(counts: dict[str, Count], reasons: dict[str, str], required: set[str]) -> int:
    """Print the closing lines; returns the exit status."""
    total = Count()
    print()
    for leg, count in counts.items():
        skipped = f", {count.skipped} skipped" if count.skipped else ""
        print(
            f"{leg:<11}{count.passed:>5} passed, {count.failed} failed{skipped}"
            f"  ({count.seconds:.0f} s)"
        )
        total.add(count)
    for note in total.notes:
        print(f"failed: {note}")
    for leg, reason in reasons.items():
        word = "required" if leg in required else "not proved on this machine"
        print(f"{word}: {leg} ({reason})")
        total.failed += leg in required
    skipped = f", {total.skipped} skipped" if total.skipped else ""
    print(f"{total.passed} passed, {total.failed} failed{skipped}")
    return 1 if total.failed else 0


def run_leg(leg: str, counts: dict[str, Count]) -> None:
    """Run one leg in this thread; its counts go into counts."""
    print(f"\n== {leg}", file=sink(), flush=True)
    start = time.monotonic()
    counts[leg] = LEGS[leg][0]()
    counts[leg].seconds = time.monotonic() - start


class Lanes:
    """Legs that are waiting, and what became of those that ran.

    Attributes:
        counts: of the legs that are over.
        logged: legs that wrote to test-results/LEG.log, in the order in which they ended.
    """

    def __init__(self, legs: Iterable[str]) -> None:
        self.counts: dict[str, Count] = {}
        self.logged: list[str] = []
        self._waiting = sorted(legs, key=QUEUE.index)
        self._lock = threading.Lock()

    def next(self) -> str | None:
        """The next leg, for a lane that is free."""
        with self._lock:
            return self._waiting.pop(0) if self._waiting else None

    def run(self, live: bool) -> None:
        """One lane: run legs until none is left.

        Args:
            live: this lane writes to the terminal, not to files.
        """
        while (leg := self.next()) is not None:
            if live and leg != "image":
                run_leg(leg, self.counts)
                continue
            with (RESULTS / f"{leg}.log").open("w") as log:
                _lane.sink = log
                if leg == "image":
                    image()
                else:
                    run_leg(leg, self.counts)
                    self.logged.append(leg)
                del _lane.sink


def run_in_lanes(legs: list[str]) -> dict[str, Count]:
    """Run legs two at a time; those of the second lane are printed when all are over."""
    lanes = Lanes(legs)
    beside = threading.Thread(target=lanes.run, args=(False,))
    if len(legs) > 1:  # one leg alone writes to the terminal
        beside.start()
    lanes.run(True)
    if len(legs) > 1:
        beside.join()
    for leg in lanes.logged:
        print((RESULTS / f"{leg}.log").read_text(), flush=True)
    return lanes.counts


def run_legs(legs: list[str]) -> dict[str, Count]:
    """Run all legs, those of LAST after the others."""
    early = [leg for leg in legs if leg not in LAST]
    if early and "container" in legs:
        early.append("image")
    counts = run_in_lanes(early) | run_in_lanes([leg for leg in legs if leg in LAST])
    return {leg: counts[leg] for leg in legs}


def main(arguments: list[str]) -> int:
    legs = arguments or DEFAULT
    unknown = [leg for leg in legs if leg not in LEGS]
    if unknown:
        print(f"run: unknown leg {', '.join(unknown)}; there are {', '.join(LEGS)}")
        return 2
    required = {leg for leg in os.environ.get("FRAGSCOPE_REQUIRE", "").split(",") if leg}
    if not required <= LEGS.keys():
        print(f"run: FRAGSCOPE_REQUIRE names no leg: {', '.join(required - LEGS.keys())}")
        return 2
    RESULTS.mkdir(exist_ok=True)
    reasons = unproved(legs)
    return summarise(run_legs([leg for leg in legs if leg not in reasons]), reasons, required)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
