"""Looking at sessions without opening them."""

import pytest

from server.errors import NotFoundError
from server.journal import shelf as shelf_module
from server.journal.folder import Folder
from server.journal.shelf import Shelf
from server.journal.tokens import hashes_of, new_tokens
from tests.server.journal.test_folder import RECORD


async def test_roles_and_records_are_read_beside_the_owner(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf_module, "MAX_HASHES", 1)
    folder = Folder(tmp_path)
    shelf, tokens = Shelf(folder), {name: new_tokens() for name in ("one", "two")}
    owned = [folder.create(name, RECORD, hashes_of(of)) for name, of in tokens.items()]
    for name, of in tokens.items():
        assert await shelf.role(name, of["presenter"]) == "presenter"
        assert await shelf.role(name, of["viewer"]) == "viewer"
        assert await shelf.role(name, "x") is None
        assert await shelf.record(name) == RECORD
    with pytest.raises(NotFoundError):
        await shelf.hashes("three")
    for journal in owned:
        journal.close()
