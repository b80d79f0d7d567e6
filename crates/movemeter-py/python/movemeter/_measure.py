"""Measuring."""

from __future__ import annotations

import json
import os
import warnings
from typing import Any, Optional, Union

import numpy as np

from . import _native
from ._progress import ProgressLike, as_progress
from ._rois import Rois, RoisLike, as_rois
from ._stack import PathLike, Stack, StackLike, is_path, open
from ._tracks import Array, Tracks
from .errors import MeasuringWarning, SettingError, Stopped

#: Below this a match shares less than a twentieth of its contrast with the template.
DEFAULT_MIN_SCORE = 0.2


def measure(
    stack: StackLike,
    rois: RoisLike,
    *,
    reference: Union[str, int] = "first",
    follow: bool = False,
    max_displacement: Optional[float] = None,
    subpixel: str = "gauss-newton",
    model: str = "translation",
    min_score: float = DEFAULT_MIN_SCORE,
    keep_doubtful: bool = False,
    blur: float = 0.0,
    background: Optional[str] = None,
    invert: bool = False,
    mask: Any = None,
    exclude: Any = (),
    rotation: bool = False,
    max_rotation: Optional[float] = None,
    brightness: Optional[str] = None,
    frame_rate_hz: Optional[float] = None,
    pixel_size_um: Optional[float] = None,
    keep_going: bool = False,
    threads: Optional[int] = None,
    progress: ProgressLike = None,
) -> Tracks:
    """Measures how far the content of each window moved in each frame.

    Parameters
    ----------
    stack : Stack, str, Path, list of paths, or array of shape (frame, row, column)
        The recording; see :func:`movemeter.open`.
    rois : array of shape (window, 4), DataFrame, dict of them, or path
        Windows: x, y, w, h in whole pixels. A dict, or a column ``group``, makes groups of windows. A path names a
        file of ROIs (:func:`movemeter.read_rois`).
    reference : "first", "previous", "mean", "keyframe" or int
        The frame that displacements count from: the first; the one before, summed up; the mean of all; the
        first, with the content taken anew where it changes its look; or the one of this number.
    follow : bool
        Where the reference's content is now. If not: where the window's present content was in the reference.
    max_displacement : float, optional
        Farthest that content may be from its place in the reference, px. Left out: anywhere in the frame.
    subpixel : str
        How the position between pixels is found: "gauss-newton", "parabola", "gaussian", "none", or "resize:U":
        both pictures enlarged U times, as OpenCV users do.
    model : "translation", "rigid" or "affine"
        What content may do besides moving: turn by a few degrees, deform.
    min_score : float
        Matches with a lower score are not believed, −1 to 1.
    keep_doubtful : bool
        Whether doubtful matches (``at_edge``, ``ambiguous``, ``low_score``) keep their displacement.
    blur : float
        Standard deviation of a Gaussian blur before matching, px.
    background : "min", "mean", optional
        What is taken off every frame before matching. The recording is read once more.
    invert : bool
        Whether dark is made bright before matching.
    mask : path or array of shape (row, column), optional
        Pixels that are 0 there are left out of every window.
    exclude : sequence of int
        Numbers of frames that are not measured.
    rotation, max_rotation : bool, float
        Whether content is looked for at every angle, up to this many degrees to either side.
    brightness : "absolute", "range" or "minimum", optional
        Whether the mean grey level of each window is measured too, and how it is given: v,
        (v − min v) / max v, or v / min v.
    frame_rate_hz, pixel_size_um : float, optional
        If the recording does not know them, or is wrong.
    keep_going : bool
        Whether the frames before one that cannot be read are kept. If not, it is an error.
    threads : int, optional
        How many; one for each core if left out. The result is the same for any number.
    progress : True, callable, or a bar of tqdm, optional
        Called as ``progress(stage, done, total)``. If it returns False the work stops, and what was
        measured until then is returned; ``tracks.incomplete`` says so.

    Returns
    -------
    Tracks
        ``dx`` and ``dy`` of shape (window, frame): position now minus position in the reference, px, x to the
        right, y down. NaN where it could not be measured; ``status`` says why.

    Raises
    ------
    ValueError
        For a setting or a window that cannot be; the message names the argument.
    FileNotFoundError, OSError
        For a file that is not there or cannot be read.
    movemeter.Stopped
        At Ctrl-C: a KeyboardInterrupt whose ``tracks`` hold what was measured until then.

    Examples
    --------
    A pattern that moves a quarter of a pixel to the right in every frame:

    >>> import numpy as np, movemeter as mm
    >>> y, x = np.mgrid[:64, :64]
    >>> frames = np.stack([np.sin((x - 0.25 * k) / 3) * np.cos(y / 4) for k in range(4)])
    >>> tracks = mm.measure(frames, [(16, 16, 32, 32)], max_displacement=5)
    >>> tracks.dx.round(3)
    array([[0.  , 0.25, 0.5 , 0.75]])
    """
    opened = open(stack)
    return _measured(
        opened,
        as_rois(rois, _frame_size(opened)),
        _settings(opened, exclude, locals()),
        keep_going,
        threads,
        progress,
    )


def measure_by(
    stack: StackLike,
    recipe: Union[PathLike, dict[str, Any], Tracks],
    rois: Optional[RoisLike] = None,
    *,
    exclude: Any = None,
    keep_going: bool = False,
    threads: Optional[int] = None,
    progress: ProgressLike = None,
) -> Tracks:
    """Measures as something was measured before: all settings come from a recipe.

    Parameters
    ----------
    stack
        The recording; see :func:`movemeter.open`.
    recipe : path, dict or Tracks
        A recipe file (docs/recipes.md), a table or session on disk, a ``tracks.recipe``, or tracks.
    rois, exclude : optional
        Other windows and frames left out than the recipe's.
    keep_going, threads, progress
        As for :func:`measure`.

    Examples
    --------
    >>> import numpy as np, movemeter as mm
    >>> frames = np.random.default_rng(0).integers(0, 255, (3, 64, 64), np.uint8)
    >>> tracks = mm.measure(frames, [(16, 16, 32, 32)], max_displacement=5, blur=1)
    >>> mm.measure_by(frames, tracks) == tracks
    True
    """
    text, opening = _recipe_of(recipe, stack)
    opened = open(stack, **opening)
    # A path's windows may depend on the size of the frame.
    if isinstance(recipe, (str, os.PathLike)):
        text, _, _ = _native.read_recipe(os.fspath(recipe), _frame_size(opened))
    settings = {"recipe": text} | _settings(opened, () if exclude is None else exclude, {})
    if exclude is None:
        del settings["exclude"]
    windows = None if rois is None else as_rois(rois, _frame_size(opened))
    return _measured(opened, windows, settings, keep_going, threads, progress)


def _recipe_of(recipe: Any, stack: Any) -> tuple[str, dict[str, Any]]:
    """The recipe as JSON, and what of a recording it is for, if that is to be opened yet."""
    if isinstance(recipe, Tracks):
        channel, z = recipe._parts["opened"]
        return recipe._parts["recipe"], _opening(stack, channel, z)
    if isinstance(recipe, dict):
        return json.dumps(recipe), {}
    if isinstance(recipe, (str, os.PathLike)):
        _, channel, z = _native.read_recipe(os.fspath(recipe), (1, 1))
        return "", _opening(stack, channel, z)
    raise SettingError(
        f"recipe must be a path, a dict like tracks.recipe, or Tracks, but is {recipe!r}"
    )


def _opening(stack: Any, channel: Optional[int], z: Optional[int]) -> dict[str, Any]:
    return {"channel": channel, "z": z} if is_path(stack) else {}


def measure_rotation(
    stack: StackLike,
    rois: RoisLike,
    *,
    reference: Union[str, int] = "first",
    max_rotation: Optional[float] = None,
    **settings: Any,
) -> Tracks:
    """Measures how far the content of each window turned, up to any angle.

    The same as :func:`measure` with ``rotation=True``, which takes the same settings;
    ``tracks.angle`` has degrees, clockwise on screen.
    """
    return measure(
        stack, rois, reference=reference, rotation=True, max_rotation=max_rotation, **settings
    )


def measure_brightness(
    stack: StackLike,
    rois: RoisLike,
    *,
    relative: Optional[str] = None,
    mask: Any = None,
    exclude: Any = (),
    threads: Optional[int] = None,
    progress: ProgressLike = None,
) -> Array:
    """Measures how bright windows are that stay where they are, of frames as recorded.

    Parameters
    ----------
    relative : None, "absolute", "range" or "minimum"
        v, the mean of the window's pixels (None and "absolute"); (v − min v) / max v over all frames; or v / min v.
        "roi" and "roimin" are other words for the last two.
    stack, rois, mask, exclude, threads, progress
        As for :func:`measure`.

    Returns
    -------
    ndarray of float64, shape (window, frame)
        NaN in frames that are left out.

    Examples
    --------
    >>> import numpy as np, movemeter as mm
    >>> frames = np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((1, 8, 8), np.uint8)
    >>> mm.measure_brightness(frames, [(0, 0, 4, 4)])
    array([[0., 1., 2.]])
    """
    opened = open(stack)
    if relative not in _RELATIVE:
        words = ", ".join(map(repr, _RELATIVE))
        raise SettingError(f"relative must be one of {words}, but is {relative!r}")
    settings = _settings(opened, exclude, {"mask": mask, "brightness": relative})
    rois = as_rois(rois, _frame_size(opened))
    means = _native.measure_brightness(
        opened._source, rois, settings, _running(False, threads, as_progress(progress))
    )
    return means


#: How brightness may be given; "roi" and "roimin" are the words of movemeter 0.7.
_RELATIVE = (None, "absolute", "range", "minimum", "roi", "roimin")

#: Settings that are handed on as they are.
_NAMES = (
    "reference", "follow", "max_displacement", "subpixel", "model", "min_score", "keep_doubtful",
    "blur", "background", "invert", "mask", "rotation", "max_rotation", "brightness",
    "frame_rate_hz", "pixel_size_um",
)


def _settings(stack: Stack, exclude: Any, given: dict[str, Any]) -> dict[str, Any]:
    settings = {name: given[name] for name in _NAMES if name in given}
    settings["exclude"] = [int(n) if isinstance(n, np.integer) else n for n in _each(exclude)]
    frames = stack.frames
    if frames != range(stack._source.shape[0]):
        if not frames:
            raise SettingError("stack must have frames, but this part of it has none")
        settings["frames"] = (frames[0], frames[-1], frames.step)
    return settings


def _each(exclude: Any) -> list[Any]:
    try:
        return list(exclude)
    except TypeError:
        raise SettingError(
            f"exclude must be numbers of frames, as in [3, 17], but is {exclude!r}"
        ) from None


def _frame_size(stack: Stack) -> tuple[int, int]:
    return (stack.shape[2], stack.shape[1])


def _measured(
    stack: Stack,
    rois: Optional[Rois],
    settings: dict[str, Any],
    keep_going: bool,
    threads: Optional[int],
    progress: ProgressLike,
) -> Tracks:
    running = _running(keep_going, threads, as_progress(progress))
    return _tracks(*_native.measure(stack._source, rois, settings, running))


def _tracks(parts: dict[str, Any], exception: Optional[BaseException]) -> Tracks:
    """What was measured; raises what stopped it."""
    for warning in parts.pop("warnings"):
        warnings.warn(warning, MeasuringWarning, stacklevel=4)
    tracks = Tracks(parts)
    if isinstance(exception, KeyboardInterrupt):
        stopped = tracks.incomplete or "stopped after the last frame"
        message = f"{stopped}; what was measured is in this exception's tracks"
        raise Stopped(message, tracks if tracks.shape[1] else None) from None
    if exception is not None:
        raise exception
    return tracks


def _running(
    keep_going: Optional[bool], threads: Optional[int], progress: Optional[Any]
) -> dict[str, Any]:
    if threads is not None:
        if not isinstance(threads, (int, np.integer)) or isinstance(threads, bool) or threads < 1:
            raise SettingError(f"threads must be None or at least 1, but is {threads!r}")
        threads = int(threads)
    keeps = None if keep_going is None else bool(keep_going)
    return {"threads": threads, "progress": progress, "keep_going": keeps}
