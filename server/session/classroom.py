"""Who is in a session's class, who follows, who drives: a state machine; pure.

Nothing of it is kept: after a restart of the server the presenter drives. Whoever drives commands
and is followed. Among presenters that is the one who acted last; a viewer to whom the wheel was
handed keeps it until it hands it on, goes, or a presenter takes over.
"""

from dataclasses import dataclass
from typing import Any

from engine.errors import RefusedError
from server.wire.classroom import ClassState, DriveAct, People
from server.wire.messages import Role

MAX_ASKING_SHOWN = 5
PRESENTER = "presenter"
_ENDED = "the class has ended: everybody is on their own"


@dataclass
class Person:
    """One client of the class.

    Attributes:
        role: what its token allows.
        name: what the others know it by.
        follows: it shows what the driver shows.
    """

    role: Role
    name: str
    follows: bool = False


class Classroom:
    """The class of one session."""

    def __init__(self) -> None:
        self.over = False
        self.view: dict[str, Any] | None = None  # what the driver shows
        self.lagging = 0
        self._people: dict[int, Person] = {}
        self._lead: int | None = None  # the presenter that acted last
        self._granted: int | None = None  # the viewer that holds the wheel
        self._asking: dict[int, None] = {}  # in the order of asking
        self._numbers = 0
        self._presenters: dict[int, None] = {}
        self._following = 0
        self._detached = 0  # viewers that do not follow, the one who drives included
        self._changed: set[int] = set()
        self._due: set[int] = set()  # follow, and do not have the view yet

    # -- who is there ----------------------------------------------------------------------------
    def enter(self, client: int, role: Role) -> None:
        """A client is there; the first presenter drives."""
        if role == "presenter":
            self._presenters[client] = None
        else:
            self._numbers += 1
            self._detached += 1
        name = PRESENTER if role == "presenter" else f"viewer {self._numbers}"
        self._people[client] = Person(role, name)
        if role == "presenter" and self._lead is None:
            self._leads(client)
        self._tell(client)

    def leave(self, client: int) -> None:
        """A client is gone; the wheel, if it had it, goes back to the presenter."""
        person = self._people.get(client)
        if person is None:
            return
        self._follow(client, False)
        del self._people[client]
        self._presenters.pop(client, None)
        self._detached -= person.role == "viewer"
        self._asking.pop(client, None)
        self._changed.discard(client)
        self._due.discard(client)
        if client == self._granted:
            self._give_back()
        elif client == self._lead:
            self._lead = None
            self._leads(next(reversed(self._presenters), None))
        self._tell()

    @property
    def driver(self) -> int | None:
        """The client whose commands are taken and who is followed."""
        return self._lead if self._granted is None else self._granted

    @property
    def followers(self) -> list[int]:
        """Clients that show what the driver shows."""
        return [client for client, person in self._people.items() if person.follows]

    @property
    def leaders(self) -> list[int]:
        """Clients that are told how the class is."""
        granted = () if self._granted is None else (self._granted,)
        return [*self._presenters, *granted]

    # -- what people do --------------------------------------------------------------------------
    def command(self, client: int) -> None:
        """A client wants to command.

        Raises:
            RefusedError: it does not drive.
        """
        if client == self.driver:
            return
        if self._people[client].role == "presenter":
            self.check_free()
            self._leads(client)
            return
        driver = self._name(self.driver)
        who = f"the {driver} drives" if driver == PRESENTER else f"{driver or 'nobody'} drives"
        raise RefusedError(f"you look on: {who}; who wants to command asks to drive")

    def start_over(self, client: int) -> None:
        """A client wants to start over, which ends every timeline of the session.

        Raises:
            RefusedError: it is no presenter.
        """
        if self._people[client].role != "presenter":
            raise RefusedError("only the presenter starts over: that would end what the class did")

    def check_free(self) -> None:
        """Refuse what a presenter, or its program, wants to do while a viewer drives.

        Raises:
            RefusedError: one does.
        """
        if self._granted is not None:
            raise RefusedError(f"{self._name(self._granted)} drives: take over first")

    def look(self, client: int, tick: int | None) -> None:
        """A client wants to look at an earlier tick, or (None) at the present.

        Raises:
            RefusedError: it looks by itself, and that is ahead of the driver.
        """
        moment = self._bound(client)
        if moment is not None and (tick is None or tick > moment):
            there = "the present" if tick is None else f"tick {tick}"
            raise RefusedError(f"{there} is ahead of the class, which looks at tick {moment}")

    def _bound(self, client: int) -> int | None:
        """The tick past which a client may not look by itself; None: any."""
        person = self._people[client]
        free = self.over or person.follows or client == self.driver or person.role == "presenter"
        if free or self.view is None:
            return None
        tick = self.view.get("tick")
        return tick if isinstance(tick, int) and not isinstance(tick, bool) else None

    def follow(self, client: int, on: bool) -> None:
        """A client follows from now on, or does not.

        Raises:
            RefusedError: the class has ended.
        """
        if on and self.over:
            raise RefusedError(_ENDED)
        self._follow(client, on and client != self.driver)
        self._tell(client)

    def show(self, client: int, view: dict[str, Any]) -> None:
        """What a client shows; nobody's business unless it drives, or presents and nobody drives.

        A page sends it when its person has changed the view; that the wheel has been taken from it
        meanwhile is no error.
        """
        if client != self.driver:
            if self._granted is not None or self._people[client].role != "presenter":
                return
            self._leads(client)
        if view != self.view:
            before, self.view = self.view or {}, view
            self._due.update(self.followers)
            if before.get("tick") != view.get("tick"):
                self._changed.update(c for c, p in self._people.items() if not p.follows)

    def act(self, client: int, message: DriveAct) -> None:
        """Ask to drive, hand over, take over, call everybody, end the class.

        Raises:
            RefusedError: this client may not do that, or there is no such person.
        """
        presents = self._people[client].role == "presenter"
        if message.act in ("ask", "withdraw"):
            self._ask(client, message.act == "ask")
        elif message.act == "hand_over":
            if not presents and client != self.driver:
                raise RefusedError("you do not drive: there is nothing to hand over")
            self._hand_over(message.to)
        elif not presents:
            raise RefusedError(f"{message.act} is for the presenter")
        elif message.act == "take_over":
            self._leads(client)
            self._give_back()
        else:
            self._all_follow(message.act == "everyone")

    # -- how it is done --------------------------------------------------------------------------
    def _ask(self, client: int, on: bool) -> None:
        if on and self.over:
            raise RefusedError(_ENDED)
        if on and client == self.driver:
            raise RefusedError("you drive already")
        if on and self._people[client].role == "presenter":
            raise RefusedError("a presenter need not ask: take over")
        if on:
            self._asking[client] = None
        else:
            self._asking.pop(client, None)
        self._tell(client)

    def _hand_over(self, to: str | None) -> None:
        if to is None or to == PRESENTER:
            if self._lead is None:
                raise RefusedError("the presenter is not there")
            self._give_back()
            return
        named = [c for c, p in self._people.items() if p.name == to and p.role == "viewer"]
        if not named:
            raise RefusedError(f"{to!r:.60} is not there: the wheel stays where it is")
        if self.over:
            raise RefusedError(_ENDED)
        if named[0] != self.driver:
            before, self._granted = self.driver, named[0]
            self._asking.pop(named[0], None)
            self._turned(before)

    def _give_back(self) -> None:
        """The wheel goes back to the presenter."""
        if self._granted is not None:
            before, self._granted = self._granted, None
            self._turned(before)

    def _leads(self, client: int | None) -> None:
        """A presenter has acted."""
        before, self._lead = self.driver, client
        if before != self.driver:
            self._turned(before)

    def _turned(self, before: int | None) -> None:
        """Somebody else drives: whoever did follows, if there is a class."""
        driver = self.driver
        self.view = None  # until the new one has said what it shows
        if before in self._people and before is not None and not self.over:
            # A presenter with two pages leads with one and looks by itself with the other.
            handed = self._granted is not None or self._people[before].role == "viewer"
            self._follow(before, handed)
        if driver is not None:
            self._follow(driver, False)
        self._changed.update(self._people)

    def _all_follow(self, on: bool) -> None:
        self.over = not on
        if self.over:
            self._asking.clear()
            self._give_back()
        for client, person in self._people.items():
            if client != self.driver and (person.role == "viewer" or not on):
                self._follow(client, on)
        self._changed.update(self._people)

    def _follow(self, client: int, on: bool) -> None:
        person = self._people[client]
        self._following += on - person.follows
        if person.role == "viewer":
            self._detached -= on - person.follows
        person.follows = on
        if on and self.view is not None:
            self._due.add(client)
        else:
            self._due.discard(client)

    def _name(self, client: int | None) -> str | None:
        person = None if client is None else self._people.get(client)
        return person.name if person else None

    # -- what they are told ----------------------------------------------------------------------
    def _tell(self, *clients: int) -> None:
        self._changed.update(clients)
        self._changed.update(self.leaders)

    def lag(self, number: int) -> None:
        """So many of those who follow skip pictures."""
        self.lagging = number
        self._tell()

    def take_changed(self) -> list[int]:
        """Clients whose state() has changed since the last call."""
        changed, self._changed = self._changed, set()
        return sorted(changed)

    def take_due(self) -> list[int]:
        """Clients that follow and do not have the present view yet."""
        due, self._due = self._due, set()
        return sorted(due)

    def state(self, client: int) -> ClassState:
        """The class as a client has to know it."""
        person, driver = self._people[client], self.driver
        people = None
        if person.role == "presenter" or client == driver:
            asking = [self._people[one].name for one in self._asking]
            driving = driver is not None and self._people[driver].role == "viewer"
            people = People(
                following=self._following - person.follows,  # the others
                lagging=min(self.lagging, self._following),
                detached=self._detached - driving,
                asking=tuple(asking[:MAX_ASKING_SHOWN]),
                nr_asking=len(asking),
            )
        return ClassState(
            you=person.name,
            driver=self._name(driver),
            driving=client == driver,
            following=person.follows,
            asking=client in self._asking,
            over=self.over,
            moment=self._bound(client),
            people=people,
        )
