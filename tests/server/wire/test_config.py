"""The config of a session: defaults, round trips, bounds."""

import pytest

from engine.designs import DEFAULT_DESIGNS
from server.wire.config import (
    MAX_SEED,
    CaptureSource,
    SessionConfig,
    SyntheticSource,
    config_from_dict,
)


def test_default():
    config = config_from_dict({})
    assert config == SessionConfig(CaptureSource("runs"), DEFAULT_DESIGNS, 1)


@pytest.mark.parametrize(
    "source",
    [
        {"kind": "capture", "name": "tight"},
        {"kind": "upload", "capture": "abc"},
        {"kind": "synthetic", "preset": "roomy", "size_mib": 65536, "seed": 7},
    ],
)
def test_round_trip(source):
    designs = ["lru_hook", "dedicated_block:prevent"]
    data = {"source": source, "designs": designs, "seed": 5, "profile": "2012"}
    assert list(config_from_dict(data).to_dict()["source"]) == list(source)
    assert config_from_dict(data).to_dict() == data


def test_a_synthetic_guest_has_defaults():
    source = config_from_dict({"source": {"kind": "synthetic", "preset": "tight"}}).source
    assert source == SyntheticSource("tight", 4096, 1)


def test_a_synthetic_guest_may_have_a_cma_area():
    told = {"kind": "synthetic", "preset": "tight", "size_mib": 256, "seed": 1, "cma_mib": 64}
    config = config_from_dict({"source": told})
    assert config.source == SyntheticSource("tight", 256, 1, 64)
    assert config.to_dict()["source"] == told
    with pytest.raises(ValueError, match="CMA area is 66 MiB: an even number from 0 to 64 MiB"):
        config_from_dict({"source": {**told, "cma_mib": 66}})


def test_a_cma_area_is_absent_where_there_is_none():
    assert "cma_mib" not in SessionConfig(SyntheticSource("tight")).to_dict()["source"]


def synthetic(**fields):
    return {"source": {"kind": "synthetic", "preset": "tight", **fields}}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "config is []: an object is needed"),
        ({"sed": 1}, "config has no field 'sed': its fields are source, designs, seed"),
        ({"profile": "3.8"}, "profile is '3.8': one of modern, 2012, 2012+3.14 is needed"),
        ({"profile": 2012}, "profile is 2012: one of modern, 2012, 2012+3.14 is needed"),
        ({"seed": -1}, "seed is -1: from 0 to"),
        ({"seed": MAX_SEED + 1}, "seed is"),
        ({"seed": 1.0}, "seed is 1.0: a whole number"),
        ({"seed": True}, "seed is True: a whole number"),
        ({"designs": "pinned"}, "designs is 'pinned': a list"),
        ({"designs": []}, "no design given"),
        ({"designs": ["pinned"] * 2}, "design 'pinned' is given twice"),
        ({"designs": ["pinned", 3]}, "designs is ['pinned', 3]: a list"),
        ({"designs": ["pinned,lru_hook"]}, "unknown design 'pinned,lru_hook'"),
        ({"designs": ["dedicated_block:fly"]}, "dedicated_block has no toggle 'fly'"),
        ({"designs": [f"pinned{i}" for i in range(9)]}, "9 designs: at most 8 fit"),
        ({"source": 5}, "source is 5: an object"),
        ({"source": {"kind": "file"}}, "unknown source kind 'file': must be one of capture, upl"),
        ({"source": {}}, "unknown source kind None: must be one of capture, upload, synthetic"),
        ({"source": {"kind": "capture"}}, "source of kind capture lacks name: its fields"),
        ({"source": {"kind": "capture", "name": "x" * 65}}, "source name is 'xxx"),
        ({"source": {"kind": "capture", "name": "a", "b": 1}}, "has no field 'b'"),
        ({"source": {"kind": "upload", "name": "a"}}, "has no field 'name'"),
        (synthetic(size_mib=255), "size is 255: from 256 to 1048576 MiB are allowed"),
        (synthetic(size_mib=(1 << 20) + 2), "size is 1048578"),
        (synthetic(size_mib="big"), "size is 'big': a whole number of MiB"),
        (synthetic(seed=-1), "seed of the guest is -1"),
        (synthetic(size="1"), "has no field 'size'"),
    ],
)
def test_refused(data, sentence):
    with pytest.raises(ValueError) as caught:
        config_from_dict(data)
    assert sentence in str(caught.value)
