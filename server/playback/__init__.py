"""A session as one file that plays without a server."""
