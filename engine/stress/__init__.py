"""stress-highalloc: the benchmark behind the only published figures, as a seeded run of the engine.

params.py has the numbers of the recipe, machine.py its guest, stream.py what builds and files do to
memory, highalloc.py the phases, the balloon and the scores.
"""
