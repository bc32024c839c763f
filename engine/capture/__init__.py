"""A capture of a real machine: from its files to a guest."""
