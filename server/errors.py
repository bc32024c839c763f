"""Refusals that are neither bad input nor a defect: something is missing, or there is no room."""


class NotFoundError(Exception):
    """A session or an upload that is not (any more) there; the text is one sentence."""


class LimitReachedError(Exception):
    """A limit of the server is reached; the text is one sentence for the person."""
