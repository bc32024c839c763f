"""The folder: one owner for each session, and nothing kept for ever."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.errors import JournalError, NotFoundError
from server.journal.codec import head_from_dict
from server.journal.folder import Folder, folder_of, new_id
from server.journal.store import new_record
from server.settings import Settings

ROOT = Path(__file__).parents[3]
RECORD = new_record(
    head_from_dict({"log_version": 1, "engine": "e", "created": "now", "config": {}})
)
HASHES = {"presenter": b"p", "viewer": b"v"}
OPEN = "import sys; from pathlib import Path; from server.journal.folder import Folder\n" \
    "Folder(Path(sys.argv[1])).open(sys.argv[2])"  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_a_session_has_one_owner_and_any_number_of_readers(folder):
    journal = folder.create("one", RECORD, HASHES)
    with pytest.raises(JournalError, match="open in another server on this machine"):
        folder.open("one")
    assert folder.read("one") == RECORD
    assert folder.hashes("one") == HASHES
    assert folder.is_open("one")
    journal.close()
    journal.close()
    assert not folder.is_open("one")
    folder.open("one").close()


def test_another_process_is_refused_in_a_sentence_and_let_in_later(folder):
    def other():
        return subprocess.run(
            [sys.executable, "-c", OPEN, str(folder.path), "one"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    journal = folder.create("one", RECORD, HASHES)
    assert "this session is open in another server" in other().stderr
    journal.close()
    assert other().returncode == 0


@pytest.mark.parametrize("name", ["none", "", "../one", "a/b", "x" * 65, "one.sqlite"])
def test_what_is_not_there_is_not_found_whatever_its_name(folder, name):
    folder.create("one", RECORD, HASHES).close()
    for ask in (folder.open, folder.read, folder.hashes, folder.age_s):
        with pytest.raises(NotFoundError):
            ask(name)


def test_a_journal_that_was_never_finished_is_no_session(folder):
    folder.create("one", RECORD, HASHES).close()
    (folder.path / "sessions" / "half.sqlite").write_bytes(b"")
    with pytest.raises(NotFoundError):
        folder.open("half")


def test_a_damaged_journal_leaves_the_others_alone(folder):
    for name in ("one", "two"):
        folder.create(name, RECORD, HASHES).close()
    (folder.path / "sessions" / "one.sqlite").write_bytes(b"what?" * 2000)
    for ask in (folder.open, folder.read, folder.hashes):
        with pytest.raises(JournalError, match="damaged"):
            ask("one")
    folder.open("two").close()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    blocked = tmp_path / "a file"
    blocked.write_text("in the way")
    for ask in (Folder(blocked).check, lambda: Folder(blocked).create("x", RECORD, HASHES)):
        with pytest.raises(JournalError, match=r"cannot be written: .*FRAGSCOPE_DATA_DIR chooses"):
            ask()
    Folder(tmp_path / "new").check()


def old(path, days):
    """Make a file so many days old."""
    then = path.stat().st_mtime - days * 86_400
    os.utime(path, (then, then))


def test_what_nobody_used_for_long_goes_but_not_what_is_open_or_wanted(folder):
    upload = folder.keep_upload("mine", b"archive")
    wanted = folder.keep_upload("theirs", b"another")
    source = {"kind": "upload", "capture": wanted}
    head = head_from_dict(
        {"log_version": 1, "engine": "e", "created": "now", "config": {"source": source}}
    )
    journals = {
        name: folder.create(name, RECORD if name != "new" else new_record(head), HASHES)
        for name in ("old", "open", "new")
    }
    for name in ("old", "new"):
        journals[name].close()
    for path in folder.path.rglob("*"):
        if path.is_file() and not path.name.startswith("new"):
            old(path, 31)
    assert folder.sweep(30) == ["old"]
    assert sorted(folder.names()) == ["new", "open"]
    assert folder.upload(wanted).data == b"another"
    with pytest.raises(NotFoundError):
        folder.upload(upload)
    journals["open"].close()


def test_an_upload_is_kept_once_and_found_by_its_digest(folder):
    digest = folder.keep_upload("a", b"archive")
    assert folder.keep_upload("b", b"archive") == digest
    assert (folder.upload(digest).name, folder.upload(digest).data) == ("b", b"archive")
    with pytest.raises(NotFoundError):
        folder.upload("../../etc/passwd")


def test_answers_go_with_their_session(folder):
    folder.create("old", RECORD, HASHES).close()
    folder.answers("old").append([{"do": "close"}])
    assert folder.names() == ["old"]
    assert folder.answers("old").read() == [{"do": "close"}]
    os.utime(folder.path / "sessions" / "old.sqlite", (0, 0))
    assert folder.sweep(30) == ["old"]
    assert list((folder.path / "sessions").iterdir()) == []


def test_names_of_sessions_do_not_begin_like_an_option():
    assert all(new_id()[0] != "-" for _ in range(100))


def test_the_setting_names_the_folder(tmp_path):
    assert folder_of(Settings(data_dir=str(tmp_path))).path == tmp_path
