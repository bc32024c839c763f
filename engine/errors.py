"""The error for requests that cannot be carried out."""


class RefusedError(ValueError):
    """A request that cannot be carried out; the text is one sentence for the user.

    It names what, the value, the limit and the unit. Any other ValueError is a fault of the
    program: it is logged, and users are not told that it was theirs.
    """
