"""What the commands share: here, that nobody waits for the compiler without being told."""

import pytest

from server.cli import common
from server.compiler import pool
from server.compiler.pool import TEXT

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
