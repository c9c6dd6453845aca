"""Archives of datasets on the web."""

from __future__ import annotations

from typing import NamedTuple


class Archive(NamedTuple):
    """A zip file on the web."""

    url: str
    folder: str
    """The folder in the archive that holds the dataset."""
    checksum: str | None = None
    """Checksum, such as "md5:0e33…" or "sha256:…"; None where it is not known beforehand."""

    @property
    def file_name(self) -> str:
        """The last part of the address."""
        return self.url.rsplit("/", 1)[-1]
