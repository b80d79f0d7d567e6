"""Windows, made as movemeter 0.7 made them: the same ones, in the same order.

A block is a window (x, y, w, h). All functions take ``rect``, the rectangle (x, y, w, h) that is filled;
``block``, the width and height of each block; and ``step``, how far it is from one block to the next, in
blocks: 1 side by side. With a step of less than 1, the last blocks reach past the rectangle.
:func:`movemeter.grid` keeps them inside.

Fractions of a pixel in ``rect`` and ``block`` are cut off. What cannot be, as a block without width, is a
``ValueError``; a rectangle smaller than a block holds none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from . import _native
from .errors import SettingError

__all__ = [
    "gen_grid",
    "grid_along_ellipse",
    "grid_along_line",
    "grid_arc_from_points",
    "grid_radial_line_from_points",
]

#: x, y, w, h in pixels.
Block = tuple[int, int, int, int]

#: A point (x, y).
Point = Sequence[float]

#: What the generators take first: rectangle, block, step.
_Blocks = tuple[list[int], tuple[int, int], float]


def gen_grid(rect: Sequence[float], block: Sequence[float], step: float = 1) -> list[Block]:
    """Blocks over a rectangle, row by row.

    There are int(w / (bw·step)) columns and int(h / (bh·step)) rows; corners are at int(x + i·bw·step).

    Examples
    --------
    >>> from movemeter import gen_grid
    >>> gen_grid((0, 0, 64, 40), (32, 32))
    [(0, 0, 32, 32), (32, 0, 32, 32)]
    """
    return _tuples(_native.roi07_grid(_blocks(rect, block, step)))


def grid_along_ellipse(
    rect: Sequence[float],
    block: Sequence[float],
    step: float = 1,
    lw: Optional[float] = None,
    fill: bool = False,
) -> list[Block]:
    """Blocks whose centre is in the ellipse that the rectangle holds.

    Parameters
    ----------
    lw : float, optional
        Horizontal thickness of the ring, px. 1.1 blocks if left out.
    fill : bool
        Whether the ellipse is filled; the ring is then not asked for.
    """
    return _tuples(_native.roi07_ellipse(_blocks(rect, block, step), _optional(lw, "lw"), bool(fill)))


def grid_along_line(
    p0: Point, p1: Point, d: float, block: Sequence[float], step: float = 1
) -> list[Block]:
    """Blocks whose centre is nearer than ``d`` px to the line from ``p0`` to ``p1``, cut at its ends."""
    ends = (_point(p0, "p0"), _point(p1, "p1"))
    return _tuples(_native.roi07_line(ends, _number(d, "d"), _block(block), _number(step, "step")))


def grid_arc_from_points(
    rect: Sequence[float],
    block: Sequence[float],
    step: float = 1,
    points: Optional[Sequence[Point]] = None,
    circle: Optional[tuple[Point, float]] = None,
    lw: Optional[float] = None,
) -> list[Block]:
    """Blocks between R − lw and R from the centre of a circle.

    Parameters
    ----------
    points : sequence of (x, y)
        At least three; the circle lies as near to them as it can (least squares).
    circle : (centre, R)
        The circle itself, instead of points.
    lw : float, optional
        Thickness of the ring, px. 1.1 blocks if left out.
    """
    about = _blocks(rect, block, step)
    return _tuples(_native.roi07_ring(about, _circle(points, circle), _optional(lw, "lw"), None))


def grid_radial_line_from_points(
    rect: Sequence[float],
    block: Sequence[float],
    step: float = 1,
    points: Optional[Sequence[Point]] = None,
    circle: Optional[tuple[Point, float]] = None,
    line_len: Optional[float] = None,
    i_segment: int = 0,
    n_segments: int = 1,
) -> list[Block]:
    """Blocks between R − line_len and R whose angle is in segment ``i_segment`` of ``n_segments``.

    The angle atan2(dy, dx) + π of a block's centre lies in (i·2π/n, (i + 1)·2π/n]: the first segment begins
    at the left and goes up, clockwise on the screen. ``points`` and ``circle`` are as for
    :func:`grid_arc_from_points`; ``line_len`` is 1.1 blocks if left out.
    """
    number, of = int(i_segment), int(n_segments)
    if not 0 <= number < of:
        raise SettingError(
            f"i_segment must be from 0 to n_segments - 1, but is {i_segment!r} of {n_segments!r}"
        )
    about, ring = _blocks(rect, block, step), _optional(line_len, "line_len")
    return _tuples(_native.roi07_ring(about, _circle(points, circle), ring, (number, of)))


def _tuples(windows: Any) -> list[Block]:
    return [tuple(window) for window in windows.tolist()]


def _blocks(rect: Sequence[float], block: Sequence[float], step: float) -> _Blocks:
    return _whole(rect, "rect", "(x, y, w, h)"), _block(block), _number(step, "step")


def _block(block: Sequence[float]) -> tuple[int, int]:
    width, height = _whole(block, "block", "(w, h)")
    if min(width, height) < 1:
        raise SettingError(f"block must be at least 1 px wide and high, but is {tuple(block)!r}")
    return width, height


def _whole(values: Sequence[float], name: str, shape: str) -> list[int]:
    try:
        whole = [int(value) for value in values]
    except (TypeError, ValueError, OverflowError):
        whole = []
    if len(whole) != shape.count(",") + 1:
        raise SettingError(f"{name} must be numbers {shape}, but is {values!r}")
    return whole


def _number(value: Any, name: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise SettingError(f"{name} must be a number, but is {value!r}") from None


def _optional(value: Any, name: str) -> Optional[float]:
    return None if value is None else _number(value, name)


def _point(point: Point, name: str) -> tuple[float, float]:
    try:
        x, y = (float(value) for value in point)
    except (TypeError, ValueError):
        raise SettingError(f"{name} must be a point (x, y), but is {point!r}") from None
    return x, y


def _circle(
    points: Optional[Sequence[Point]], circle: Optional[tuple[Point, float]]
) -> tuple[tuple[float, float], float]:
    if (points is None) == (circle is None):
        raise SettingError("give either points, at least three (x, y), or circle, as ((x, y), R)")
    if points is not None:
        return _native.roi07_circle([_point(point, "points") for point in points])
    try:
        center, radius = circle  # type: ignore[misc]
    except (TypeError, ValueError):
        raise SettingError(f"circle must be ((x, y), R), but is {circle!r}") from None
    return _point(center, "circle"), _number(radius, "circle")
