"""Models: one a file, all with the methods of ``Recommender``.

``__init__.pyi`` beside this file is their catalogue: one line a model.
"""

from recsys_backends.lazy import lazy_exports

__getattr__, __dir__ = lazy_exports(__name__, __file__)
