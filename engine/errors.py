"""What a person is told when something that was asked for cannot be done."""


class RefusedError(ValueError):
    """The person asked for what cannot be: the text is one sentence for them.

    What, the value, the limit, the unit. Any other ValueError is a fault of the program: it is
    logged, and nobody is told that it was theirs.
    """
