"""Lessons as files: Markdown with front matter, read into the parts of engine/lessons/model.py."""
