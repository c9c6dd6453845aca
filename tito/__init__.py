"""The `tito` command line."""
