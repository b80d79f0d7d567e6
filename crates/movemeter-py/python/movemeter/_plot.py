"""Curves of tracks, drawn by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from .errors import SettingError

if TYPE_CHECKING:
    from ._tracks import Array, Tracks

#: More curves than this cannot be told apart.
_MOST = 10


def plot(tracks: Tracks, windows: Any, axes: Any, unit: Optional[str]) -> Any:
    """See :meth:`Tracks.plot`."""
    scale, unit = _scale(tracks, unit)
    chosen = np.arange(len(tracks))[:_MOST] if windows is None else np.atleast_1d(windows)
    is_new = axes is None
    axes = _axes() if is_new else np.asarray(axes)
    if axes.shape != (2,):
        raise SettingError(f"axes must be two, for dx and dy, but their shape is {axes.shape}")
    if tracks.shape[1] == 0:
        raise SettingError("there is no frame to draw")
    when, name = _when(tracks)
    for window in chosen:
        label = f"{tracks.groups[window]} {tracks.windows[window]}"
        _curve(axes[0], when, scale * tracks.dx[window], scale * tracks.sd_x[window], label)
        _curve(axes[1], when, scale * tracks.dy[window], scale * tracks.sd_y[window], label)
    axes[0].set_ylabel(f"to the right ({unit})")
    axes[1].set_ylabel(f"down ({unit})")
    axes[1].set_xlabel(name)
    # That windows were lost before the end is seen.
    margin = 0.05 * (when[-1] - when[0])
    if is_new and 0 < margin:
        axes[1].set_xlim(when[0] - margin, when[-1] + margin)
    if name == "frame":
        axes[1].xaxis.get_major_locator().set_params(integer=True)
    if 1 < len(chosen):
        beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
        axes[0].legend(fontsize="small", frameon=False, title=_left_out(tracks, chosen), **beside)
    return axes


def _scale(tracks: Tracks, unit: Optional[str]) -> tuple[float, str]:
    size = tracks.pixel_size_um
    if unit not in (None, "px", "um"):
        raise SettingError(f"unit must be None, 'px' or 'um', but is {unit!r}")
    if unit == "um" and size is None:
        raise SettingError("unit can only be 'um' if the pixel size is known; measure with pixel_size_um=")
    return (1.0, "px") if size is None or unit == "px" else (size, "µm")


def _axes() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("this needs matplotlib; install it with: pip install 'movemeter[plot]'") from None
    _, axes = pyplot.subplots(2, 1, sharex=True, layout="constrained")
    return axes


def _when(tracks: Tracks) -> tuple[Array, str]:
    times = tracks.times_s
    return (times, "time (s)") if np.isfinite(times).all() else (tracks.frames, "frame")


def _left_out(tracks: Tracks, chosen: Array) -> Optional[str]:
    """How many windows are not shown, if one might think that all are."""
    n_more = len(tracks) - len(chosen)
    return None if n_more == 0 else f"{len(chosen)} of {len(tracks)} windows"


def _curve(axes: Any, when: Array, moved: Array, sd: Array, label: str) -> None:
    """A line with dots, which show where a sample stands alone, and a band of one standard deviation."""
    (line,) = axes.plot(when, moved, marker=".", markersize=3, linewidth=1, label=label)
    axes.fill_between(when, moved - sd, moved + sd, color=line.get_color(), alpha=0.25, linewidth=0)
