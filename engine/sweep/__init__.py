"""Sweeps: many runs over guests, courses, designs and seeds, and which design wins where.

Pure parts: what a grid asks for, the key of a run, one run, its row, and the contest in a cell. Who
runs it, on which processes and into which files, is the business of server/sweep.
"""
