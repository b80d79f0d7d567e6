"""Stacks and ROIs in the ways that movemeter 0.7 took them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Optional, Union

import numpy as np

from ._stack import Stack, open
from .errors import SettingError

#: What reads a file: a name of movemeter 0.7's readers, which all are the one of :func:`movemeter.open` now,
#: or a function of the file's name that gives its frames.
Loader = Union[str, Callable[[Any], Any]]

#: Names of readers.
READERS = ("stackread", "OpenCV", "tifffile")

#: x, y, w, h.
Roi = tuple[int, int, int, int]


@dataclass
class Opened:
    """A stack, and for each frame its file and its number in it where only we know them."""

    stack: Stack
    places: list[tuple[str, int]] = field(default_factory=list)


def check_loader(loader: Loader) -> None:
    """Raises if it is neither a name that is known nor a function."""
    if callable(loader) or (isinstance(loader, str) and loader.lower() in map(str.lower, READERS)):
        return
    names = ", ".join(map(repr, READERS))
    raise SettingError(
        f"imload_backend must be one of {names}, or a function of a file name, but is {loader!r}"
    )


def kept(entry: Any) -> Any:
    """The same, if it can be gone through only once as a list."""
    if isinstance(entry, Iterator):
        entry = list(entry)
    if isinstance(entry, (list, tuple)) and any(isinstance(item, Iterator) for item in entry):
        return [list(item) if isinstance(item, Iterator) else item for item in entry]
    return entry


def opened(entry: Any, loader: Loader) -> Opened:
    """One stack: file names, arrays, or whatever gives 2-D frames."""
    check_loader(loader)
    if isinstance(entry, (str, os.PathLike)):
        entry = [entry]
    if hasattr(entry, "ndim") and getattr(entry, "dtype", np.dtype(int)).kind != "U":
        return Opened(open(entry))
    items = list(entry)
    if not items:
        raise SettingError("stacks must have frames, but one of them is empty")
    are_paths = [isinstance(item, (str, os.PathLike)) for item in items]
    if all(are_paths):
        return _of_files([os.fspath(item) for item in items], loader)
    if any(are_paths):
        raise SettingError("a stack must be all file names or all arrays, but this is some of both")
    if len(items) == 1 and hasattr(items[0], "ndim"):
        return Opened(open(items[0]))
    return Opened(open([image for item in items for image in _images(item)]))


def _of_files(paths: list[str], loader: Loader) -> Opened:
    if not callable(loader):
        return Opened(open(paths))
    images: list[Any] = []
    places: list[tuple[str, int]] = []
    for path in paths:
        of_file = _images(loader(path))
        images.extend(of_file)
        places.extend((path, number) for number in range(len(of_file)))
    return Opened(open(images), places)


def _images(item: Any) -> list[Any]:
    """The frames of an image, of several in an array, or of whatever gives them."""
    if not hasattr(item, "ndim"):
        images = list(item)
        if images and hasattr(images[0], "ndim"):
            return images
        item = np.asarray(images)
    if item.ndim == 2:
        return [item]
    if item.ndim == 3:
        return [item[number] for number in range(len(item))]
    raise SettingError(
        f"a frame must have the shape (row, column), but has {tuple(item.shape)}; choose one channel "
        "of colours"
    )


def roi_lists(rois: Any, n_stacks: int) -> list[list[Roi]]:
    """For each stack its ROIs: given so, or one list for all, with another list around it or without."""
    lists = list(rois)
    if lists and all(_is_roi(roi) for roi in lists):
        lists = [lists]
    # Each stack has a list of its own, so that changing one changes no other.
    if len(lists) == 1:
        lists = lists * n_stacks
    if len(lists) != n_stacks:
        raise SettingError(
            f"ROIs must have one list of (x, y, w, h) for each of the {n_stacks} stacks, or a single list "
            f"for all, but has {len(lists)}"
        )
    return [[_roi(roi) for roi in of_stack] for of_stack in lists]


def _is_roi(roi: Any) -> bool:
    try:
        return len(roi) == 4 and all(np.ndim(side) == 0 for side in roi)
    except TypeError:
        return False


def _roi(roi: Any) -> Roi:
    try:
        x, y, w, h = (int(side) for side in roi)
    except (TypeError, ValueError, OverflowError):
        raise SettingError(f"ROIs must be (x, y, w, h) in pixels, but one is {roi!r}") from None
    return x, y, w, h


def check_rois(rois: Sequence[Roi], stack: Stack, stack_i: int) -> None:
    """Raises for a ROI that is empty or leaves the frame."""
    height, width = stack.shape[1:]
    for number, (x, y, w, h) in enumerate(rois):
        if 0 < w and 0 < h and 0 <= x and 0 <= y and x + w <= width and y + h <= height:
            continue
        wrong = "is empty" if w < 1 or h < 1 else "leaves the frame"
        raise SettingError(
            f"ROIs must be at least 1 px wide and high and inside the frame of {width} x {height} px, but "
            f"ROI {number} of stack {stack_i}, (x, y, w, h) = {(x, y, w, h)}, {wrong}; move it, or give it "
            "another size"
        )


def needed(value: Optional[Any], name: str, n: int) -> int:
    """An index into `n` things, which may count from the end."""
    if isinstance(value, (int, np.integer)) and -n <= value < n:
        return int(value) % n
    if n == 0:
        raise SettingError(f"{name} is {value!r}, but there is nothing yet; call set_data first")
    raise SettingError(f"{name} must be a whole number from 0 to {n - 1}, but is {value!r}")
