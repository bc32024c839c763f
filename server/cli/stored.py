"""Sessions on disk and in files, as several commands need them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.cli.common import compile_core

if TYPE_CHECKING:
    from server.journal.codec import Record
    from server.journal.folder import Folder
    from server.journal.session_file import SessionFile
    from server.session.session import Session

MAX_FILE_MIB = 256


def sessions_folder() -> "Folder":
    """FRAGSCOPE_DATA_DIR, or where it is by default."""
    from server.journal.folder import folder_of
    from server.settings import settings_from

    return folder_of(settings_from(os.environ))


def in_one_sentence(read: Callable[[], Any]) -> Any:
    """What ``read`` gives; the errors of a journal as bad input.

    Raises:
        ValueError: one sentence.
    """
    from server.errors import JournalError, NotFoundError

    try:
        return read()
    except (JournalError, NotFoundError) as error:
        raise ValueError(str(error)) from None


def stored_session(session: str) -> "SessionFile":
    """A session of the folder, with its upload.

    Raises:
        ValueError: there is none, or it cannot be read.
        OtherGeometryError: another process plays its guest.
    """
    from server.journal.session_file import SessionFile

    folder = sessions_folder()
    record: Record = in_one_sentence(lambda: folder.read(session))
    source = record.head.config.source
    upload = None
    if source.kind == "upload":
        upload = in_one_sentence(lambda: folder.upload(source.capture))
    found = SessionFile(record, upload)
    own_geometry(found)
    return found


def own_geometry(found: "SessionFile") -> None:
    """See that this process simulates the pageblock order of a session's guest.

    Raises:
        OtherGeometryError: another one does, which begins in its place (server/cli/main.py).
        ValueError: its upload is no capture; one sentence.
    """
    from engine.capture.load import load_capture
    from engine.core import engine_digest

    # Digests differ between processes of two orders: only then is the capture looked at.
    if found.upload is not None and found.record.head.engine != engine_digest():
        load_capture(found.upload.data, found.upload.name)


def same_engine(what: str, record: "Record") -> None:
    """Refuse to play what another simulator played.

    Raises:
        ValueError: one sentence.
    """
    from engine.core import engine_digest

    if record.head.engine != engine_digest():
        raise ValueError(
            f"{what} was played by another version of the simulator"
            f" ({record.head.engine}): this one is {engine_digest()}"
        )


def session_of_file(name: str) -> "SessionFile":
    """The session in a file.

    Raises:
        ValueError: it is none, or cannot be read; one sentence.
        OtherGeometryError: another process plays its guest.
    """
    from server.journal.session_file import session_file_from

    path = Path(name)
    try:
        if path.stat().st_size > MAX_FILE_MIB << 20:
            raise ValueError(f"{name} is over {MAX_FILE_MIB} MiB: no session")
        text = path.read_bytes().decode()
    except OSError as error:
        raise ValueError(f"cannot read {name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{name} is no UTF-8: no session") from None
    found = session_file_from(text.split("\n"))
    own_geometry(found)
    return found


def maker(found: "SessionFile") -> "Callable[[], Session]":
    """What makes the session of a file, at tick 0; the core is compiled when it is first called."""

    def make() -> "Session":
        from server.guests.library import Library
        from server.session.making import new_session

        compile_core()
        config = found.record.head.config
        library = Library(1, 1 << 50)
        if found.upload is not None:
            library.add_upload(found.upload.data, found.upload.name)
        library.check(config)
        base = library.base(config.source, config.seed, lambda *_: None)
        return new_session(config, base.guest, base.text, base.facts, base.owned)

    return make
