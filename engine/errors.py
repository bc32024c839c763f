"""The error for requests that cannot be carried out, and the sentence for a name nobody knows."""

from collections.abc import Iterable


class RefusedError(ValueError):
    """A request that cannot be carried out; the text is one sentence for the user.

    It names what, the value, the limit and the unit. Any other ValueError is a fault of the
    program: it is logged, and users are not told that it was theirs.
    """


def unknown_name(what: str, name: object, known: Iterable[str]) -> RefusedError:
    """The refusal of a name that is none of those there are.

    Args:
        what: what it should be the name of.
        name: as it came; a long one is cut.
        known: the names there are.
    """
    return RefusedError(f"unknown {what} {name!r:.60}: must be one of {', '.join(known)}")
