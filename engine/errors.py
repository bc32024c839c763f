"""The error for requests that cannot be carried out, and the sentence for a name nobody knows."""

from collections.abc import Iterable


class RefusedError(ValueError):
    """A request that cannot be carried out; the text is one sentence for the user.

    It names what, the value, the limit and the unit. Any other ValueError is a fault of the
    program: it is logged, and users are not told that it was theirs.
    """


class OtherGeometryError(RefusedError):
    """Refused by this process, which simulates another pageblock order; a process of its own can.

    Attributes:
        pageblock_order: what that process has to be started with (units.GEOMETRY_SETTING).
    """

    def __init__(self, text: str, pageblock_order: int) -> None:
        """As RefusedError.

        Args:
            text: the sentence.
            pageblock_order: one of units.PAGEBLOCK_ORDERS.
        """
        super().__init__(text)
        self.pageblock_order = pageblock_order


def unknown_name(what: str, name: object, known: Iterable[str]) -> RefusedError:
    """The refusal of a name that is none of those there are.

    Args:
        what: what it should be the name of.
        name: as it came; a long one is cut.
        known: the names there are.
    """
    return RefusedError(f"unknown {what} {name!r:.60}: must be one of {', '.join(known)}")
