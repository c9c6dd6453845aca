"""Artefacts: sets of files that become an importable module, some of them by being compiled."""
