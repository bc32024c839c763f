"""Who does the work: processes of this machine, and a Dask cluster for real."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from engine.errors import RefusedError
from server.sweep.pools import DaskPool, LocalPool
from server.sweep.sweep import run_sweep
from tests.server.sweep.grids import GRID, RUNS, HerePool, results_of


def test_there_is_a_process_for_each_processor() -> None:
    assert LocalPool(0).workers == len(os.sched_getaffinity(0))
    one, four = LocalPool(1), LocalPool(4)
    assert (one.words, four.words) == ("1 process", "4 processes")
    assert one.worker_mib is not None
    assert four.worker_mib is not None
    assert one.worker_mib > 3 * four.worker_mib


def test_without_dask_one_sentence_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RefusedError, match=r"pip install 'fragscope\[dask\]'"):
        DaskPool("tcp://127.0.0.1:1")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Dask's own, on ports and on a worker that was killed
def test_a_dask_cluster_loses_a_worker_and_nothing_else(tmp_path: Path) -> None:
    from distributed import LocalCluster

    run_sweep(GRID, tmp_path / "alone", HerePool())
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
        host="127.0.0.1",
    ) as cluster:  # fmt: skip
        pool = DaskPool(cluster.scheduler_address)
        assert pool.workers == 2
        assert pool.worker_mib is not None
        pids = pool._client.run(os.getpid)

        def tell(done: int, _: int) -> None:
            if done == 5:
                os.kill(next(iter(pids.values())), signal.SIGKILL)

        result = run_sweep(GRID, tmp_path / "cluster", pool, tell=tell)
        pool.close()
    assert result.played == RUNS
    assert results_of(tmp_path / "cluster") == results_of(tmp_path / "alone")


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_does_not_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RefusedError, match="no Dask scheduler answers at 'nonsense://x'"):
        DaskPool("nonsense://x")
