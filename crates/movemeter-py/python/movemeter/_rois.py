"""Windows, in whatever way they are given."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Union

import numpy as np

from . import _native
from ._stack import PathLike
from .errors import SettingError

#: Group names, and for each window its group's number and x, y, w, h.
Rois = tuple[list[str], list[tuple[int, list[int]]]]

#: What windows can be given as.
RoisLike = Union[PathLike, Mapping[str, Any], Any]

#: The group of windows that have none.
DEFAULT_GROUP = "roi"


def grid(
    within: Any, window: Union[int, tuple[int, int]], step: float = 1.0
) -> np.ndarray[Any, Any]:
    """Windows side by side that fill a rectangle.

    Parameters
    ----------
    within : (x, y, w, h)
        The rectangle, in pixels.
    window : int or (w, h)
        Size of each window, in pixels.
    step : float
        From one window to the next, in windows: 1 side by side, 0.5 overlapping by half.

    Returns
    -------
    ndarray of int64, shape (window, 4)
        x, y, w, h of each window, row by row. All are inside the rectangle.

    Examples
    --------
    >>> import movemeter as mm
    >>> mm.grid((0, 0, 64, 32), 32)
    array([[ 0,  0, 32, 32],
           [32,  0, 32, 32]])
    """
    (rect,) = _rects(within, "within")
    size = (window, window) if np.ndim(window) == 0 else tuple(window)  # type: ignore[arg-type]
    sides = _whole(np.asarray(size), "window")
    if sides.shape != (2,) or sides.min() < 1:
        raise SettingError(f"window must be a side or (w, h) of at least 1 px, but is {window!r}")
    return _native.grid(rect, (int(sides[0]), int(sides[1])), float(step))


def read_rois(path: PathLike, frame_size: Any = None) -> dict[str, np.ndarray[Any, Any]]:
    """Reads windows from a file of ROIs.

    Parameters
    ----------
    path : str or Path
        What ``movemeter rois`` writes (``.json``), ImageJ's ``.roi`` or ``RoiSet.zip``, a session, or a
        list of windows (``.csv`` with the columns x, y, w, h).
    frame_size : (w, h), optional
        The frame that ROIs without an end of their own are filled in.

    Returns
    -------
    dict
        For each group its windows, an array of int64 of shape (window, 4): x, y, w, h.
    """
    size = None if frame_size is None else (int(frame_size[0]), int(frame_size[1]))
    return _native.read_rois(os.fspath(path), size)


def as_rois(rois: RoisLike, frame_size: Any = None) -> Rois:
    """Windows as they are handed to what measures."""
    if isinstance(rois, (str, os.PathLike)):
        rois = read_rois(rois, frame_size)
    if isinstance(rois, Mapping):
        groups = {str(name): _rects(windows, f"rois[{name!r}]") for name, windows in rois.items()}
    elif hasattr(rois, "columns"):
        groups = _of_table(rois)
    else:
        groups = {DEFAULT_GROUP: _rects(rois, "rois")}
    names = list(groups)
    places = [(number, rect) for number, name in enumerate(names) for rect in groups[name]]
    if not places:
        raise SettingError("rois must have at least one window (x, y, w, h), but there is none")
    return names, places


def _of_table(table: Any) -> dict[str, list[list[int]]]:
    """The windows of a DataFrame: its columns x, y, w, h, and group if there is one."""
    known = [str(name) for name in table.columns]
    if not set("xywh") <= set(known):
        if len(known) != 4:
            raise SettingError(f"rois must have the columns x, y, w, h, but has {', '.join(known)}")
        return {DEFAULT_GROUP: _rects(np.asarray(table), "rois")}
    rects = _rects(np.column_stack([np.asarray(table[name]) for name in "xywh"]), "rois")
    if "group" not in known:
        return {DEFAULT_GROUP: rects}
    groups: dict[str, list[list[int]]] = {}
    for name, rect in zip(table["group"], rects):
        groups.setdefault(str(name), []).append(rect)
    return groups


def _rects(rois: Any, name: str) -> list[list[int]]:
    """Rectangles of whole numbers: one, or any number of them."""
    if hasattr(rois, "__next__"):
        rois = list(rois)
    try:
        array = np.asarray(rois)
    except (ValueError, TypeError):
        array = np.empty(0, object)
    if array.size == 0 and array.dtype != object:
        return []
    if array.ndim == 1 and array.shape == (4,) and array.dtype != object:
        array = array[np.newaxis]
    if array.ndim != 2 or array.shape[1] != 4:
        raise SettingError(
            f"{name} must be windows (x, y, w, h), an array of shape (window, 4), but "
            + (f"has the shape {array.shape}" if array.dtype != object else f"is {_shown(rois)}")
        )
    whole: list[list[int]] = _whole(array, name).tolist()
    return whole


def _whole(array: np.ndarray[Any, Any], name: str) -> np.ndarray[Any, Any]:
    """The same as whole numbers, which they must be."""
    if array.dtype.kind not in "iuf":
        raise SettingError(f"{name} must be whole numbers of pixels, but is {_shown(array)}")
    rounded = np.round(array) if array.dtype.kind == "f" else array
    odd = ~(np.isfinite(array) & (rounded == array) & (np.abs(rounded) < 2**53))
    if odd.any():
        first = tuple(array[np.argwhere(odd)[0][0]].tolist()) if array.ndim == 2 else array.tolist()
        raise SettingError(
            f"{name} must be whole numbers of pixels, but has {first}; round them, as with "
            "np.round(rois).astype(int)"
        )
    return rounded.astype(np.int64)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
