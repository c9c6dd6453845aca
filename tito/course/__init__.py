"""Lessons of the course, their notebooks, their exports and their checkpoints."""
