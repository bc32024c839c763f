"""Maintainers: stress-highalloc on a real Linux 6.12 in QEMU, the rows that the simulator runs too.

    scripts/lab/build.sh DIR                                       # once
    python -m scripts.lab.highalloc DIR [--seeds 1,2,3] [--mib 1024]   # six minutes a run

Adds each finished run to examples/highalloc-kernel.json:

    {"preset", "mib", "runs": {BALLOON: {SEED: {"pass1", "pass2", "rested": percent, "slip": seconds
     that the test's clock waited, "refused": pages that the workload went without, counters…}}}}

BALLOON: pinned, hook (the stock driver, moved from outside), prevent. Runs in the file are not
repeated. scripts/lab/table.py adds the model and makes the table in docs/HIGHALLOC.md.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.stress.params import STRESS_PRESETS
from engine.stress.phases import PASSES
from scripts.lab.rows import rows_file
from scripts.lab.table import DESIGN_OF, PRESET, RESULTS

_PAGE = 4096


class Monitor:
    """QEMU's monitor: moves the stock balloon."""

    def __init__(self, address: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(address))
        self._stream = self._socket.makefile("rw")
        self._stream.readline()
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: int) -> None:
        """Send one command; its answer ends with a line that is no event."""
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._stream.flush()
        while "event" in json.loads(self._stream.readline()):
            pass


def qemu(folder: Path, run: Path, mib: int, balloon: str) -> list[str]:
    """The guest: one emulated processor, no swap, a disk that is thrown away."""
    devices = ("virtio-balloon-pci", "virtio-serial-pci", "virtconsole,chardev=out")
    drives = (
        f"file={run / 'disk.qcow2'},format=qcow2,if=virtio,cache=unsafe",
        f"file={run / 'rows'},format=raw,if=virtio,readonly=on",
    )
    words = "quiet panic=-1 norandmaps nokaslr mitigations=off"
    return [
        *("qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-cpu", "max"),
        *("-m", str(mib), "-display", "none", "-no-reboot", "-serial", "none", "-monitor", "none"),
        *("-kernel", str(folder / "vmlinuz"), "-initrd", str(folder / "initramfs.gz")),
        *("-append", f"console=hvc0 {words} balloon={balloon}"),
        *("-chardev", "stdio,id=out", "-qmp", f"unix:{run / 'qmp'},server=on,wait=off"),
        *(part for device in devices for part in ("-device", device)),
        *(part for drive in drives for part in ("-drive", drive)),
    ]


def lines_of(folder: Path, balloon: str, seed: int, mib: int) -> Iterator[list[str]]:
    """What the guest prints, line by line; the stock balloon is moved meanwhile."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        run = Path(name)
        (run / "rows").write_bytes(rows_file(STRESS_PRESETS[PRESET], seed))
        disk = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2"]
        subprocess.run(
            [*disk, "-b", str(folder / "disk.qcow2"), str(run / "disk.qcow2")], check=True
        )
        with subprocess.Popen(
            qemu(folder, run, mib, balloon),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        ) as guest:
            assert guest.stdout is not None
            monitor = None
            for line in guest.stdout:
                words = line.split()
                if words[:1] == ["balloon"] and balloon == "hook":
                    monitor = monitor or Monitor(run / "qmp")
                    monitor.ask("balloon", value=(mib << 20) - int(words[1]) * _PAGE)
                yield words


def one_run(folder: Path, balloon: str, seed: int, mib: int) -> dict[str, Any]:
    """Scores and counters of one run.

    Raises:
        RuntimeError: the guest did not come to the end.
    """
    result: dict[str, Any] = {}
    for words in lines_of(folder, balloon, seed, mib):
        print(balloon, seed, *words, flush=True)
        if words[:1] == ["score"]:
            result[PASSES[int(words[1])]] = round(100 * int(words[2]) / int(words[3]), 1)
        elif words[:1] == ["slip"]:
            result |= {"slip": float(words[1]), "refused": int(words[3])}
        elif words[:1] == ["counters"]:
            result |= {name: int(value) for name, _, value in (w.partition("=") for w in words[1:])}
        elif words == ["over"] and set(PASSES) <= set(result):
            return result
    raise RuntimeError(f"{balloon}, seed {seed}: the guest stopped before the end of the run")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="what build.sh made")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--mib", type=int, default=1024, help="the guest's memory")
    parser.add_argument("--balloons", default=",".join(DESIGN_OF))
    args = parser.parse_args()
    for seed in map(int, args.seeds.split(",")):
        for balloon in args.balloons.split(","):
            made = {"preset": PRESET, "mib": args.mib, "runs": {}}
            if RESULTS.exists():
                made = json.loads(RESULTS.read_text(encoding="utf-8"))
            if str(seed) in made["runs"].get(balloon, {}):
                continue
            result = one_run(args.folder.resolve(), balloon, seed, args.mib)
            if RESULTS.exists():  # another run may have ended meanwhile
                made = json.loads(RESULTS.read_text(encoding="utf-8"))
            made["runs"].setdefault(balloon, {})[str(seed)] = result
            RESULTS.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
