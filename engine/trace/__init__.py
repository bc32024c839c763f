"""The call trace: what the next ticks do to each page, function by function, and why.

It runs the core's own code uncompiled on a copy of one guest and watches it (docs/TRACE.md).
"""
