"""Property tests have no deadline: how long an example takes says nothing about the library."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
