"""A session's questions as the event loop holds them: kept, told, run.

The rules are those of server/quiz/quiz.py. What people say is done in the order in which it came,
many at a time: done in memory, written and synced once, and only then told. If it cannot be
written, memory is made anew from the disk, and whoever waits hears why.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from engine.commands import Command
from engine.errors import RefusedError
from server.errors import ConflictError, JournalError, LimitReachedError, NotFoundError
from server.journal.answers_file import AnswersFile
from server.quiz.quiz import Quiz, QuizQuestion, voter_key
from server.session.event_side import SessionHandle
from server.wire import messages
from server.wire.messages import Role
from server.wire.quiz import Guess, Pose, QuizAct, QuizMessage, QuizResults, Voter

log = logging.getLogger("fragscope")

ANSWERED_S = 0.25  # between two counts of answers for the presenter
IDLE_S = 0.1  # between two looks whether the guests are idle before it is run
MAX_UNWRITTEN = 10_000  # records that wait for the disk

_Record = dict[str, Any]


class QuizSide:
    """The questions of one session. Owned by the event loop."""

    def __init__(self, live: SessionHandle, file: AnswersFile, quiz: Quiz) -> None:
        """Nobody is there.

        Args:
            live: the session.
            file: where records are kept.
            quiz: what they came to.
        """
        self.quiz = quiz
        self._live, self._file = live, file
        self._roles: dict[int, Role] = {}
        self._voters: dict[int, str] = {}  # keys, by client
        self._waiting: list[tuple[_Record, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._counting: asyncio.TimerHandle | None = None

    # -- who is there ----------------------------------------------------------------------------
    def enter(self, client: int, role: Role) -> None:
        """A client has said hello with a token of that role."""
        self._roles[client] = role
        if self.quiz.questions:
            self._tell([client])
        question = self.quiz.now
        if question is not None and question.stage == "running":
            self._run()  # the server was killed while it was run

    def leave(self, client: int) -> None:
        """A client is gone."""
        self._roles.pop(client, None)
        self._voters.pop(client, None)

    # -- what people say -------------------------------------------------------------------------
    async def message(self, client: int, message: QuizMessage) -> None:
        """Do what a client says, and keep it.

        Raises:
            RefusedError: it may not, or not now.
            ConflictError, LimitReachedError, NotFoundError, JournalError: it cannot be done.
        """
        if isinstance(message, Voter):
            voter = voter_key(message.voter)
            if self._voters.setdefault(client, voter) != voter:
                raise RefusedError("this page has said who it is: one socket has one voter")
            if self.quiz.now is not None:
                self._tell([client])
        elif isinstance(message, Guess):
            if client not in self._voters:
                raise RefusedError("who answers says first which voter it is: message voter")
            ranges = [list(one) for one in message.ranges]
            who = {"number": message.number, "voter": self._voters[client]}
            record = {"do": "guess", **who, "ranges": ranges}
            await self._keep(record)
        elif self._roles.get(client) != "presenter":
            raise RefusedError("questions are asked and run by the presenter")
        elif isinstance(message, Pose):
            await self._keep(self.quiz.posed(message, self._live.config.designs))
        else:
            await self._step(message)

    async def _step(self, message: QuizAct) -> None:
        record: _Record = {"do": message.act}
        if message.act == "run":
            self._live.room.allow_program()
            record["begun"] = len((await self._live.transcript()).log)
        await self._keep(record)
        if message.act == "run":
            self._run()

    # -- keeping ---------------------------------------------------------------------------------
    async def _keep(self, record: _Record) -> None:
        """Do and write a record with those that come at the same time; returns when it is kept."""
        if len(self._waiting) >= MAX_UNWRITTEN:
            raise LimitReachedError("too many answer at once: try again in a moment")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._write_batch(batch)
        finally:
            self._writing = None

    async def _write_batch(self, batch: list[tuple[_Record, asyncio.Future[None]]]) -> None:
        kept: list[tuple[_Record, asyncio.Future[None]]] = []
        for record, done in batch:
            try:
                self.quiz.apply(record)
            except RefusedError as error:
                _settle(done, error)
            else:
                kept.append((record, done))
        if not kept:
            return
        try:
            await asyncio.to_thread(self._file.append, [record for record, _ in kept])
        except JournalError as error:
            self.quiz = await asyncio.to_thread(played, self._file)
            for _, done in kept:
                _settle(done, error)
            self._tell(list(self._roles))
            return
        for _, done in kept:
            _settle(done, None)
        if any(record["do"] != "guess" for record, _ in kept):
            self._tell(list(self._roles))
        else:
            voters = {record["voter"] for record, _ in kept}
            self._tell([c for c, voter in self._voters.items() if voter in voters])
            self._count()

    # -- telling ---------------------------------------------------------------------------------
    def _count(self) -> None:
        """Tell presenters how many have answered, now and then."""
        if self._counting is None:
            loop = asyncio.get_running_loop()
            self._counting = loop.call_later(ANSWERED_S, self._tell_count)

    def _tell_count(self) -> None:
        self._counting = None
        self._tell([client for client, role in self._roles.items() if role == "presenter"])

    def _tell(self, clients: list[int]) -> None:
        results: dict[bool, QuizResults | None] = {}
        for client in clients:
            role = self._roles.get(client)
            if role is None:
                continue
            presents = role == "presenter"
            if presents not in results:
                results[presents] = self.quiz.told_results(presents)
            state = self.quiz.state(self._voters.get(client), presents, results[presents])
            self._live.hub.latest(client, "quiz", messages.wire_text(state))

    # -- running ---------------------------------------------------------------------------------
    def _run(self) -> None:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._play())

    async def _play(self) -> None:
        """Give the question's commands, one when the last is worked off, and keep what came."""
        question = self.quiz.now
        assert question is not None
        try:
            await self._idle()
            for command in await self._left(question):
                await self._live.order(command, wait_idle=True)
            state = await self._live.state()
            values = [
                int(state["designs"][design]["stats"][question.quantity])
                for design in question.designs
            ]
            await self._keep({"do": "truth", "values": values})
        except (RefusedError, ConflictError, LimitReachedError, JournalError, KeyError) as error:
            text = str(error)
            if isinstance(error, KeyError):
                text = f"the session has no {text} any more: ask anew"
            for client, role in self._roles.items():
                if role == "presenter":
                    self._live.say(client, messages.error(text))
            with contextlib.suppress(RefusedError, JournalError, LimitReachedError):
                await self._keep({"do": "halt"})
        except NotFoundError:
            pass  # the session has ended; when it returns the question is run on

    async def _idle(self) -> None:
        """Wait until nothing is at work: what was asked begins where people looked."""
        while not (await self._live.state())["idle"]:
            await asyncio.sleep(IDLE_S)

    async def _left(self, question: QuizQuestion) -> list[Command]:
        """The commands that were not given before a server was killed.

        Raises:
            ConflictError: somebody has commanded in between, or started over.
        """
        log = [entry.command for entry in (await self._live.transcript()).log]
        given = log[question.begun :]
        if len(log) < question.begun or given != list(question.commands[: len(given)]):
            raise ConflictError("the session has gone another way meanwhile: run it again")
        return list(question.commands[len(given) :])


def _settle(done: "asyncio.Future[None]", error: Exception | None) -> None:
    """Answer, unless nobody waits any more."""
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def played(file: AnswersFile) -> Quiz:
    """What the records on the disk come to.

    Raises:
        JournalError: they are damaged.
    """
    quiz = Quiz()
    for record in file.read():
        try:
            quiz.apply(record)
        except (RefusedError, KeyError, TypeError, ValueError) as error:
            raise JournalError(f"the answers of this session are damaged: {error}") from None
    return quiz


class Quizzes:
    """The questions of all sessions in memory. Owned by the event loop."""

    def __init__(self, file: Callable[[str], AnswersFile]) -> None:
        """None is read yet.

        Args:
            file: of a session.
        """
        self._file = file
        self._sides: dict[str, QuizSide] = {}

    async def of(self, live: SessionHandle) -> QuizSide:
        """Those of a session, read when somebody comes first.

        Raises:
            JournalError: they are damaged.
        """
        if live.id in self._sides:
            return self._sides[live.id]
        file = self._file(live.id)
        quiz = await asyncio.to_thread(played, file)
        if live.ended is not None:
            return QuizSide(live, file, quiz)
        return self._sides.setdefault(live.id, QuizSide(live, file, quiz))

    def forget(self, session_id: str) -> None:
        """A session has left memory; when it returns its questions are read again."""
        self._sides.pop(session_id, None)
