"""What was measured."""

from __future__ import annotations

import html
import json
import os
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from . import _native
from ._stack import PathLike
from .errors import SettingError

if TYPE_CHECKING:
    import pandas
    import xarray

#: The word for each status code: ``STATUS[tracks.status[window, frame]]``.
STATUS: tuple[str, ...] = tuple(_native.STATUS)

Array = np.ndarray[Any, Any]

#: Arrays (window, frame) that every measurement has.
_SAMPLES = ("dx", "dy", "var_x", "cov_xy", "var_y", "score", "status")
#: And those that some have.
_ASKED_FOR = (
    "angle_rad", "sd_angle_rad", "exx", "exy", "eyy", "brightness", "brightness_mean",
    "brightness_min", "brightness_max", "brightness_sd",
)


class Tracks:
    """Windows over frames: how far the content of each moved, how sure that is, and why if not.

    Displacement is position now minus position in the reference, in pixels; x to the right, y down. What
    could not be measured is NaN, and :attr:`status` says why.

    Attributes
    ----------
    dx, dy : ndarray of float64, shape (window, frame)
        Displacement, px.
    sd_x, sd_y : ndarray of float64, shape (window, frame)
        Standard deviation of its error, px.
    cov_xy : ndarray of float32, shape (window, frame)
        Covariance of the errors of dx and dy, px².
    score : ndarray of float32, shape (window, frame)
        Zero-mean normalised cross-correlation of the match, −1 to 1.
    status : ndarray of uint8, shape (window, frame)
        0 where it was measured, else why not: :data:`movemeter.STATUS` has the words.
    angle, sd_angle : ndarray of float64, shape (window, frame)
        How far the content turned, degrees, from +x towards +y (clockwise on screen); where it was
        asked for (``model="rigid"``, ``"affine"``, ``rotation=True``), else an error says how.
    exx, exy, eyy : ndarray of float64, shape (window, frame)
        Green–Lagrange strains, with ``model="affine"``.
    brightness : ndarray of float64, shape (window, frame)
        Mean grey level, with ``brightness=``; brightness_min, brightness_max, brightness_sd, too.
    frames : ndarray of int64, shape (frame,)
        Numbers of the frames in the recording.
    times_s : ndarray of float64, shape (frame,)
        Their times, s; NaN where they are not known.
    rois : ndarray of int64, shape (window, 4)
        x, y, w, h of each window where it was placed.
    groups : list of str
        The name of each window's group.
    windows : ndarray of int64, shape (window,)
        Each window's number in its group.
    pixel_size_um : float or None
        Side of a pixel, µm.
    recipe : dict
        Every setting, as it is written into tables.
    inputs : list of tuple
        Name, path, SHA-256 and number of files of each input; none for arrays.
    doubts : list of str
        What should be known of the inputs before the numbers are believed.
    incomplete : str or None
        If not all frames were measured: why not.
    version : str
        The version of movemeter that measured.
    """

    def __init__(self, parts: dict[str, Any]) -> None:
        self._parts = parts

    # What was measured.

    @property
    def dx(self) -> Array:
        """Displacement to the right, px, (window, frame)."""
        return self._array("dx")

    @property
    def dy(self) -> Array:
        """Displacement down, px, (window, frame)."""
        return self._array("dy")

    @property
    def sd_x(self) -> Array:
        """Standard deviation of the error of dx, px, (window, frame)."""
        return np.sqrt(self._array("var_x").astype(np.float64))

    @property
    def sd_y(self) -> Array:
        """Standard deviation of the error of dy, px, (window, frame)."""
        return np.sqrt(self._array("var_y").astype(np.float64))

    @property
    def cov_xy(self) -> Array:
        """Covariance of the errors of dx and dy, px², (window, frame)."""
        return self._array("cov_xy")

    @property
    def score(self) -> Array:
        """Zero-mean normalised cross-correlation of the match, (window, frame)."""
        return self._array("score")

    @property
    def status(self) -> Array:
        """Codes: 0 where it was measured; :data:`movemeter.STATUS` has the words, (window, frame)."""
        return self._array("status")

    @property
    def angle(self) -> Array:
        """How far the content turned, degrees clockwise on screen, (window, frame)."""
        return np.degrees(self._asked_for("angle_rad", "rotation=True or model='rigid'"))

    @property
    def sd_angle(self) -> Array:
        """Standard deviation of the error of the angle, degrees, (window, frame)."""
        return np.degrees(self._asked_for("sd_angle_rad", "rotation=True or model='rigid'"))

    @property
    def exx(self) -> Array:
        """Strain along x, (window, frame)."""
        return self._asked_for("exx", "model='affine'")

    @property
    def exy(self) -> Array:
        """Shear, (window, frame)."""
        return self._asked_for("exy", "model='affine'")

    @property
    def eyy(self) -> Array:
        """Strain along y, (window, frame)."""
        return self._asked_for("eyy", "model='affine'")

    @property
    def brightness(self) -> Array:
        """Mean grey level, as the recipe's brightness mode has it, (window, frame)."""
        return self._asked_for("brightness", "brightness='absolute'")

    @property
    def brightness_min(self) -> Array:
        """Darkest pixel, (window, frame)."""
        return self._asked_for("brightness_min", "brightness='absolute'")

    @property
    def brightness_max(self) -> Array:
        """Brightest pixel, (window, frame)."""
        return self._asked_for("brightness_max", "brightness='absolute'")

    @property
    def brightness_sd(self) -> Array:
        """Standard deviation of the pixels, (window, frame)."""
        return self._asked_for("brightness_sd", "brightness='absolute'")

    # Where and when.

    @property
    def frames(self) -> Array:
        """Numbers of the frames in the recording, (frame,)."""
        return self._array("frames")

    @property
    def times_s(self) -> Array:
        """Times of the frames, s; NaN where they are not known, (frame,)."""
        return self._array("times_s")

    @property
    def rois(self) -> Array:
        """x, y, w, h of each window, (window, 4)."""
        return self._array("rois")

    @property
    def groups(self) -> list[str]:
        """The name of each window's group."""
        return list(self._parts["groups"])

    @property
    def windows(self) -> Array:
        """Each window's number in its group, (window,)."""
        return self._array("windows")

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of windows and frames."""
        n_windows, n_frames = self._parts["dx"].shape
        return (n_windows, n_frames)

    # Where it came from.

    @property
    def pixel_size_um(self) -> Optional[float]:
        """Side of a pixel, µm."""
        size: Optional[float] = self._parts["pixel_size_um"]
        return size

    @property
    def recipe(self) -> dict[str, Any]:
        """Every setting, as it is written into tables."""
        text = self._parts["recipe"]
        return dict(json.loads(text)) if text else {}

    @property
    def inputs(self) -> list[tuple[str, Optional[str], str, Optional[int]]]:
        """Name, path, SHA-256 and number of files of each input; none for arrays."""
        return list(self._parts["inputs"])

    @property
    def doubts(self) -> list[str]:
        """What should be known of the inputs before the numbers are believed."""
        return list(self._parts["doubts"])

    @property
    def incomplete(self) -> Optional[str]:
        """If not all frames were measured: why not."""
        why: Optional[str] = self._parts["incomplete"]
        return why

    @property
    def version(self) -> str:
        """The version of movemeter that measured."""
        version: str = self._parts["version"]
        return version

    # What becomes of it.

    def to_dataframe(self) -> pandas.DataFrame:
        """A row per frame and window, with the columns of a table on disk, in full precision.

        Needs pandas. ``group`` and ``status`` are categories.
        """
        module = _needed("pandas", "pandas")
        columns = {}
        for name, values in _native.columns(self._parts):
            if isinstance(values, tuple):
                values = module.Categorical.from_codes(values[0], categories=values[1])
            columns[name] = values
        table: pandas.DataFrame = module.DataFrame(columns)
        return table

    def to_xarray(self) -> xarray.Dataset:
        """A dataset of the dimensions window and frame, with units in the attributes.

        Needs xarray. Coordinates are ``frame``, ``time_s``, ``group``, ``window_in_group``, ``x``, ``y``, ``w``, ``h``.
        """
        module = _needed("xarray", "xarray")
        variables = {
            name: (("window", "frame"), values, {"units": unit, "long_name": about})
            for name, unit, about, values in self._described()
        }
        rois = self.rois
        coordinates: dict[str, Any] = {
            "window": np.arange(self.shape[0]),
            "frame": self.frames,
            "time_s": ("frame", self.times_s, {"units": "s"}),
            "group": ("window", np.array(self.groups, dtype=str)),
            "window_in_group": ("window", self.windows),
        }
        for side, name in enumerate("xywh"):
            coordinates[name] = ("window", rois[:, side], {"units": "px"})
        about = {
            "movemeter": self.version,
            "recipe": self._parts["recipe"],
            "doubts": "; ".join(self.doubts),
            "incomplete": self.incomplete or "",
            "status_words": " ".join(STATUS),
        }
        if self.pixel_size_um is not None:
            about["pixel_size_um"] = self.pixel_size_um
        dataset: xarray.Dataset = module.Dataset(variables, coordinates, about)
        return dataset

    def save(self, path: PathLike) -> None:
        """Writes a table or a session; the ending chooses: .csv .tsv .json .parquet .npz .zip.

        It appears whole or not at all. :func:`movemeter.load` reads it back, as does the command.
        """
        _native.save(self._parts, os.fspath(path))

    def plot(self, windows: Any = None, *, axes: Any = None, unit: Optional[str] = None) -> Any:
        """Draws dx and dy over time, or frame numbers, with bands of one standard deviation.

        Needs matplotlib.

        Parameters
        ----------
        windows : int, sequence of int, optional
            Which windows. All if there are at most ten, else the first ten.
        axes : pair of matplotlib Axes, optional
            Where to draw; made if left out.
        unit : "px" or "um", optional
            µm if the pixel size is known.

        Returns
        -------
        ndarray of two Axes
        """
        from ._plot import plot

        return plot(self, windows, axes, unit)

    def __getitem__(self, windows: Any) -> Tracks:
        """The tracks of some windows: a number, a slice, numbers, or a mask."""
        chosen = np.atleast_1d(np.arange(self.shape[0])[windows])
        parts = dict(self._parts)
        for name in (*_SAMPLES, *_ASKED_FOR, "rois", "windows"):
            if name in parts:
                parts[name] = parts[name][chosen]
        parts["groups"] = [self._parts["groups"][window] for window in chosen]
        return Tracks(parts)

    def __len__(self) -> int:
        return self.shape[0]

    def __eq__(self, other: object) -> bool:
        """Whether everything is the same, to the last bit."""
        if not isinstance(other, Tracks) or self._parts.keys() != other._parts.keys():
            return NotImplemented if not isinstance(other, Tracks) else False
        return all(_same(value, other._parts[name]) for name, value in self._parts.items())

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (Tracks, (self._parts,))

    def __repr__(self) -> str:
        return f"<movemeter.Tracks: {self._summary()}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{html.escape(name)}</td>"
            f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in self._told()
        )
        return f"<b>movemeter.Tracks</b><table>{rows}</table>"

    def _summary(self) -> str:
        return "; ".join(f"{name} {value}" if name else value for name, value in self._told())

    def _told(self) -> list[tuple[str, str]]:
        n_windows, n_frames = self.shape
        told = [("windows x frames", f"{n_windows} x {n_frames}")]
        counts = np.bincount(self.status.ravel(), minlength=len(STATUS))
        words = [f"{count} {STATUS[code]}" for code, count in enumerate(counts) if count]
        told.append(("samples", ", ".join(words) or "none"))
        measured = np.hypot(self.dx, self.dy)
        if np.isfinite(measured).any():
            told.append(("largest displacement", f"{np.nanmax(measured):.4g} px"))
        errors = np.sqrt(0.5 * (self.sd_x**2 + self.sd_y**2))[measured > 0]
        if np.isfinite(errors).any():
            told.append(("median error bar", f"{np.nanmedian(errors):.2g} px"))
        if self.incomplete is not None:
            told.append(("incomplete", self.incomplete))
        told.extend(("doubt", doubt) for doubt in self.doubts)
        return told

    def _described(self) -> list[tuple[str, str, str, Array]]:
        """Name, unit, meaning and values of everything that was measured."""
        described = [
            ("dx", "px", "displacement to the right", self.dx),
            ("dy", "px", "displacement down", self.dy),
            ("sd_x", "px", "standard deviation of dx", self.sd_x),
            ("sd_y", "px", "standard deviation of dy", self.sd_y),
            ("cov_xy", "px2", "covariance of dx and dy", self.cov_xy),
            ("score", "1", "zero-mean normalised cross-correlation", self.score),
            ("status", "1", "0 measured, else why not: see status_words", self.status),
        ]
        if "angle_rad" in self._parts:
            described.append(("angle", "degree", "turned clockwise on screen", self.angle))
            described.append(("sd_angle", "degree", "standard deviation of angle", self.sd_angle))
        if "exx" in self._parts:
            for name in ("exx", "exy", "eyy"):
                described.append((name, "1", "Green-Lagrange strain", self._parts[name]))
        if "brightness" in self._parts:
            for name in ("brightness", "brightness_min", "brightness_max", "brightness_sd"):
                described.append((name, "1", "grey levels", self._parts[name]))
        if self.pixel_size_um is not None:
            scale = self.pixel_size_um
            described.append(("dx_um", "um", "displacement to the right", self.dx * scale))
            described.append(("dy_um", "um", "displacement down", self.dy * scale))
        return described

    def _array(self, name: str) -> Array:
        array: Array = self._parts[name]
        return array

    def _asked_for(self, name: str, how: str) -> Array:
        if name not in self._parts:
            raise AttributeError(
                f"{name.removesuffix('_rad')} was not measured; ask for it with {how}"
            )
        return self._array(name)


def load(path: PathLike) -> Tracks:
    """Reads what was measured from a table or a session, whoever wrote it: the command, or :meth:`Tracks.save`.

    Also from a folder that :func:`movemeter.dask.measure` wrote.
    """
    path = os.fspath(path)
    if os.path.isdir(path):
        from ._joining import load_folder

        return Tracks(load_folder(path))
    return Tracks(_native.load(path))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return (
            isinstance(other, np.ndarray)
            and one.dtype == other.dtype
            and one.shape == other.shape
            and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        )
    return bool(one == other)


def _needed(module: str, extra: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise ImportError(
            f"this needs {module}; install it with: pip install 'movemeter[{extra}]'"
        ) from None
