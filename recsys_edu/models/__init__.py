"""Models: one a file, all with the methods of ``Recommender``."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what answers without the models reads how features are encoded from beside them
    from recsys_edu.models.base import Recommender


def model_classes() -> dict[str, type[Recommender]]:
    """Every model class by the name that model files and the command line use."""
    from recsys_edu.models.als import ALS
    from recsys_edu.models.bpr import BPR
    from recsys_edu.models.item_knn import ItemKNN
    from recsys_edu.models.most_popular import MostPopular
    from recsys_edu.models.pure_svd import PureSVD
    from recsys_edu.models.two_tower import TwoTower
    from recsys_edu.models.user_knn import UserKNN

    models = (MostPopular, ItemKNN, UserKNN, PureSVD, ALS, BPR, TwoTower)
    return {model.name: model for model in models}


def load_model(path: str | PathLike[str]) -> Recommender:
    """Read a model of any class; errors are those of ``Recommender.load``."""
    from recsys_edu.models.base import Recommender

    return Recommender.load(path)
