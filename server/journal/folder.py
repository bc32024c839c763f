"""The folder of all sessions and uploads: which there are, who has one open, when they go.

One file and one lock for each session. The lock is the operating system's: it is free again when
the process that held it is gone, however it went. Readers need none.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from engine import units as u
from server.errors import JournalError, NotFoundError
from server.journal.answers_file import ANSWERS_SUFFIX, AnswersFile
from server.journal.codec import Record
from server.journal.journal import Journal
from server.journal.session_file import Upload
from server.journal.state_file import PART, StateFile
from server.journal.state_file import SUFFIX as STATE
from server.journal.store import Store
from server.paths import data_folder
from server.settings import Settings

DAY_S = 24 * 60 * 60
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OF_ORDER = re.compile(r"o([0-9]{1,2})-")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SUFFIX = ".sqlite"
_BESIDE = ("-wal", "-shm")
NO_SESSION = "there is no such session: it has ended, or was never here"


def folder_of(settings: Settings) -> "Folder":
    """The folder that the settings name."""
    path = Path(settings.data_dir) if settings.data_dir else data_folder()
    return Folder(path, settings.max_history_disk_mib << 20)


def new_id() -> str:
    """A name for a session; where pageblocks are not of the usual order, it says of which."""
    unusual = u.PAGEBLOCK_ORDER != u.USUAL_PAGEBLOCK_ORDER
    return (f"o{u.PAGEBLOCK_ORDER}-" if unusual else "") + secrets.token_hex(8)


def order_of(session_id: str) -> int:
    """The pageblock order of the processes that play a session, by its name."""
    named = _OF_ORDER.match(session_id)
    return int(named[1]) if named else u.USUAL_PAGEBLOCK_ORDER


class Folder:
    """Sessions and uploads below one folder. For any thread."""

    def __init__(self, path: Path, states: int = 1 << 32) -> None:
        """Nothing is made before it is needed.

        Args:
            path: of the folder.
            states: bytes for the last states of all sessions.
        """
        self.path = path
        self._states = states
        self._sessions = path / "sessions"
        self._uploads = path / "uploads"

    @contextlib.contextmanager
    def _writing(self, folder: Path) -> Iterator[None]:
        """What goes wrong with files, in a sentence."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            yield
        except OSError as error:
            raise JournalError(
                f"the folder for sessions cannot be written: {error.strerror or error};"
                " FRAGSCOPE_DATA_DIR chooses another"
            ) from None

    def check(self) -> None:
        """Find out whether sessions can be kept.

        Raises:
            JournalError: they cannot.
        """
        with self._writing(self._sessions):
            probe = self._sessions / f".probe-{os.getpid()}"
            probe.write_bytes(b"1")
            probe.unlink()

    # -- sessions --------------------------------------------------------------------------------
    def _file(self, session_id: str) -> Path:
        """The file of a session that is there.

        Raises:
            NotFoundError: there is none.
        """
        path = self._sessions / f"{session_id}{_SUFFIX}"
        if not _ID.fullmatch(session_id) or not path.is_file():
            raise NotFoundError(NO_SESSION)
        return path

    def _lock(self, session_id: str) -> FileLock:
        """The lock of a session, taken.

        Raises:
            JournalError: somebody else has it.
        """
        lock = FileLock(self._sessions / f"{session_id}.lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise JournalError(
                "this session is open in another server on this machine:"
                " end that one, or go to its address"
            ) from None
        return lock

    def create(self, session_id: str, record: Record, hashes: Mapping[str, bytes]) -> Journal:
        """A new session's journal, open.

        Args:
            session_id: as from new_id().
            record: what is known of it at its start.
            hashes: of its tokens, by role.

        Raises:
            JournalError: it cannot be written.
        """
        with self._writing(self._sessions):
            lock = self._lock(session_id)
            path = self._sessions / f"{session_id}{_SUFFIX}"
            store = None
            try:
                store = Store(path, write=True)
                store.begin(record, hashes)
            except BaseException:
                self._discard(session_id, lock, store)
                raise
            self._settle()
        return Journal(store, record, lock.release, self._state(session_id))

    def _state(self, session_id: str) -> StateFile:
        return StateFile(self._sessions / f"{session_id}{STATE}", self._states)

    def answers(self, session_id: str) -> AnswersFile:
        """Where questions and answers of a session are kept; for whoever has it open."""
        return AnswersFile(self._sessions / f"{session_id}{ANSWERS_SUFFIX}")

    def _settle(self) -> None:
        """Make a new file's name as durable as its contents."""
        with contextlib.suppress(OSError):  # no such thing on this system
            folder = os.open(self._sessions, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _discard(self, session_id: str, lock: FileLock, store: Store | None = None) -> None:
        """Remove a session whose lock is held."""
        if store is not None:
            with contextlib.suppress(JournalError):
                store.close()
        path = self._sessions / f"{session_id}{_SUFFIX}"
        beside = (f"{session_id}{suffix}" for suffix in (STATE, ANSWERS_SUFFIX))
        for name in (path.name, *(path.name + end for end in _BESIDE), *beside):
            (self._sessions / name).unlink(missing_ok=True)
        lock.release()
        (self._sessions / f"{session_id}.lock").unlink(missing_ok=True)

    def open(self, session_id: str) -> Journal:
        """The journal of a session that nobody has open.

        Raises:
            NotFoundError: there is no such session.
            JournalError: it is open elsewhere, damaged, or cannot be written.
        """
        path = self._file(session_id)
        with self._writing(self._sessions):
            lock = self._lock(session_id)
            try:
                store = Store(path, write=True)
                try:
                    if store.version == 0:  # its maker was killed before it told anybody
                        raise NotFoundError(NO_SESSION)
                    return Journal(store, store.read(), lock.release, self._state(session_id))
                except BaseException:
                    store.close()
                    raise
            except BaseException:
                lock.release()
                raise

    @contextlib.contextmanager
    def _reading(self, session_id: str) -> Iterator[Store]:
        store = Store(self._file(session_id), write=False)
        try:
            if store.version == 0:
                raise NotFoundError(NO_SESSION)
            yield store
        finally:
            store.close()

    def read(self, session_id: str) -> Record:
        """What is known of a session, whoever has it open.

        Raises:
            NotFoundError: there is no such session.
            JournalError: it is damaged.
        """
        with self._reading(session_id) as store:
            return store.read()

    def hashes(self, session_id: str) -> dict[str, bytes]:
        """Hashes of a session's tokens, by role.

        Raises:
            NotFoundError, JournalError: see read().
        """
        with self._reading(session_id) as store:
            return store.hashes()

    def names(self) -> list[str]:
        """Every session there is, the one used last first."""
        try:
            found = [(_age(path), path.stem) for path in self._sessions.glob(f"*{_SUFFIX}")]
        except OSError:
            return []
        return [name for _, name in sorted(found)]

    def age_s(self, session_id: str) -> float:
        """Seconds since anything was written.

        Raises:
            NotFoundError: there is no such session.
        """
        return _age(self._file(session_id))

    def is_open(self, session_id: str) -> bool:
        """Whether a server has it open."""
        try:
            self._lock(session_id).release()
        except (JournalError, OSError):
            return True
        return False

    # -- uploads ---------------------------------------------------------------------------------
    def keep_upload(self, name: str, data: bytes) -> str:
        """Keep an archive; the same bytes are kept once.

        Returns:
            Its digest, by which it is found again.

        Raises:
            JournalError: it cannot be written.
        """
        digest = hashlib.sha256(data).hexdigest()
        with self._writing(self._uploads):
            path = self._uploads / digest
            for file, content in ((path, data), (path.with_suffix(".json"), _label(name))):
                part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
                try:
                    with part.open("wb") as stream:
                        stream.write(content)
                        stream.flush()
                        os.fsync(stream.fileno())
                    part.replace(file)
                finally:
                    part.unlink(missing_ok=True)
        return digest

    def upload(self, digest: str) -> Upload:
        """An archive that was kept.

        Raises:
            NotFoundError: there is none of that digest.
        """
        path = self._uploads / digest
        if not _DIGEST.fullmatch(digest) or not path.is_file():
            raise NotFoundError(f"upload {digest[:60]!r} is not kept any more: upload it again")
        try:
            name = str(json.loads(path.with_suffix(".json").read_bytes())["name"])
        except (OSError, ValueError, KeyError, TypeError):
            name = "upload"
        return Upload(name, path.read_bytes())

    # -- the end ---------------------------------------------------------------------------------
    def sweep(self, keep_days: float) -> list[str]:
        """Remove what nobody has used for so long and nobody has open.

        Returns:
            The sessions that went.
        """
        gone = []
        for name in self.names():
            with contextlib.suppress(OSError, JournalError, NotFoundError):
                if self.age_s(name) > keep_days * DAY_S:
                    self._discard(name, self._lock(name))
                    gone.append(name)
        with contextlib.suppress(OSError):
            self._sweep_states()
            self._sweep_uploads(keep_days)
        return gone

    def _sweep_states(self) -> None:
        """Remove what killed processes have left, and states whose sessions are gone."""
        for path in self._sessions.glob(f"*{PART}"):
            if _age(path) > DAY_S:
                path.unlink(missing_ok=True)
        for path in self._sessions.glob(f"*{STATE}"):
            if not path.with_suffix(_SUFFIX).is_file():
                path.unlink(missing_ok=True)

    def _sweep_uploads(self, keep_days: float) -> None:
        old = [path for path in self._uploads.glob("*") if _age(path) > keep_days * DAY_S]
        wanted = set()
        if old:
            for name in self.names():
                with contextlib.suppress(JournalError, NotFoundError):
                    source = self.read(name).head.config.source
                    wanted.add(source.capture if source.kind == "upload" else "")
        for path in old:
            if path.name.partition(".")[0] not in wanted:
                path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    """Seconds since a file, or what SQLite keeps beside it, was written."""
    times = []
    for name in (path.name, *(path.name + end for end in _BESIDE)):
        with contextlib.suppress(FileNotFoundError):
            times.append(path.with_name(name).stat().st_mtime)
    return time.time() - max(times, default=0.0)


def _label(name: str) -> bytes:
    return json.dumps({"name": name}).encode()
