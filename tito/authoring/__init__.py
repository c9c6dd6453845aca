"""Authoring: from the source of a lesson to its notebooks, the answer key and the guide."""
