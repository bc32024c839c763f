"""Getting the compiled core ready before anybody is let in."""
