"""Recordings as image layers whose frames are read when they are looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union

from .._stack import Stack, open

#: Data of a layer, how it is shown, and what kind of layer it is.
LayerData = tuple[Any, dict[str, Any], str]
_AXES = ("frame", "row", "column")
Paths = Union[str, list[str]]


def get_reader(path: Paths) -> Callable[[Paths], list[LayerData]]:
    """What opens a file, a folder, or several files as one series; napari asks for it."""
    return read


def read(path: Paths) -> list[LayerData]:
    """One image layer, of shape (frame, row, column)."""
    stack = open(path)
    look = {"name": stack.name, "metadata": _known(stack), "axis_labels": _AXES}
    return [(stack, look, "image")]


def _known(stack: Stack) -> dict[str, Any]:
    """What the recording says of itself."""
    return {
        "frame_rate_hz": stack.frame_rate_hz,
        "pixel_size_um": stack.pixel_size_um,
        **stack.metadata,
    }
