"""The text that a kernel writes about its memory, read from wherever people keep it."""
