"""Grading with nbgrader's gradebook: what students wrote is judged from outside of a jail."""
