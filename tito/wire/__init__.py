"""Frames between the trusted side and code that is not trusted, and what runs at the far end.

Nothing here knows an answer: the jail copies modules of this package into its own file system.
"""
