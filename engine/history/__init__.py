"""Earlier states of a world: kept checkpoints, the way back to any tick, and what was true when."""
