"""Arrays of any kind as something that gives frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import SettingError

#: Numbers that are read as they are.
_READ_AS_THEY_ARE = {"u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"}


def frame(image: Any) -> np.ndarray[Any, Any]:
    """A frame as a plain array of numbers that can be read; where it is masked, NaN."""
    if isinstance(image, np.ma.MaskedArray):
        image = np.ma.filled(image.astype(np.float64), np.nan)
    array = np.asarray(image)
    kind = array.dtype.kind
    if kind not in "buif":
        raise SettingError(refused(array.dtype))
    if kind == "b":
        return array.astype(np.uint8)
    if array.dtype.str[1:] in _READ_AS_THEY_ARE and array.dtype.isnative and array.flags.aligned:
        return array
    # Single precision holds what half does; double, what wider numbers say of pixels.
    return array.astype(np.float32 if kind == "f" and array.dtype.itemsize == 2 else _plain(array.dtype))


def _plain(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(f"{dtype.kind}{min(dtype.itemsize, 8)}")


def refused(dtype: Any) -> str:
    """Why pixels of this type cannot be measured."""
    return (
        "stack must have pixels that are whole or floating point numbers, but they are "
        f"{dtype}; convert them first, as with np.abs(stack) for complex ones"
    )


def check_pixels(dtype: np.dtype[Any]) -> None:
    """Raises where pixels are not numbers that can be ordered."""
    if dtype.kind not in "buif":
        raise SettingError(refused(dtype))


def pixel_type(dtype: np.dtype[Any]) -> str:
    """The type in the words of recordings."""
    return "uint8" if dtype.kind == "b" else dtype.name
