"""Everything with a socket, a file or a clock; the engine below knows nothing of it."""
