"""Database of a leaderboard: entries, events, judgements and leases. Nothing is overwritten."""
