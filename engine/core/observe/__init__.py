"""Observing a guest without changing it: planes, statistics, and the recount of validate()."""
