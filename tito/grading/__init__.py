"""Grading submissions by unknown authors: their code runs in a jail, the verdict is made outside."""
