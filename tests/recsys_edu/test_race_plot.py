"""Results of a race as a picture."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

import numpy as np
import pytest

from recsys_edu.errors import InvalidParameterError
from recsys_edu.race.plot import check_plot_path, plot_race
from tests.recsys_edu.race_results import result


@pytest.mark.parametrize("name", ["race.png", "RACE.PNG", "a race.of two.png"])
def test_a_png_is_a_png(name: str, tmp_path: Path) -> None:
    plot_race(result(), tmp_path / name)
    raw = (tmp_path / name).read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", raw[16:24]) == (1425, 750)
    assert raw[-8:-4] == b"IEND"
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_the_other_formats_are_what_they_are_called(tmp_path: Path) -> None:
    plot_race(result(), tmp_path / "race.svg")
    plot_race(result(), tmp_path / "race.pdf")
    drawing = (tmp_path / "race.svg").read_text()
    assert "<svg" in drawing
    assert (tmp_path / "race.pdf").read_bytes().startswith(b"%PDF")


def test_the_picture_names_everybody_and_the_axes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.figure import Figure

    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *args, **named: drawn.append(figure))
    plot_race(result(), tmp_path / "race.png")
    (axes,) = drawn[0].axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "naive (BPR)",
        "optimized (BPR)\n500 × as fast as naive",
        "popularity",
    ]
    points = [tuple(np.ravel(line.get_xydata())) for line in axes.lines]
    assert points == [(2.0, 0.25), (0.004, 0.25), (0.00002, 0.125)]
    assert axes.get_xscale() == "log"
    assert "NDCG@10" in axes.get_ylabel()


def test_curves_lead_to_the_markers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *args, **named: drawn.append(figure))
    naive, *others = result().entries
    curve = [(0.5, 0.125), (1.9, 0.25)]
    with_curve = result(entries=[dataclasses.replace(naive, curve=curve), *others])
    plot_race(with_curve, tmp_path / "race.png")
    (axes,) = drawn[0].axes
    marker, line = axes.lines[:2]
    assert len(axes.lines) == 4
    assert [tuple(point) for point in np.asarray(line.get_xydata())] == curve
    assert line.get_color() == marker.get_color()


def test_a_race_in_which_nobody_hits_anything_can_be_drawn(tmp_path: Path) -> None:
    entries = [
        dataclasses.replace(entry, metrics=dict.fromkeys(entry.metrics, 0.0))
        for entry in result().entries
    ]
    plot_race(result(entries=entries), tmp_path / "race.png")
    assert (tmp_path / "race.png").stat().st_size > 1000


def test_one_contestant_and_many_can_be_drawn(tmp_path: Path) -> None:
    first = result().entries[0]
    for n in (1, 20):
        entries = [dataclasses.replace(first, name=f"number {i}") for i in range(n)]
        plot_race(result(entries=entries), tmp_path / f"{n}.png")
        assert (tmp_path / f"{n}.png").stat().st_size > 1000


@pytest.mark.parametrize("name", ["race", "race.bmp", "race.json", "race.png.txt", ".png"])
def test_an_unknown_kind_of_picture_is_refused(name: str, tmp_path: Path) -> None:
    for refuse in (check_plot_path, lambda path: plot_race(result(), path)):
        with pytest.raises(InvalidParameterError, match=r"\.png, \.svg, \.pdf"):
            refuse(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        plot_race(result(), tmp_path / "missing" / "race.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(IsADirectoryError):
        plot_race(result(), tmp_path / "folder.png")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.png"]
