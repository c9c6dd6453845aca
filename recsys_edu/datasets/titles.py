"""Titles of items: those of MovieLens 100k from its files, made-up ones for synthetic data."""

from __future__ import annotations

from typing import Final

from recsys_edu.datasets._dataset import DatasetFiles, local_folder
from recsys_edu.datasets.movielens import ML_100K
from recsys_edu.datasets.movielens_features import read_ml_100k_titles
from recsys_edu.errors import DatasetNotFoundError

_N_SYNTHETIC: Final = 1682
_FIRST: Final = (
    *("Amber", "Blue", "Broken", "Burning", "Crystal", "Distant", "Early", "Empty", "Endless"),
    *("Fading", "Final", "First", "Forgotten", "Frozen", "Golden", "Green", "Hidden", "Hollow"),
    *("Iron", "Last", "Little", "Lonely", "Lost", "Midnight", "Northern", "Open", "Paper"),
    *("Quiet", "Red", "Restless", "Second", "Secret", "Silent", "Silver", "Southern", "Stolen"),
    *("Sudden", "Summer", "Velvet", "White", "Winter"),
)
_SECOND: Final = (
    *("Airport", "Anchor", "Bridge", "Carnival", "Castle", "City", "Clock", "Coast", "Corner"),
    *("Dance", "Desert", "Door", "Dream", "Express", "Field", "Forest", "Garden", "Harbour"),
    *("Hotel", "House", "Island", "Journey", "Kingdom", "Ladder", "Letter", "Light", "Market"),
    *("Mirror", "Mountain", "Night", "Ocean", "Orchard", "Promise", "River", "Road", "Shadow"),
    *("Song", "Station", "Street", "Tower", "Train", "Valley"),
)


def load_titles(name: str) -> dict[int, str]:
    """Return the title of each item of a dataset, by the item's id. Nothing is downloaded.

    Args:
        name: "ml-100k", for the titles in u.item; or "synthetic-100k", for made-up titles, which
            have nothing to do with who likes what.

    Raises:
        DatasetNotFoundError: a dataset without titles; or u.item is not on this computer.
        DataError: a malformed line.
    """
    if name == "synthetic-100k":
        return _made_up()
    if name != ML_100K.name:
        raise DatasetNotFoundError(
            f"{name} has no titles; there are titles for ml-100k and synthetic-100k."
        )
    files = DatasetFiles(ML_100K.name, ("u.data", "u.item"))
    folder = local_folder(files)
    if folder is None:
        raise DatasetNotFoundError(
            'ml-100k is not on this computer; fetch it with download_dataset("ml-100k").'
        )
    return read_ml_100k_titles(folder / "u.item")


def _made_up() -> dict[int, str]:
    """Return a different title for each id from 1, always the same."""
    n_second = len(_SECOND)
    return {
        number + 1: f"The {_FIRST[number // n_second]} {_SECOND[number % n_second]}"
        for number in range(_N_SYNTHETIC)
    }
