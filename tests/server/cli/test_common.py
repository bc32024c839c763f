"""What the commands share: here, that nobody waits for the compiler without being told."""

import pytest

from server.cli import common
from server.compiler import pool
from server.compiler.pool import TEXT
from tests.engine.small_capture import small

STEPS = {
    "memory.rng.rng_next": frozenset(),
    "memory.rng.rng_below": frozenset({"memory.rng.rng_next"}),
}


def test_what_the_cache_lacks_is_compiled_first(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pool, "missing", lambda: STEPS)
    monkeypatch.setattr(pool, "folders", lambda: (tmp_path, frozenset()))
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "0")
    common.compile_core()
    err = capsys.readouterr().err
    assert err in ("", f"{TEXT}\n") or err.startswith(f"{TEXT}\n{TEXT}: done after "), err
    assert len(list(tmp_path.rglob("*.part"))) == 2


def test_a_full_cache_compiles_nothing_and_prints_nothing(monkeypatch, capsys):
    monkeypatch.setattr(pool, "missing", dict)
    common.compile_core()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay", "runs", "--ops", "{ops}"],
        ["fidelity", "runs"],
        ["offline", "runs", "--range", "512:16"],
        ["trace", "runs"],
        ["scenario", "no_balloon"],
        ["stress-highalloc", "--preset", "small"],
    ],
)
def test_no_command_that_simulates_begins_without_compiling(arguments, tmp_path, monkeypatch):
    class AskedError(Exception):
        """compile_core was called."""

    def asked(*_):
        raise AskedError

    ops = tmp_path / "ops.json"
    ops.write_text("[]")
    name = {"stress-highalloc": "stress"}.get(arguments[0], arguments[0])
    monkeypatch.setattr(f"server.cli.{name}.compile_core", asked)
    from server.cli.main import main

    with pytest.raises(AskedError):
        main([word.format(ops=ops) for word in arguments])


def test_a_capture_over_the_limit_names_the_setting(tmp_path, monkeypatch):
    for name, body in small().items():
        (tmp_path / name).write_bytes(body)
    assert common.read_capture(tmp_path).nr_pages == 8192
    monkeypatch.setenv("FRAGSCOPE_MAX_CAPTURE_MIB", "16")
    with pytest.raises(ValueError, match=r"32 MiB: the limit is 16 MiB .FRAGSCOPE_MAX_CAPTURE_MIB"):
        common.read_capture(tmp_path)
    monkeypatch.setenv("FRAGSCOPE_MAX_CAPTURE_MIB", "much")
    with pytest.raises(ValueError, match="FRAGSCOPE_MAX_CAPTURE_MIB is 'much'"):
        common.read_capture(tmp_path)
