"""What one viewer's frame costs the server among many: slots and bookkeeping, no sockets.

    python -m benchmarks.bench_viewers

Every viewer paints each picture at once and pays for it; the time is per viewer and picture. It
must not grow with their number (the encoded frame is shared and not counted).
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.bench_wire import make_picture
from server.session.hub import Hub
from server.session.publisher import Publisher

VIEWERS = (10, 100, 1000, 3000)
PICTURES = 20


def seconds_per_frame(nr_viewers: int) -> float:
    """Time from a credit to the next frame in the slot, per viewer and picture."""
    hub, publisher = Hub(), Publisher()
    for client in range(nr_viewers):
        hub.add(client, lambda: None)
    random = np.random.default_rng(1)
    pictures = [make_picture(seq, 64, random) for seq in range(1, PICTURES + 1)]
    begin = time.perf_counter()
    for picture in pictures:
        for want in hub.wants():
            publisher.want(want.client, want.base)
        for made in publisher.publish(picture):
            for client in made.clients:
                hub.deliver(client, made.base, made.seq, made.data)
        for client in range(nr_viewers):  # each by itself, as messages come
            hub.take(client)
            hub.sent(client)
            hub.credit(client)
            for want in hub.wants():
                publisher.want(want.client, want.base)
                publisher.waits_for(picture.seq)
    return (time.perf_counter() - begin) / PICTURES / nr_viewers


def main() -> None:
    """Print a line per number of viewers."""
    for nr_viewers in VIEWERS:
        print(f"{nr_viewers:5} viewers: {1e6 * seconds_per_frame(nr_viewers):6.1f} µs a frame")


if __name__ == "__main__":
    main()
