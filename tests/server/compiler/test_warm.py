"""The warm-up: plays everything once, lets others wait, says what is under way."""

import os
import threading

import pytest

from engine.commands import COMMANDS
from engine.core.jit import graph, precompile, programs
from engine.designs import DESIGNS, parse_designs
from engine.units import PROFILES
from server.compiler import warm as warm_module
from server.compiler.warm import KEEP_S, Warm, compiled, every_design, prune_cache
from server.errors import NotFoundError


def test_every_command_and_every_toggle_is_played():
    assert {command.type for command in warm_module.SCENE} == set(COMMANDS)
    designs = [d for p in PROFILES for d in parse_designs(every_design(p), p)]
    for name, cls in DESIGNS.items():
        for toggle in cls.toggles:
            values = {d.params[toggle.name] for d in designs if d.name == name}
            assert len(values) > 1, f"{name}:{toggle.name}"


def test_the_scene_plays():
    parts = list(warm_module.scene())
    assert parts[0] == "a small guest"
    assert len(parts) == len(set(parts))
    done, total = compiled()
    assert 0 < done <= total


@pytest.mark.compiled
def test_what_is_compiled_ahead_is_what_is_called():
    """Types of a wrong docstring would be compiled for nothing, and the right ones beside them."""
    for _ in warm_module.scene():
        pass
    program = programs.core_program()
    assert program is not None, "the scene calls nearly everything, so all of the core was made"
    known = {id(one): one for one in graph.every_function().values()}
    parts = [program.part(symbol) for symbol in program.roots]
    assert len(parts) == len(known)
    for one in known.values():
        assert program.part(programs.part_of(one, graph.signature(one)).symbol), graph.name_of(one)
        assert one._entries.keys() <= {graph.signature(one)}, graph.name_of(one)
    assert precompile.missing() == {}


def test_what_is_missing_is_compiled_before_the_scene_plays(monkeypatch):
    order = []

    class Compilation:
        progress = (0, 1)

        def run(self):
            order.append(warm.state)

    def scene():
        yield order.append("scene") or "one part"

    monkeypatch.setattr(warm_module, "compilation", Compilation)
    monkeypatch.setattr(warm_module, "scene", scene)
    warm = Warm()
    warm.start()
    warm.wait(lambda *what: None)
    assert order == [("compiling the simulator, once", 0, 1), "scene"]


def test_a_server_that_ends_stops_the_compilation(monkeypatch):
    stopped = threading.Event()

    class Compilation:
        progress = (0, 1)

        def run(self):
            running.set()
            assert stopped.wait(20)

        def stop(self):
            stopped.set()

    running = threading.Event()
    monkeypatch.setattr(warm_module, "compilation", Compilation)
    monkeypatch.setattr(warm_module, "scene", lambda: iter(()))
    warm = Warm()
    warm.start()
    assert running.wait(20)
    warm.give_up()
    assert stopped.is_set()


def test_others_wait_until_it_is_ready(monkeypatch):
    monkeypatch.setattr(warm_module, "compilation", lambda: None)
    monkeypatch.setattr(warm_module, "scene", lambda: iter(["one part"]))
    after = []
    warm = Warm(lambda progress: after.append(1))
    assert not warm.ready
    warm.start()
    warm.wait(lambda *what: None)
    assert warm.ready
    assert after == [1]
    assert "one part" in warm.state[0]


def test_a_fault_reaches_whoever_waits(monkeypatch, caplog):
    def broken():
        raise OSError("no space left on device")
        yield

    monkeypatch.setattr(warm_module, "compilation", lambda: None)
    monkeypatch.setattr(warm_module, "scene", broken)
    warm = Warm()
    warm.start()
    with pytest.raises(RuntimeError, match="could not be prepared"):
        warm.wait(lambda *what: None)
    assert not warm.ready
    assert "no space left" in caplog.text


def test_who_waits_is_let_go_when_the_server_ends():
    warm = Warm()
    warm.give_up()
    with pytest.raises(NotFoundError, match="the server is shutting down"):
        warm.wait(lambda *what: None)


def test_progress_is_reported_at_once_and_not_only_after_the_first_interval(monkeypatch):
    monkeypatch.setattr(warm_module, "_REPORT_S", 3600.0)
    warm = Warm()
    told = []

    def progress(*what):
        told.append(what)
        warm.give_up()

    with pytest.raises(NotFoundError):
        warm.wait(progress)
    assert [text for text, _, _ in told] == ["preparing the simulator"]


def test_old_compiled_code_is_thrown_away(tmp_path):
    now = 2_000_000_000.0
    used, fresh, old, foreign = (tmp_path / n for n in ("a" * 20, "b" * 20, "c" * 20, "notes"))
    for folder in (used, fresh, old, foreign):
        folder.mkdir()
        (folder / "code.nbc").write_bytes(b"x")
        age = 60 if folder == fresh else KEEP_S + 60
        os.utime(folder, (now - age, now - age))
    assert prune_cache(tmp_path, [used], now) == 1
    assert sorted(f.name for f in tmp_path.iterdir()) == sorted(["a" * 20, "b" * 20, "notes"])
    # Used now: the next month's start of another version leaves it alone.
    assert prune_cache(tmp_path, [], now + KEEP_S - 120) == 0
