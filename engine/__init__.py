"""The simulator: a function of configuration, seed and commands; knows no server and no clock."""
