"""Grading submissions by unknown authors: their code runs in a jail, marks are made outside."""
