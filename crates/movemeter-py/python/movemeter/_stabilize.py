"""Recordings with their motion taken out."""

from __future__ import annotations

import warnings
from typing import Any, Optional, Union

import numpy as np

from . import _native
from ._measure import _running, _settings, _tracks
from ._progress import ProgressLike, as_progress
from ._rois import _rects
from ._stack import Stack, StackLike, _numbers, open
from ._tracks import Tracks
from .errors import MeasuringWarning, SettingError, Stopped, UnmeasuredError


class Stabilized(Stack):
    """A :class:`movemeter.Stack` whose frames are moved and turned back when they are read.

    It is a recording of its own: its frames are counted from 0, with the times that they had. Sent to another
    process it takes along what it is made of, and is not measured again.

    Attributes
    ----------
    motion : Tracks
        How the recording moved: one window, in every frame that was to be measured; ``motion.frames`` has
        their numbers in the recording, ``motion.dx``, ``dy`` and ``angle`` what was taken out of them.
    """

    def __init__(self, moved: Stack, motion: Tracks, wanted: dict[str, Any]) -> None:
        made_of = (moved, motion, wanted)
        super().__init__(_stabilized(*made_of), (_stabilized, *made_of))
        self.motion = motion

    def __reduce__(self) -> tuple[Any, ...]:
        return (Stabilized, self._made_of[1:])


def stabilize(
    stack: StackLike,
    *,
    roi: Any = None,
    correction: str = "both",
    reference: Union[str, int] = "first",
    max_displacement: Optional[float] = None,
    max_rotation: Optional[float] = None,
    border: str = "keep",
    keep_unmeasured: bool = False,
    apply_to: Optional[StackLike] = None,
    dtype: Any = None,
    blur: float = 0.0,
    background: Optional[str] = None,
    invert: bool = False,
    mask: Any = None,
    exclude: Any = (),
    frame_rate_hz: Optional[float] = None,
    pixel_size_um: Optional[float] = None,
    threads: Optional[int] = None,
    progress: ProgressLike = None,
) -> Stabilized:
    """Takes the motion out of a recording.

    One window that follows its content says how each frame moved. The frames are moved and turned back when
    they are read, each once, on the quintic spline through the pixels as recorded.

    Parameters
    ----------
    stack : Stack, str, Path, list of paths, or array of shape (frame, row, column)
        The recording; see :func:`movemeter.open`.
    roi : (x, y, w, h), optional
        The window that shall stand still, in the reference, in whole pixels. Left out: the frame less a fifth
        of its shorter side all around.
    correction : "both", "translation" or "rotation"
        What is taken out: the displacement of the window's centre, the rotation about it (its centre then
        goes on moving as it did), or both.
    reference : "first", "previous", "mean", "keyframe" or int
        The frame that the others are moved back to; see :func:`movemeter.measure`.
    max_displacement : float, optional
        Farthest that the window moves in x or y, px. A good guess makes it faster and safer.
    max_rotation : float, optional
        Farthest that it turns to either side, degrees up to 180. Left out: all angles.
    border : "keep", "black" or "crop"
        What is shown where a frame was not recorded: the nearest pixel of its edge, 0, or nothing, with all
        frames cropped to the largest rectangle that all have.
    keep_unmeasured : bool
        Whether frames whose motion could not be measured stay as they were recorded, with a warning. If not,
        that is an error. They are named either way.
    apply_to : as stack, optional
        Another recording, which is moved instead, as this one was measured to move. It has as many frames of
        the same size: the first belongs to the first of ``stack``.
    dtype : uint8, uint16 or float32, optional
        Type of the pixels. ``float32`` keeps values between grey levels; the others round, and bring what
        lies outside to the nearer end. Left out: as recorded; other whole numbers become ``float32``.
    blur, background, invert, mask
        What is done to frames before they are measured, as for :func:`movemeter.measure`. What is moved is as
        recorded.
    exclude : sequence of int
        Numbers of frames that are left out.
    frame_rate_hz, pixel_size_um : float, optional
        If the recording does not know them, or is wrong.
    threads : int, optional
        How many; one for each core if left out. The result is the same for any number.
    progress : True, callable, or a bar of tqdm, optional
        Called as ``progress(stage, done, total)`` while measuring. If it returns False the work stops.

    Returns
    -------
    Stabilized
        A :class:`movemeter.Stack`; ``motion`` has the :class:`movemeter.Tracks` of the window.

    Raises
    ------
    ValueError
        For a setting that cannot be; the message names the argument.
    movemeter.UnmeasuredError
        A ValueError, for frames whose motion could not be measured; its ``tracks`` say why.
    FileNotFoundError, OSError
        For a file that is not there or cannot be read.
    movemeter.Stopped
        At Ctrl-C, and where ``progress`` returned False: nothing is made of what was measured until then.

    Examples
    --------
    A pattern that moves a quarter of a pixel to the right in every frame, and stands still afterwards:

    >>> import numpy as np, movemeter as mm
    >>> y, x = np.mgrid[:64, :64]
    >>> frames = np.stack([np.sin((x - 0.25 * k) / 3) * np.cos(y / 4) for k in range(4)])
    >>> still = mm.stabilize(frames, correction="translation", max_displacement=5)
    >>> still.motion.dx.round(3)
    array([[0.  , 0.25, 0.5 , 0.75]])
    >>> inside = np.asarray(still)[:, 16:48, 16:48]
    >>> bool(np.abs(inside - inside[0]).max() < 0.01)
    True
    """
    opened = open(stack)
    moved = opened if apply_to is None else like(opened, apply_to)
    settings = _settings(opened, exclude, locals())
    wanted = _wanted(correction, border, dtype, max_rotation, threads)
    wanted.update(frame_rate_hz=frame_rate_hz, pixel_size_um=pixel_size_um)
    motion = measure_motion(opened, roi, wanted, settings, progress)
    _check_measured(motion, keep_unmeasured)
    _check_moves(motion, wanted)
    return Stabilized(moved, motion, wanted)


def measure_motion(
    stack: Stack, roi: Any, wanted: dict[str, Any], settings: dict[str, Any], progress: ProgressLike
) -> Tracks:
    """How the window that shall stand still moves."""
    running = _running(None, wanted["threads"], as_progress(progress))
    window = _window(roi)
    motion = _tracks(*_native.measure_motion(stack._source, window, wanted, settings, running))
    if motion.incomplete is not None:
        raise Stopped(f"{motion.incomplete}; no recording is made of it", motion)
    return motion


def like(stack: Stack, apply_to: StackLike) -> Stack:
    """The recording that is moved instead, which must be as large."""
    try:
        other = open(apply_to)
    except SettingError as error:
        raise SettingError(str(error).replace("stack", "apply_to", 1)) from None
    if other.shape != stack.shape:
        raise SettingError(
            "apply_to must have as many frames of the same size as stack, (frame, row, column) "
            f"{stack.shape}, but has {other.shape}"
        )
    return other


def _wanted(
    correction: Any, border: Any, dtype: Any, max_rotation: Any, threads: Optional[int]
) -> dict[str, Any]:
    if correction == "translation" and max_rotation is not None:
        raise SettingError(
            "max_rotation must be None with correction='translation', which looks for no rotation, "
            f"but is {max_rotation!r}; take out 'both' or 'rotation', or leave it out"
        )
    for name, word in (("correction", correction), ("border", border)):
        if not isinstance(word, str):
            raise SettingError(f"{name} must be a word, but is {word!r}")
    return {
        "correction": correction,
        "border": border,
        "dtype": None if dtype is None else _pixels(dtype),
        "threads": _running(None, threads, None)["threads"],
    }


def _pixels(dtype: Any) -> str:
    try:
        return str(np.dtype(dtype))
    except TypeError:
        return str(dtype)


def _window(roi: Any) -> Optional[list[int]]:
    if roi is None:
        return None
    rects = _rects(roi, "roi")
    if len(rects) != 1:
        raise SettingError(f"roi must be one window (x, y, w, h), but there are {len(rects)}")
    return rects[0]


def _check_measured(motion: Tracks, keep_unmeasured: bool) -> None:
    lost = _native.unmeasured(motion._parts)
    if not lost:
        return
    what = unmeasured(lost)
    if keep_unmeasured:
        warnings.warn(f"{what}; they stay as recorded", MeasuringWarning, stacklevel=3)
        return
    numbers = [number for number, _ in lost]
    left_out = f"leave these frames out with exclude={_typed(numbers)}, or "
    raise UnmeasuredError(
        f"{what}; try another roi, reference='previous' or 'keyframe', or a larger max_displacement; "
        f"{left_out if len(lost) < motion.shape[1] else ''}leave them unmoved with keep_unmeasured=True",
        motion,
    )


def unmeasured(lost: list[tuple[int, str]]) -> str:
    """Says which frames, of these numbers, could not be measured, and why."""
    reasons = [why for _, why in lost]
    counts = ", ".join(f"{reasons.count(why)} {why}" for why in dict.fromkeys(reasons))
    counted = "1 frame" if len(lost) == 1 else f"{len(lost)} frames"
    spans = _spans([number for number, _ in lost])
    return f"the motion of {counted} could not be measured ({counts}): {spans}"


def _spans(numbers: list[int]) -> str:
    """Neighbouring numbers together: 3, 7 to 9, 12."""
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and spans[-1][1] + 1 == number:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in spans)


def _typed(numbers: list[int]) -> str:
    """A sequence of these numbers, as it is typed."""
    first, last = numbers[0], numbers[-1]
    if len(numbers) > 2 and last - first + 1 == len(numbers):
        return f"range({first}, {last + 1})"
    return repr(numbers)


def _check_moves(motion: Tracks, wanted: dict[str, Any]) -> None:
    """Warns where only the error of measuring would be taken out."""
    rms, _, error, _, is_noise = _native.unrest(motion._parts, wanted)
    if is_noise and rms > 0:
        warnings.warn(
            f"this does probably not help: the motion (rms {rms:.2g} px) is hardly more than the error of "
            f"measuring it (rms {error:.2g} px), which is now in the frames; use the recording as it is",
            MeasuringWarning,
            stacklevel=3,
        )


def _stabilized(moved: Stack, motion: Tracks, wanted: dict[str, Any]) -> _native.Source:
    """Frames that are moved back when they are read."""
    return _native.stabilized(moved._source, _numbers(moved.frames), motion._parts, wanted)
