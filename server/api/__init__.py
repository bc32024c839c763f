"""The doors: the application, its sockets and REST routes, static files."""
