"""stress-highalloc: the benchmark behind the only published figures, as a seeded run of the engine.

params.py has the benchmark's numbers, machine.py its guest, stream.py what builds and files do to
memory, phases.py the phases, highalloc.py the balloon and the scores.
"""
