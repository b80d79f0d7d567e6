"""What is drawn becomes windows, and what is measured becomes layers.

In napari, the centre of a pixel is at whole numbers: the window x, y, w, h reaches from x − ½ to x + w − ½.
Coordinates are in its order: frame, row, column.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._rois import grid
from .._tracks import STATUS, Array, Tracks
from ..errors import SettingError

#: Data of a layer, and how it is shown.
Layer = tuple[Array, dict[str, Any]]

#: Sides of a window from the centre of a cross to its end: an eighth.
_CROSS = 8
#: How many times longer than displacement vectors are drawn.
_LENGTHS = (1, 2, 5, 10, 20, 50, 100)
#: Shapes that enclose nothing.
_OPEN = ("line", "path")


def windows_of(shapes: Any, image: Any, numbers: Any = None) -> Array:
    """The rectangles around the shapes of a Shapes layer, in whole pixels of an image layer: (window, 4).

    What is outside the frame is cut off. ``numbers`` says which shapes; all if left out.

    Raises
    ------
    ValueError
        If a shape encloses no pixel of the frame.
    """
    chosen = range(len(shapes.data)) if numbers is None else sorted(numbers)
    windows = [_around(shapes, number, image) for number in chosen]
    return np.array(windows, dtype=np.int64).reshape(-1, 4)


def _around(shapes: Any, number: int, image: Any) -> list[int]:
    """x, y, w, h of the window around one shape."""
    if shapes.shape_type[number] in _OPEN:
        raise SettingError(
            f"shape {number} of {shapes.name!r} is a {shapes.shape_type[number]}, which encloses nothing; "
            "draw a rectangle"
        )
    vertices = np.array([image.world_to_data(shapes.data_to_world(v))[-2:] for v in shapes.data[number]])
    size = np.array(image.data.shape[-2:])
    # The nearest edge between pixels, by the number of the pixel after it; at a pixel's centre, the edge before it.
    edges = np.ceil(np.array([vertices.min(0), vertices.max(0)]).round(3))
    (top, left), (bottom, right) = edges.clip(0, size).astype(int)
    if bottom <= top or right <= left:
        raise SettingError(
            f"shape {number} of {shapes.name!r} encloses no pixel of {image.name!r}, which is "
            f"{size[1]}x{size[0]} px; delete it, or draw it inside"
        )
    return [left, top, right - left, bottom - top]


def corners(windows: Array) -> Array:
    """The rectangles that are drawn for windows, in pixels of the image: (window, corner, (row, column))."""
    x, y, w, h = (np.asarray(windows, dtype=np.float64).reshape(-1, 4) - [0.5, 0.5, 0, 0]).T
    rows, columns = [y, y, y + h, y + h], [x, x + w, x + w, x]
    return np.stack([np.stack(rows, 1), np.stack(columns, 1)], axis=2)


def filled(rectangles: Array, side: int, step: float) -> Array:
    """Windows of one size that fill rectangles: (window, 4).

    Raises
    ------
    ValueError
        If none of them fits into a rectangle.
    """
    for x, y, w, h in rectangles.tolist():
        if min(w, h) < side:
            raise SettingError(
                f"windows of {side} px do not fit into the rectangle at {x}, {y}, which is {w}x{h} px; "
                "make them smaller, or it larger"
            )
    return np.concatenate([grid(rectangle, side, step) for rectangle in rectangles])


def tracks_layer(tracks: Tracks) -> Layer:
    """Where the centre of each window's content went: rows of track, frame, row, column.

    A track ends where content could not be measured, and another begins where it could be again: no line is
    drawn over what is not known.
    """
    window, frame = np.nonzero(_is_measured(tracks))
    follows = (np.diff(window, prepend=-1) == 0) & (np.diff(frame, prepend=-1) == 1)
    number = np.cumsum(~follows)
    moved = np.stack([tracks.dy[window, frame], tracks.dx[window, frame]], axis=1)
    points = np.column_stack([number, _starts(tracks, window, frame) + np.pad(moved, ((0, 0), (1, 0)))])
    return points, {"features": _features(tracks, window, frame), "tail_length": len(tracks.frames)}


def vectors_layer(tracks: Tracks) -> Layer:
    """Displacement of each window in each frame: (vector, (start, direction), (frame, row, column)).

    ``length`` is how many times longer than displacement they are drawn: 1, 2, 5, 10, …, as long as none is longer
    than three quarters of its window.
    """
    window, frame = np.nonzero(_is_measured(tracks))
    moved = np.stack([np.zeros(len(window)), tracks.dy[window, frame], tracks.dx[window, frame]], axis=1)
    vectors = np.stack([_starts(tracks, window, frame), moved], axis=1)
    length = _length(np.hypot(*moved[:, 1:].T) / tracks.rois[window, 2:].min(axis=1))
    look = {"vector_style": "arrow", "length": length, "edge_width": _width(tracks)}
    return vectors, {"features": _features(tracks, window, frame), **look}


def _length(moved: Array) -> int:
    """How many times longer vectors may be drawn that go this far, in sides of their windows."""
    longest = moved.max(initial=0.0)
    return max((by for by in _LENGTHS if by * longest <= 0.75), default=1) if longest > 0 else 1


def unmeasured_layer(tracks: Tracks) -> Layer:
    """A cross on each window in the frames where it could not be measured, with the reason of each.

    Two vectors for each: (vector, (start, direction), (frame, row, column)).
    """
    window, frame = np.nonzero(~_is_measured(tracks))
    arm = tracks.rois[window, 2:].min(axis=1) / _CROSS
    # From the upper left to the lower right, and from the upper right to the lower left.
    directions = [2 * np.stack([np.zeros(len(arm)), arm, side * arm], axis=1) for side in (1, -1)]
    centres = _starts(tracks, window, frame)
    strokes = [np.stack([centres - along / 2, along], axis=1) for along in directions]
    reasons = np.array([STATUS[code] for code in tracks.status[window, frame]], dtype=object)
    features = {"window": np.tile(window, 2), "status": np.tile(reasons, 2)}
    look = {"features": features, "vector_style": "line", "edge_width": _width(tracks)}
    return np.concatenate(strokes), look


def _width(tracks: Tracks) -> float:
    """Of lines, in pixels of the image: well seen in a window, and through it."""
    return max(0.5, float(np.median(tracks.rois[:, 2:])) / 20)


def _is_measured(tracks: Tracks) -> Array:
    return np.isfinite(tracks.dx) & np.isfinite(tracks.dy)


def _starts(tracks: Tracks, window: Array, frame: Array) -> Array:
    """Frame, and the row and column of the window's centre where it was placed."""
    x, y, w, h = tracks.rois[window].T.astype(np.float64)
    return np.column_stack([tracks.frames[frame], y + (h - 1) / 2, x + (w - 1) / 2])


def _features(tracks: Tracks, window: Array, frame: Array) -> dict[str, Array]:
    """What is told of a sample under the pointer."""
    dx, dy = tracks.dx[window, frame], tracks.dy[window, frame]
    return {
        "window": window,
        "dx_px": dx,
        "dy_px": dy,
        "moved_px": np.hypot(dx, dy),
        "sd_x_px": tracks.sd_x[window, frame],
        "sd_y_px": tracks.sd_y[window, frame],
        "score": tracks.score[window, frame].astype(np.float64),
    }
