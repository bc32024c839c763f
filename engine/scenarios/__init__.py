"""Scenarios: a guest, designs, steps and a question; each shows one point of the argument of 2012.

What was expected was written down before anything ran. Where the numbers say otherwise, the text of
the scenario says so.
"""
