"""Pictures of how far, how fast and where to the windows moved, as movemeter 0.7 made them.

Each function gives a list with a picture for each frame, a 2-D array of float64 of the shape of the image, in
which the rectangle of each ROI is filled with its value. Elsewhere it is 0; where a ROI could not be
measured, NaN. Of ROIs that overlap, the last is seen.

``movements`` is what :meth:`Movemeter.measure_movement` gives, ``[[xs, ys] per ROI]``.

>>> from movemeter import heatmap
>>> maps = heatmap.displacement_heatmaps((2, 4), [(1, 0, 2, 1)], [[[0, 3], [0, 4]]])
>>> maps[1]
array([[0., 5., 5., 0.],
       [0., 0., 0., 0.]])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import SettingError

__all__ = ["displacement_direction_heatmaps", "displacement_heatmaps", "speed_heatmaps"]

Picture = np.ndarray[Any, Any]


def displacement_heatmaps(
    image_shape: Sequence[int], rois: Sequence[Any], movements: Sequence[Any]
) -> list[Picture]:
    """√(x² + y²), px."""
    xs, ys = _movements(rois, movements)
    return _pictures(image_shape, rois, np.hypot(xs, ys))


def speed_heatmaps(
    image_shape: Sequence[int], rois: Sequence[Any], movements: Sequence[Any]
) -> list[Picture]:
    """By how much √(x² + y²) changed since the frame before, px; one picture fewer than frames."""
    xs, ys = _movements(rois, movements)
    return _pictures(image_shape, rois, np.abs(np.diff(np.hypot(xs, ys), axis=1)))


def displacement_direction_heatmaps(
    image_shape: Sequence[int], rois: Sequence[Any], movements: Sequence[Any]
) -> list[Picture]:
    """The direction of (x, y) in turns from 0 to 1: 0 is right, a quarter down."""
    xs, ys = _movements(rois, movements)
    turns = np.arctan2(ys, xs) / (2 * np.pi) % 1
    # A little less than no turn is rounded to a whole one.
    return _pictures(image_shape, rois, np.where(turns == 1, 0, turns))


def _movements(rois: Sequence[Any], movements: Sequence[Any]) -> tuple[Picture, Picture]:
    """x and y, each of shape (ROI, frame)."""
    if len(rois) != len(movements):
        raise SettingError(
            f"movements must have [xs, ys] for each ROI, but there are {len(movements)} for {len(rois)} ROIs"
        )
    try:
        values = np.array([[xs, ys] for xs, ys in movements], dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 3:
        if not len(rois):
            return np.empty((0, 0)), np.empty((0, 0))
        raise SettingError("movements must be [[xs, ys] per ROI], xs and ys with a number for each frame")
    return values[:, 0], values[:, 1]


def _pictures(image_shape: Sequence[int], rois: Sequence[Any], values: Picture) -> list[Picture]:
    height, width = (int(side) for side in image_shape[:2])
    pictures = []
    for of_frame in values.T:
        picture = np.zeros((height, width))
        for (x, y, w, h), value in zip(rois, of_frame):
            picture[max(0, int(y)):max(0, int(y + h)), max(0, int(x)):max(0, int(x + w))] = value
        pictures.append(picture)
    return pictures
