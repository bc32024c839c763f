"""What a real kernel did from a captured state, and how predictions are judged against it."""
