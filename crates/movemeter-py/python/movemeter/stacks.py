"""Recordings read and written as movemeter 0.7 did.

:func:`stackread` gives what :func:`movemeter.open` gives; :class:`stackwrite` takes image after image.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any, Optional

import numpy as np

from ._arrays import frame
from ._stack import PathLike, Stack, open
from .errors import SettingError

__all__ = ["stackread", "stackwrite"]


def stackread(fn: PathLike) -> Stack:
    """Opens a recording: a file of any format that :func:`movemeter.open` reads, or a folder.

    Nothing but headers is read. ``len``, an index and a loop give images: 2-D arrays of the file's type of
    pixels.
    """
    return open(fn)


class stackwrite:  # noqa: N801, the name it always had
    """Writes images into a TIFF file, one after another.

    The file appears when the ``with`` block ends, and whole: after an error there is none. Until then the
    images wait in a nameless file beside it, so that a long recording needs no more memory than a short one.

    Parameters
    ----------
    fn : str or Path
        The file, which ends in ``.tif`` or ``.tiff``.

    Raises
    ------
    ValueError
        For another ending, images of more than one shape or type, or none at all.
    OSError
        If nothing can be written there.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from movemeter.stacks import stackread, stackwrite
    >>> folder = tempfile.TemporaryDirectory()
    >>> with stackwrite(folder.name + "/two.tif") as stack:
    ...     stack.write(np.zeros((4, 6), np.uint8))
    ...     stack.write(np.ones((4, 6), np.uint8))
    >>> len(stackread(folder.name + "/two.tif"))
    2
    >>> folder.cleanup()
    """

    def __init__(self, fn: PathLike) -> None:
        self._path = os.fspath(fn)
        if not self._path.lower().endswith((".tif", ".tiff")):
            raise SettingError(f"fn must end in .tif or .tiff, but is {self._path!r}")
        self._waiting = tempfile.TemporaryFile(dir=os.path.dirname(self._path) or ".")
        self._first: Optional[np.ndarray[Any, Any]] = None
        self._n_images = 0

    def __enter__(self) -> stackwrite:
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        try:
            if kind is None:
                self._save()
        finally:
            self._waiting.close()

    def write(self, image: Any) -> None:
        """Adds an image: a 2-D array, of the shape and type of the first."""
        image = frame(image)
        if image.ndim != 2 or 0 in image.shape:
            raise SettingError(f"image must have the shape (row, column), but has {image.shape}")
        if self._first is None:
            self._first = image
        of_first = (self._first.shape, self._first.dtype)
        if (image.shape, image.dtype) != of_first:
            raise SettingError(
                f"image must be like the first, {of_first[0]} of {of_first[1]}, but is {image.shape} of "
                f"{image.dtype}"
            )
        self._waiting.write(np.ascontiguousarray(image).data)
        self._n_images += 1

    def _save(self) -> None:
        if self._first is None:
            raise SettingError(f"no image was written to {self._path}; a recording has at least one")
        self._waiting.flush()
        shape = (self._n_images, *self._first.shape)
        images = np.memmap(self._waiting, self._first.dtype, "r", shape=shape)
        open(images).save(self._path)
