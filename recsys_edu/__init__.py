"""recsys_edu: learn recommender systems, and the performance engineering beneath them.

``__init__.pyi`` beside this file lists the public names. Each is imported at its first use, so that
``import recsys_edu`` costs next to nothing.
"""

from recsys_backends.lazy import lazy_exports
from recsys_edu._version import __version__ as __version__

__getattr__, __dir__ = lazy_exports(__name__, __file__)
