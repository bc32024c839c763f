"""Race explorer: every interleaving of compactors and balloon driver on one balloon page.

A small exact model of its own; it shares nothing with the simulator's core. docs/RACE.md tells the
model, its atomic steps with their sources, and what each setting comes to.
"""
