"""Refusals that are neither bad input nor a defect: something is missing, or there is no room."""


class NotFoundError(Exception):
    """A session or an upload that is not (any more) there; the text is one sentence."""


class LimitReachedError(Exception):
    """A limit of the server is reached; the text is one sentence for the person."""


class ConflictError(Exception):
    """What is asked does not go with what is under way; the text is one sentence."""


class JournalError(Exception):
    """A journal cannot be written, read or had; the text is one sentence for the person."""


class OlderEngineError(ConflictError):
    """Another version of the simulator played a session; the text offers what can be done."""
