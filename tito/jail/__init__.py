"""Code by unknown authors runs here: in bubblewrap, with nothing in sight to steal."""
