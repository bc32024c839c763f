"""The simulator: a function of configuration, seed and commands. Knows no server, no clock, no files but captures."""
