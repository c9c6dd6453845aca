"""Jails for code by unknown authors: bubblewrap, limits, and nothing within reach to steal."""
