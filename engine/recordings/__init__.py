"""What a real kernel did from a captured state, and how a prediction is judged by it."""
