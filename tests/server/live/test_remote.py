"""Another machine through a pipe: a shell of this one in its place, and files that are made."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.errors import RefusedError
from server.live.remote import RemoteSampler
from server.live.sampler import Sampler
from tests.server.live.made_proc import made_proc


@pytest.fixture
def reach(tmp_path: Path) -> Iterator[Callable[..., RemoteSampler]]:
    """Reaches a small machine: its shell is this one's, with another /proc."""
    reached = []

    def there(**files: bytes | None) -> RemoteSampler:
        proc = made_proc(tmp_path / "proc", **files)
        shell = tmp_path / "there"
        shell.write_text(f'#!/bin/sh\nexec sh -c "$(echo "$1" | sed s:/proc/:{proc}/:g)"\n')
        shell.chmod(0o755)
        reached.append(RemoteSampler(str(shell)))
        return reached[-1]

    yield there
    for sampler in reached:
        sampler.close()


def test_it_sees_what_a_sampler_there_would(
    reach: Callable[..., RemoteSampler], tmp_path: Path
) -> None:
    there = reach()
    assert there.blind == ""
    here = Sampler(tmp_path / "proc").look()
    now = there.look()
    assert now.reading == here.reading
    assert now.cost == 0, "the first look is not counted"
    assert (now.counts == here.counts).all()
    assert now.seen == 1
    assert there.look().cost >= 0


@pytest.mark.parametrize("body", [None, b""])
def test_without_page_flags_there_a_sentence_says_so(
    reach: Callable[..., RemoteSampler], body: bytes | None
) -> None:
    there = reach(kpageflags=body)
    assert there.blind.endswith("no maps.")
    assert there.look().reading.zones
    assert not np.isfinite(there.look().seen_at).any()


def test_an_end_that_goes_is_one_sentence(
    reach: Callable[..., RemoteSampler], tmp_path: Path
) -> None:
    there = reach()
    there._pipe.kill()
    with pytest.raises(RefusedError, match="has ended"):
        there.look()
    with pytest.raises(RefusedError, match=r"^false has ended"):
        RemoteSampler("false")
    with pytest.raises(RefusedError, match=r"^nosuch: No such file"):
        RemoteSampler("nosuch")


def test_a_machine_that_hides_its_counters_is_one_sentence(
    reach: Callable[..., RemoteSampler],
) -> None:
    there = reach(buddyinfo=None)
    with pytest.raises(RefusedError, match=r"^there: buddyinfo lists no zone"):
        there.look()
