"""Arrays in, arrays out: the same ops on several engines, chosen by name.

>>> from recsys_backends import available_backends, ops, set_backend

``__init__.pyi`` beside this file lists the public names; each is imported at its first use.
"""

from recsys_backends.lazy import lazy_exports

__getattr__, __dir__ = lazy_exports(__name__, __file__)
