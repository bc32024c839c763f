"""The warm-up: plays everything once, lets others wait, says what is under way."""

import os

import pytest

from engine.commands import COMMANDS
from engine.designs import DESIGNS, parse_designs
from engine.units import PROFILES
from server import warm as warm_module
from server.errors import NotFoundError
from server.warm import KEEP_S, Warm, compiled, every_design, prune_cache


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


def test_others_wait_until_it_is_ready(monkeypatch):
    monkeypatch.setattr(warm_module, "scene", lambda: iter(["one part"]))
    after = []
    warm = Warm(lambda progress: after.append(1))
    assert not warm.ready
    warm.start()
    warm.wait(lambda *what: None)
    assert warm.ready
    assert after == [1]
    assert "one part" in warm.state[0]


def test_a_fault_is_told_to_who_waits(monkeypatch, caplog):
    def broken():
        raise OSError("no space left on device")
        yield

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
