"""Counting is exact, also by several threads, and what fails is not counted."""

import threading

import pytest

from server.meters import BOUNDS, Latency


def test_each_time_falls_into_the_bucket_that_it_does_not_exceed():
    meter = Latency()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] * 1.01, 99.0):
        meter.took(seconds)
    counts, total = meter.read()
    assert (counts[0], counts[1], counts[-1], sum(counts)) == (2, 1, 1, 4)
    assert total == pytest.approx(99.0 + BOUNDS[0] * 2.01)


def test_what_fails_is_not_counted_and_what_is_done_is_handed_on():
    meter = Latency()
    assert meter.of(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError), meter.timed():
        _ = 1 / 0
    assert sum(meter.read()[0]) == 1


def test_threads_lose_nothing():
    meter = Latency()

    def work():
        for _ in range(5000):
            meter.took(0.001)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(meter.read()[0]) == 20_000
