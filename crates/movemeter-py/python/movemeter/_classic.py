"""The class of movemeter 0.7."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, Callable, Optional, Union

import numpy as np

from ._classic_inputs import Loader, Opened, Roi, check_loader, check_rois, kept, needed, opened, roi_lists
from ._measure import DEFAULT_MIN_SCORE, measure, measure_brightness
from ._metadata import Tag, tags_of
from ._tracks import Tracks
from .errors import SettingError

#: Ways to match.
CC_BACKENDS = ("OpenCV", "native")

#: What content is compared with.
TEMPLATE_METHODS = ("first", "previous", "mean")

#: Words for how brightness is given, and those of :func:`movemeter.measure_brightness`.
RELATIVE = {None: "absolute", "absolute": "absolute", "roi": "range", "roimin": "minimum"}

#: A square turned about its centre is sure to hold its middle part of 1/√2 of the side: as far as that part
#: can move in it, in sides, content that turned is looked for.
ROTATION_REACH = 0.5 * (1 - 0.5**0.5)


class Movemeter:
    """Measures motion in stacks of images, with the names, the sign and the lists of movemeter 0.7.

    New programs are better off with :func:`movemeter.measure`, which says how sure it is of every number.

    **Sign.** Values say where the window's content came from: a pattern that moves by (+3, +5) px, to the
    right and down, is reported as (−3, −5). Everywhere else in this package it is (+3, +5).

    What could not be measured, as a window without texture, is NaN.

    Parameters
    ----------
    upscale : int or float
        Both pictures are enlarged so many times, 0.1 to 32; the smallest reported step is 1/upscale px.
    cc_backend : "OpenCV" or "native"
        "OpenCV" gives the numbers of 0.7, step by step. "native" matches between the pixels whatever
        ``upscale`` is, and gives NaN where a match is not to be believed.
    imload_backend : "stackread", "OpenCV", "tifffile" or callable
        A function of a file's name that gives its frames; it is called once for each file, and its frames are
        kept. The names all mean :func:`movemeter.open`. The attribute is ``im_backend``.
    absolute_results : bool
        Whether places in the image are given instead of differences.
    tracking_rois : bool
        Whether windows follow their content.
    template_method : "first", "previous" or "mean"
        The image that is compared with.
    subtract_previous : bool
        Whether the darkest value of each pixel is taken off all images: for faint things before what stands
        still.
    multiprocess : int
        Number of threads. 0 or False: one. True: one for each core. Results are the same for any.
    print_callback : callable or None
        Gets each message, a string.
    preblur : float
        Standard deviation of a Gaussian blur before matching, px.
    max_movement : float, optional
        Farthest that content may be, px; from one frame to the next with "previous", else in total. None,
        False, 0: anywhere.
    max_rotation : float, optional
        Total range of angles that is searched, degrees: 10 means ±5. None, False, 0: all.

    Attributes
    ----------
    stacks, ROIs : list
        What :meth:`set_data` was given; a list of ROIs for each stack.
    tracks : Tracks or None
        The last movement or rotation with scores, error bars and reasons; its signs are those of
        :func:`movemeter.measure`.

    Every argument is an attribute that may be set later.

    Examples
    --------
    >>> import numpy as np
    >>> from movemeter import Movemeter
    >>> pattern = np.random.default_rng(1).integers(0, 255, (60, 60)).astype(np.uint8)
    >>> meter = Movemeter(print_callback=None)
    >>> meter.set_data([[pattern[10:50, 10:50], pattern[5:45, 7:47]]], [[(12, 12, 16, 16)]])
    >>> meter.measure_movement(0)
    [[[0.0, -3.0], [0.0, -5.0]]]
    """

    #: Words that :meth:`measure_brightness` knows.
    measure_brightness_opt = {"relative": ["absolute", "roi", "roimin"]}

    def __init__(
        self,
        upscale: float = 1,
        cc_backend: str = "OpenCV",
        imload_backend: Loader = "stackread",
        absolute_results: bool = False,
        tracking_rois: bool = False,
        template_method: str = "first",
        subtract_previous: bool = False,
        multiprocess: Union[bool, int] = False,
        print_callback: Optional[Callable[[str], Any]] = print,
        preblur: float = 0,
        max_movement: Optional[float] = None,
        max_rotation: Optional[float] = None,
    ) -> None:
        self.upscale = upscale
        self.cc_backend = cc_backend
        self.im_backend = imload_backend
        self.absolute_results = absolute_results
        self.tracking_rois = tracking_rois
        self.template_method = template_method
        self.subtract_previous = subtract_previous
        self.multiprocess = multiprocess
        self.print_callback = print_callback
        self.preblur = preblur
        self.max_movement = max_movement
        self.max_rotation = max_rotation
        self.stacks: list[Any] = []
        self.ROIs: list[list[Roi]] = []
        self.tracks: Optional[Tracks] = None
        self._opened: dict[int, tuple[Any, Loader, Opened]] = {}
        # What cannot be is said before any work.
        check_loader(imload_backend)
        self._settings()

    def set_data(self, stacks: Sequence[Any], ROIs: Sequence[Any]) -> None:  # noqa: N803
        """Says what is measured. Nothing is read yet.

        Parameters
        ----------
        stacks : list
            One entry for each stack: a list of file names; or of images, or of whatever gives 2-D frames.
        ROIs : list
            One list of (x, y, w, h) for each stack, or a single list for all of them. Fractions are cut off.

        Raises
        ------
        ValueError
            For another number of lists, or ROIs that are not four numbers.
        """
        if isinstance(stacks, (str, bytes)):
            raise SettingError(
                f"stacks must be a list with an entry for each stack, as [{stacks!r}], but is {stacks!r}"
            )
        entries = [kept(entry) for entry in stacks]
        self.ROIs = roi_lists(ROIs, len(entries))
        self.stacks = entries
        self._opened = {}

    def measure_movement(
        self, stack_i: int, max_movement: Optional[float] = False, optimized: bool = False
    ) -> list[list[list[float]]]:
        """Where the content of each window came from, in each frame of a stack.

        Parameters
        ----------
        stack_i : int
            The number of the stack.
        max_movement : float
            Instead of the attribute of that name.
        optimized : bool
            Changes nothing: it is always.

        Returns
        -------
        list
            ``[[xs, ys] per ROI]`` in px, x to the right, y down, a number for each frame. Each series counts
            from its first measured value, unless ``absolute_results``: then it is the place of the window's
            corner.

        Raises
        ------
        ValueError
            For a ROI that is empty or leaves the frame, or a setting that cannot be.
        OSError
            For a file that cannot be read.
        """
        settings = self._settings(max_movement or self.max_movement)
        tracks = self._measured("movement", stack_i, settings)
        if tracks is None:
            return []
        moved = zip(tracks.rois, tracks.dx, tracks.dy)
        return [[self._series(dx, x), self._series(dy, y)] for (x, y, _, _), dx, dy in moved]

    def measure_rotation(self, stack_i: int, optimized: bool = False) -> list[list[float]]:
        """How far the content of each window turned, in each frame of a stack.

        Content that turned is looked for up to ``max_movement`` from its place; without it, up to a seventh
        of the window's side. It is always matched between the pixels, whatever ``cc_backend`` is.

        Returns
        -------
        list
            ``[[degrees per frame] per ROI]``; less than 0 for a turn clockwise on screen.
        """
        rois = self._rois(stack_i)
        limit = self._limit(self.max_movement)
        sides = [ROTATION_REACH * min(w, h) for _, _, w, h in rois]
        exact = {
            "subpixel": "gauss-newton",
            "min_score": DEFAULT_MIN_SCORE,
            "keep_doubtful": False,
            "max_displacement": limit or max([1.0, *sides]),
            "rotation": True,
            "max_rotation": self._half_range(),
        }
        tracks = self._measured("rotation", stack_i, {**self._settings(), **exact})
        return [] if tracks is None else [_without_minus_zero(-angles) for angles in tracks.angle]

    def measure_brightness(
        self, stack_i: int, relative: Optional[str] = "roi"
    ) -> list[list[list[float]]]:
        """The mean grey level v of each window, in each frame of a stack.

        Parameters
        ----------
        relative : None, "absolute", "roi" or "roimin"
            v (None and "absolute"), (v − min v) / max v, or v / min v.

        Returns
        -------
        list
            ``[[values, zeros] per ROI]``, a number for each frame.
        """
        if relative not in RELATIVE:
            raise SettingError(f"relative must be None, 'absolute', 'roi' or 'roimin', but is {relative!r}")
        stack, rois = self._stack(stack_i).stack, self._rois(stack_i)
        check_rois(rois, stack, stack_i)
        if not rois:
            return []
        progress = self._told("brightness", len(rois), len(stack))
        means = measure_brightness(
            stack, rois, relative=RELATIVE[relative], threads=self._threads(), progress=progress
        )
        return [[values.tolist(), [0.0] * len(values)] for values in means]

    def create_mask_image(self, image_fns: Any) -> np.ndarray[Any, Any]:
        """The darkest value of each pixel in all frames of all these files, (row, column)."""
        frames = iter(opened(kept(image_fns), self.im_backend).stack)
        darkest: np.ndarray[Any, Any] = next(frames).copy()
        for frame in frames:
            np.minimum(darkest, frame, out=darkest)
        return darkest

    def get_metadata(self, stack_i: int, image_i: int = 0) -> dict[str, Tag]:
        """What is noted beside the pixels of image ``image_i`` of a stack, counted through all its files.

        Returns
        -------
        dict
            By names as ``"Image ImageDescription"`` and ``"EXIF ExposureTime"``. The values' ``.values`` is
            text, or a list of numbers; ``.printable`` and ``str()`` are text. Of files without such tags, and
            arrays, what :attr:`movemeter.Stack.metadata` says.
        """
        of = self._stack(stack_i)
        number = needed(image_i, "image_i", len(of.stack))
        return tags_of(of.stack, number, of.places[number] if of.places else None)

    def get_image_resolution(self, stack_i: int) -> tuple[int, int]:
        """Width and height of a stack's images, px."""
        _, height, width = self._stack(stack_i).stack.shape
        return width, height

    def _stack(self, stack_i: int) -> Opened:
        """A stack, opened when it is first needed."""
        number = needed(stack_i, "stack_i", len(self.stacks))
        entry, loader = self.stacks[number], self.im_backend
        known = self._opened.get(number)
        if known is None or known[0] is not entry or known[1] is not loader:
            known = self._opened[number] = (entry, loader, opened(entry, loader))
        return known[2]

    def _rois(self, stack_i: int) -> list[Roi]:
        return self.ROIs[needed(stack_i, "stack_i", len(self.ROIs))]

    def _measured(self, what: str, stack_i: int, settings: dict[str, Any]) -> Optional[Tracks]:
        """Measures a stack; nothing if it has no ROIs."""
        stack, rois = self._stack(stack_i).stack, self._rois(stack_i)
        check_rois(rois, stack, stack_i)
        if not rois:
            return None
        progress = self._told(what, len(rois), len(stack))
        try:
            self.tracks = measure(stack, rois, progress=progress, **settings)
        except SettingError as error:
            raise SettingError(_in_words_of_07(str(error))) from None
        return self.tracks

    def _series(self, displacement: np.ndarray[Any, Any], corner: int) -> list[float]:
        """One coordinate over time, as 0.7 gave it."""
        places = corner - displacement
        if self.absolute_results:
            return _without_minus_zero(places)
        measured = places[np.isfinite(places)]
        return _without_minus_zero(places - measured[0] if len(measured) else places)

    def _settings(self, max_movement: Optional[float] = None) -> dict[str, Any]:
        """The arguments of :func:`movemeter.measure`."""
        method = _one_of(TEMPLATE_METHODS, self.template_method, "template_method")
        exact = _one_of(CC_BACKENDS, self.cc_backend, "cc_backend") == "native"
        upscale = _number(self.upscale, "upscale", "from 0.1 to 32", lambda times: 0.1 <= times <= 32)
        return {
            "reference": method,
            "follow": bool(self.tracking_rois),
            "max_displacement": self._limit(max_movement),
            "subpixel": "gauss-newton" if exact else f"resize:{upscale!r}",
            "min_score": DEFAULT_MIN_SCORE if exact else -1.0,
            "keep_doubtful": not exact,
            "blur": _number(self.preblur or 0, "preblur", "0 to 100 px", lambda sigma: 0 <= sigma <= 100),
            "background": "min" if self.subtract_previous else None,
            "threads": self._threads(),
        }

    def _limit(self, max_movement: Optional[float]) -> Optional[float]:
        if not max_movement:
            return None
        allowed = "more than 0 px, or None to search the whole frame"
        return _number(max_movement, "max_movement", allowed, lambda px: 0 < px)

    def _half_range(self) -> Optional[float]:
        if not self.max_rotation:
            return None
        allowed = "more than 0 and at most 360 degrees, the whole range, or None for all angles"
        return _number(self.max_rotation, "max_rotation", allowed, lambda deg: 0 < deg <= 360) / 2

    def _threads(self) -> Optional[int]:
        if self.multiprocess is True:
            return None
        allowed = "a whole number from 0"
        number = _number(self.multiprocess or 0, "multiprocess", allowed, lambda n: 0 <= n and n == int(n))
        return max(1, int(number))

    def _told(self, what: str, n_rois: int, n_frames: int) -> Callable[[str, int, int], None]:
        """Says what is done now, and after each quarter how far it is."""
        say = self.print_callback or (lambda message: None)
        say(f"Measuring {what}: {_counted(n_rois, 'ROI')}, {_counted(n_frames, 'image')}")
        said: set[tuple[str, int]] = set()

        def progress(stage: str, done: int, total: int) -> None:
            quarter = (stage, 4 * done // max(total, 1))
            if 0 < quarter[1] and quarter not in said:
                said.add(quarter)
                say(f"  {stage}: image {done} of {total}")

        return progress


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _without_minus_zero(values: np.ndarray[Any, Any]) -> list[float]:
    numbers: list[float] = (values + 0.0).tolist()
    return numbers


def _one_of(known: Sequence[str], value: Any, name: str) -> str:
    """The word that is meant, in any case."""
    found = [word for word in known if isinstance(value, str) and word.lower() == value.lower()]
    if not found:
        raise SettingError(f"{name} must be {' or '.join(map(repr, known))}, but is {value!r}")
    return found[0]


def _number(value: Any, name: str, allowed: str, is_allowed: Callable[[float], bool]) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not (isfinite(number) and is_allowed(number)):
        raise SettingError(f"{name} must be {allowed}, but is {value!r}")
    return number


def _in_words_of_07(message: str) -> str:
    """An error of :func:`movemeter.measure` with the names of the class."""
    for ours, theirs in (
        ("subpixel must be resize:U with U", "upscale must be"),
        ("but is resize:", "but is "),
        ("max_displacement", "max_movement"),
    ):
        message = message.replace(ours, theirs)
    return message
