"""The version, alone in a file, so that neither the build nor `tito --version` imports more."""

__version__ = "0.1.0"
