"""Race explorer: every interleaving of compactors and balloon driver on one balloon page.

A small exact model of its own; it shares nothing with the simulator's core. docs/RACE.md describes
the model, its atomic steps with their sources, and the result of each setting.
"""
