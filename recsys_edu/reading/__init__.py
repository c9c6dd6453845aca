"""Reading events from the files and tables that people have; one file a format."""
