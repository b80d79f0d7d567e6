"""Recordings: frames by number, read when they are asked for."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Optional, Union, overload

import numpy as np

from . import _native
from ._arrays import check_pixels, pixel_type
from ._progress import ProgressLike, as_progress
from .errors import MeasuringWarning, SettingError

#: A file or folder.
PathLike = Union[str, "os.PathLike[str]"]


class Stack:
    """Frames of one size, of shape (frame, row, column), read when they are asked for.

    :func:`movemeter.open` makes one.

    Attributes
    ----------
    shape : tuple of int
        Numbers of frames, rows and columns.
    dtype : numpy.dtype
        Type of the pixels that it gives. Colour becomes luminance, and is given as ``float32``.
    times_s : ndarray of float64
        The time of each frame in seconds; NaN where it is not known.
    frame_rate_hz, pixel_size_um, exposure_s : float or None
        What the recording says of itself.
    metadata : dict of str
        What else the recording says of itself, by name.
    name : str
        File or folder, without its path.
    frames : range
        The number of each frame in the recording.

    Examples
    --------
    >>> import numpy as np, movemeter as mm
    >>> stack = mm.open(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    >>> stack.shape, stack.dtype
    ((2, 3, 4), dtype('uint8'))
    >>> stack[1, 0]
    array([12, 13, 14, 15], dtype=uint8)
    >>> stack[1:].frames
    range(1, 2)
    >>> np.asarray(stack).max()
    np.uint8(23)
    """

    def __init__(
        self, source: _native.Source, made_of: tuple[Any, ...], frames: Optional[range] = None
    ) -> None:
        self._source = source
        self._made_of = made_of
        self.frames = range(source.shape[0]) if frames is None else frames

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of frames, rows and columns."""
        return (len(self.frames), *self._source.shape[1:])

    @property
    def ndim(self) -> int:
        """Three: frame, row, column."""
        return 3

    @property
    def size(self) -> int:
        """Number of pixels of all frames together."""
        n_frames, height, width = self.shape
        return n_frames * height * width

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels that it gives."""
        try:
            return np.dtype(self._source.pixel_type)
        except TypeError:
            return np.dtype(np.float32)

    @property
    def name(self) -> str:
        """File or folder, without its path."""
        return self._source.name

    @property
    def times_s(self) -> np.ndarray[Any, Any]:
        """The time of each frame in seconds; NaN where it is not known."""
        return self._source.times_s()[self._slice]

    @property
    def frame_rate_hz(self) -> Optional[float]:
        """Frames a second, if the recording says so."""
        return self._source.frame_rate_hz

    @property
    def pixel_size_um(self) -> Optional[float]:
        """Side of a pixel in micrometres, if the recording says so."""
        return self._source.pixel_size_um

    @property
    def exposure_s(self) -> Optional[float]:
        """How long each frame was exposed, in seconds, if the recording says so."""
        return self._source.exposure_s

    @property
    def metadata(self) -> dict[str, str]:
        """What else the recording says of itself, by name."""
        return self._source.metadata()

    @property
    def _slice(self) -> slice:
        return slice(self.frames.start, self.frames.stop, self.frames.step)

    def __len__(self) -> int:
        return len(self.frames)

    @overload
    def __getitem__(self, key: int) -> np.ndarray[Any, Any]: ...
    @overload
    def __getitem__(self, key: slice) -> Stack: ...
    @overload
    def __getitem__(self, key: tuple[Any, ...]) -> np.ndarray[Any, Any]: ...

    def __getitem__(self, key: Any) -> Any:
        """A frame for a number, a stack for a slice; further indices choose rows and columns."""
        if isinstance(key, tuple):
            return self._part(key)
        if isinstance(key, slice):
            if key.step is not None and key.step < 1:
                raise SettingError(
                    f"a stack is cut forwards, but the step is {key.step}; "
                    "np.asarray(stack) can be turned round"
                )
            return Stack(self._source, self._made_of, self.frames[key])
        return self._frame(self.frames[key])

    def _part(self, key: tuple[Any, ...]) -> Any:
        if not key or key[0] is Ellipsis:
            return np.asarray(self)[key]
        first, rest = key[0], key[1:]
        if isinstance(first, slice):
            frames = self.frames[first]
            if not frames:
                return self._none((slice(None), *rest))
            return np.stack([self._frame(number)[rest] for number in frames])
        if np.ndim(first):
            return np.stack([self._frame(self.frames[number])[rest] for number in first])
        return self._frame(self.frames[first])[rest]

    def _none(self, key: tuple[Any, ...]) -> Any:
        return np.empty((0, *self.shape[1:]), self.dtype)[key]

    def _frame(self, number: int) -> np.ndarray[Any, Any]:
        pixels = self._source.read(number)
        return pixels if self.dtype == np.float32 else pixels.astype(self.dtype)

    def __iter__(self) -> Iterator[np.ndarray[Any, Any]]:
        for number in self.frames:
            yield self._frame(number)

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> np.ndarray[Any, Any]:
        """All frames at once."""
        if copy is False:
            raise ValueError("a stack reads its frames: an array of them is always a copy")
        array = np.empty(self.shape, self.dtype)
        for place, image in zip(array, self):
            place[...] = image
        return array if dtype is None else array.astype(dtype, copy=False)

    def __repr__(self) -> str:
        n_frames, height, width = self.shape
        known = [f"{n_frames} frames of {width} x {height} px, {self._source.pixel_type}"]
        if self.frame_rate_hz is not None:
            known.append(f"{self.frame_rate_hz:g} frames/s")
        if self.pixel_size_um is not None:
            known.append(f"{self.pixel_size_um:g} um/px")
        return f"<movemeter.Stack {self.name!r}: {', '.join(known)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_again, (self._made_of, self._source.pixel_type, self.frames))

    def save(
        self, path: PathLike, *, threads: Optional[int] = None, progress: ProgressLike = None
    ) -> None:
        """Writes the frames as a recording; the ending chooses the format.

        It appears whole or not at all. ``threads`` and ``progress`` are as for :func:`movemeter.measure`.
        ``.tif`` and ``.npy`` hold one file, ``.png`` a file for each frame, ``.mp4`` a film (with ffmpeg).
        Pixels of 8 and 16 bits stay so, others are written in single precision.
        """
        told = as_progress(progress)
        _native.write_stack(self._source, _numbers(self.frames), os.fspath(path), threads, told)


def _numbers(frames: range) -> tuple[int, int, int]:
    return (frames.start, frames.stop, frames.step)


#: What can be opened.
StackLike = Union[Stack, PathLike, Sequence[PathLike], "np.ndarray[Any, Any]", Any]


def open(
    stack: StackLike,
    *,
    channel: Optional[int] = None,
    z: Optional[int] = None,
    ffmpeg: Optional[PathLike] = None,
) -> Stack:
    """Opens a recording. Headers are read, frames only when they are asked for.

    Parameters
    ----------
    stack : str, Path, list of them, or array of shape (frame, row, column)
        A file, a folder of images, several of them as one series; or anything with a shape that
        gives a frame for its number: an array of numpy (which is not copied), a memory map, an array
        of Dask or Zarr, a list of images. An image alone is a stack of one frame.
    channel, z : int, optional
        Which channel and which depth of a recording with several, from 0. The first if left out.
    ffmpeg : str or Path, optional
        The program that reads videos which movemeter does not read itself. If left out: the one that
        ``MOVEMETER_FFMPEG`` names, the one on the path, or that of the package ``imageio-ffmpeg``.

    Returns
    -------
    Stack

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    OSError
        If it cannot be read.
    ValueError
        If an array has not three dimensions, or its pixels are no numbers.
    """
    if isinstance(stack, Stack):
        return stack
    paths = _paths(stack)
    if paths is None:
        frames = _frames(stack)
        shape = (int(frames.shape[0]), int(frames.shape[1]), int(frames.shape[2]))
        source = _native.Source.of_array(frames, shape, pixel_type(np.dtype(frames.dtype)))
        return Stack(source, (frames,))
    made_of = (paths, channel, z, None if ffmpeg is None else os.fspath(ffmpeg))
    opened = Stack(_opened(*made_of), made_of)
    for doubt in opened._source.doubts():
        warnings.warn(f"{opened.name}: {doubt}", MeasuringWarning, stacklevel=2)
    return opened


def is_path(stack: Any) -> bool:
    """Whether it is one or several paths, which are to be opened."""
    return _paths(stack) is not None


def _paths(stack: Any) -> Optional[list[str]]:
    """The paths, if it is one or several."""
    if isinstance(stack, (str, os.PathLike)):
        return [os.fspath(stack)]
    if isinstance(stack, (list, tuple)) and stack:
        if all(isinstance(path, (str, os.PathLike)) for path in stack):
            return [os.fspath(path) for path in stack]
    return None


def _opened(
    paths: list[str], channel: Optional[int], z: Optional[int], ffmpeg: Optional[str]
) -> _native.Source:
    return _native.Source.open(paths, channel, z, ffmpeg or _packaged_ffmpeg())


def _packaged_ffmpeg() -> Optional[str]:
    """The program that the package imageio-ffmpeg brings, if there is no other."""
    import shutil

    if os.environ.get("MOVEMETER_FFMPEG") or shutil.which("ffmpeg"):
        return None
    try:
        import imageio_ffmpeg  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def _again(made_of: tuple[Any, ...], pixels: str, frames: range) -> Stack:
    """A stack that was pickled."""
    if callable(made_of[0]):
        source = made_of[0](*made_of[1:])
    elif len(made_of) == 1:
        source = _native.Source.of_array(made_of[0], made_of[0].shape, pixels)
    else:
        source = _opened(*made_of)
    return Stack(source, made_of, frames)


def _frames(stack: Any) -> Any:
    """The array that frames are taken from, of three dimensions."""
    if isinstance(stack, (list, tuple)):
        stack = Images(stack)
    elif not _is_array(stack):
        if not hasattr(stack, "__array__") and not hasattr(stack, "__array_interface__"):
            raise SettingError(
                "stack must be a path, a list of paths, or an array (frame, row, column), but is "
                f"of type {type(stack).__name__}"
            )
        stack = np.asarray(stack)
    check_pixels(np.dtype(stack.dtype))
    shape = tuple(stack.shape)
    if len(shape) == 2:
        stack, shape = np.asarray(stack)[np.newaxis], (1, *shape)
    if len(shape) != 3:
        way_out = "; choose one channel, as stack[..., 0]" if len(shape) == 4 else ""
        raise SettingError(
            f"stack must have the shape (frame, row, column), but has {shape}{way_out}"
        )
    if 0 in shape:
        raise SettingError(f"stack must have frames with pixels, but its shape is {shape}")
    return stack


def _is_array(stack: Any) -> bool:
    """Whether it has a shape, and pixels of a type that numpy knows."""
    try:
        return len(stack.shape) >= 0 and isinstance(np.dtype(stack.dtype), np.dtype)
    except (AttributeError, TypeError):
        return False


class Images:
    """A list of images as an array that gives them one by one."""

    def __init__(self, images: Sequence[Any]) -> None:
        if not images:
            raise SettingError("stack must have frames, but is an empty list")
        self._images = [np.asarray(image) if not np.ma.isMA(image) else image for image in images]
        first = self._images[0]
        for number, image in enumerate(self._images):
            if image.shape != first.shape:
                raise SettingError(
                    f"stack must have images of one shape, but number {number} has {image.shape} "
                    f"and number 0 has {first.shape}"
                )
        self.dtype = np.result_type(*{image.dtype for image in self._images})
        self.shape = (len(self._images), *first.shape)

    def __getitem__(self, number: int) -> Any:
        return self._images[number]
