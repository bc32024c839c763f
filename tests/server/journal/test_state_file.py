"""A state is there whole or not at all, and states make room for each other."""

import os

from server.journal.state_file import StateFile


def test_what_is_written_takes_the_place_of_what_was_there(tmp_path):
    file = StateFile(tmp_path / "one.state", 100)
    assert file.read() is None
    assert file.write([b"ab", b"c"])
    assert file.write(iter([b"def"]))
    assert file.read() == b"def"
    assert [path.name for path in tmp_path.iterdir()] == ["one.state"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    file = StateFile(tmp_path / "one.state", 100)
    file.write([b"first"])

    def broken():
        yield b"sec"
        raise OSError(28, "No space left on device")

    assert not file.write(broken())
    assert file.read() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["one.state"]
    assert not StateFile(tmp_path / "none" / "two.state", 100).write([b"x"])


def test_the_oldest_of_the_others_make_room(tmp_path):
    for age, name in enumerate(["new", "old", "oldest"]):
        path = tmp_path / f"{name}.state"
        path.write_bytes(b"x" * 40)
        os.utime(path, (1000 - age, 1000 - age))
    assert StateFile(tmp_path / "mine.state", 100).write([b"y" * 50])
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["mine", "new"]


def test_one_that_is_too_large_moves_nobody(tmp_path):
    (tmp_path / "other.state").write_bytes(b"x" * 40)
    assert not StateFile(tmp_path / "mine.state", 100).write([b"y" * 101])
    assert [path.stem for path in tmp_path.iterdir()] == ["other"]
