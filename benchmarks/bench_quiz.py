"""A class answers: how long the server takes until every answer is kept and counted.

    python -m benchmarks.bench_quiz                 # 500 people, two rounds

The server has one core, a lean client the other. All answer at the same moment, while the guest's
workload runs and everybody gets pictures; what is told is the time until the presenter sees that
all have answered, and the server's processor time for each answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import tempfile
from typing import Any

import uvloop
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket

from benchmarks.bench_viewers import connect_all
from benchmarks.viewers import Made, Served, Tally, said

CONFIG = {"source": {"kind": "synthetic", "preset": "tight", "size_mib": 1024, "seed": 1}}
DESIGNS = ["pinned", "lru_hook", "separate_pass", "dedicated_block"]
QUESTION = {
    "type": "pose", "text": "How many?", "quantity": "huge_best", "designs": DESIGNS,
    "commands": [{"type": "compact"}, {"type": "huge", "nr": 500}],
}  # fmt: skip
LIMIT_S = 10.0


async def presenter_of(served: Served, made: Made) -> ClientConnection:
    """The presenter's socket, which asks for no pictures."""
    address = served.address.replace("http", "ws", 1)
    socket = await open_socket(f"{address}/ws/{made.session}", max_size=None)
    hello = {"type": "hello", "versions": [1], "token": made.presenter}
    await socket.send(json.dumps(hello))
    return socket


async def until(socket: ClientConnection, **fields: Any) -> None:
    """Read until the question is so."""
    while True:
        data = await socket.recv()
        if isinstance(data, str):
            told = json.loads(data)
            if told["type"] == "quiz_state" and fields.items() <= told.items():
                return


async def measure(args: argparse.Namespace, served: Served) -> bool:
    """Everything with sockets; whether it was in time."""
    loop = asyncio.get_running_loop()
    tally = Tally(2)
    made = served.make(CONFIG)
    viewers = await connect_all(served, tally, made, args.viewers)
    for i, viewer in enumerate(viewers):
        viewer.transport.write(said({"type": "voter", "voter": f"voter-{i:020}"}))
    await asyncio.to_thread(served.command, made, type="workload", enabled=True)
    socket = await presenter_of(served, made)
    await socket.send(json.dumps(QUESTION))
    await until(socket, stage="open")
    in_time = True
    for what in ("first answers", "second answers"):
        if what == "second answers":
            for act, stage in (("close", "closed"), ("discuss", "discuss"), ("open", "open")):
                await socket.send(json.dumps({"type": "quiz", "act": act}))
                await until(socket, stage=stage)
        begin, used = loop.time(), served.cpu_s()
        for i, viewer in enumerate(viewers):
            ranges = [[i, i + 100 + len(what)]] * len(DESIGNS)
            viewer.transport.write(said({"type": "guess", "number": 1, "ranges": ranges}))
        await until(socket, answered=args.viewers)
        took, used = loop.time() - begin, served.cpu_s() - used
        in_time &= took < LIMIT_S
        each = 1e3 * used / args.viewers
        print(f"{what}: {took:.2f} s, the server {used:.2f} s of the processor, {each:.2f} ms each")
    print(f"sockets that ended: {tally.closed}")
    await socket.close()
    for viewer in viewers:
        viewer.transport.abort()
    return in_time and not tally.closed


def main() -> int:
    """Print what was measured; 1 if it was not in time."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--viewers", type=int, default=500)
    args = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.sched_setaffinity(0, cores[:1])  # the server's, which it inherits
        served = Served(folder, max_viewers=args.viewers + 1)
        os.sched_setaffinity(0, cores[1:] or cores)
        try:
            in_time = uvloop.run(measure(args, served))
        finally:
            log = served.end()
        print(f"tracebacks in the server's log: {log.count('Traceback')}")
        if "Traceback" in log:
            print(log[:4000])
    return int(not in_time or "Traceback" in log)


if __name__ == "__main__":
    raise SystemExit(main())
