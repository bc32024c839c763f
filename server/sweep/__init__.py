"""Sweeps: the runs of a grid on many processes and machines, and the files that come of it."""
