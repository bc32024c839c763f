"""Refusals that are nobody's fault in form: something is not there, or there is no more room."""


class NotFoundError(Exception):
    """A session or an upload that is not (any more) there; the text is one sentence."""


class LimitReachedError(Exception):
    """A limit of the server is reached; the text is one sentence for the person."""
