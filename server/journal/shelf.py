"""What can be known of a session without opening it: whose token is whose, and its record."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping

from server.journal.codec import Record
from server.journal.folder import Folder
from server.journal.tokens import role_of
from server.wire.messages import Role

MAX_HASHES = 1000  # sessions whose tokens are known without a look at the disk


class Shelf:
    """Sessions on disk, read beside whoever has them open. Owned by the event loop."""

    def __init__(self, folder: Folder) -> None:
        """Nothing is read before it is asked for."""
        self._folder = folder
        self._hashes: OrderedDict[str, Mapping[str, bytes]] = OrderedDict()

    async def hashes(self, session_id: str) -> Mapping[str, bytes]:
        """Hashes of a session's tokens; also the way to find out whether it exists.

        Raises:
            NotFoundError: there is no such session.
            JournalError: it is damaged.
        """
        if session_id not in self._hashes:
            found = await asyncio.to_thread(self._folder.hashes, session_id)
            self._hashes[session_id] = found
            while len(self._hashes) > MAX_HASHES:
                self._hashes.popitem(last=False)
        return self._hashes[session_id]

    async def role(self, session_id: str, token: str) -> Role | None:
        """What the bearer of a token may do in a session, None = nothing.

        Raises:
            NotFoundError, JournalError: see hashes().
        """
        return role_of(token, await self.hashes(session_id))

    async def record(self, session_id: str) -> Record:
        """What the journal of a session holds.

        Raises:
            NotFoundError, JournalError: see hashes().
        """
        return await asyncio.to_thread(self._folder.read, session_id)
