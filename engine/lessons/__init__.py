"""Lessons: steps with an act or a prediction, predicates over named numbers, played headless."""
