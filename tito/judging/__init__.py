"""Judge code that is not trusted: it runs in another process, and only data cross the border."""
