"""Leaderboards that re-run every entry: division, entry, check, timing, verdict, store, show."""
