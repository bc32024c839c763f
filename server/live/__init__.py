"""A real machine, watched while it runs."""
