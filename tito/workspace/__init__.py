"""A learner's workspace: its files, its progress, and the steps of a lesson."""
