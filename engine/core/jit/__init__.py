"""The compiler of the core: numba's front end per function, then one link and one object file.

Nothing else in the project knows numba's internals; `internals.py` lists each one that is touched.
"""
