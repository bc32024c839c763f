"""Looking at a guest without touching it: planes, statistics, and the recount of validate()."""
