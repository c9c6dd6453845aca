"""Commands, one file each, which are imported when they are called."""
