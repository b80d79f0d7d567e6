"""Measures how things move in a recording.

Frames in (files, folders, videos, arrays); windows on what matters; out comes, for each window and frame,
how far its content moved in x and y, how sure that is, and where it could not be measured and why.

>>> import numpy as np, movemeter as mm
>>> y, x = np.mgrid[:64, :64]
>>> frames = np.stack([np.sin((x - 0.25 * k) / 3) * np.cos(y / 4) for k in range(4)])
>>> tracks = mm.measure(frames, [(16, 16, 32, 32)], max_displacement=5)
>>> tracks.dx.round(3), tracks.status
(array([[0.  , 0.25, 0.5 , 0.75]]), array([[0, 0, 0, 0]], dtype=uint8))

Displacement is position now minus position in the reference, in pixels; x to the right, y down. Arrays are
(frame, row, column) in, results (window, frame).

``from movemeter import Movemeter`` gives the class of movemeter 0.7, with its sign and its lists.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._native import VERSION as __rust_version__

if TYPE_CHECKING:
    from . import dask as dask
    from . import directories as directories
    from . import errors as errors
    from . import heatmap as heatmap
    from . import roi as roi
    from . import stacks as stacks
    from . import tkgui as tkgui
    from ._classic import Movemeter
    from ._measure import measure, measure_brightness, measure_by, measure_rotation
    from ._rois import grid, read_rois
    from ._stack import Stack, open
    from ._tracks import STATUS, Tracks, load
    from .errors import (
        Error, FileError, MeasuringWarning, MissingFileError, SettingError, Stopped, UnmeasuredError,
    )
    from .roi import gen_grid
    from .stabilize import CallableModule

    stabilize: CallableModule

#: As Python writes versions: 1.0.0.dev0.
__version__ = __rust_version__.replace("-dev.", ".dev").replace("-rc.", "rc")

#: Where each name is. They are fetched when they are first used: importing movemeter takes no time.
_PLACES = {
    "Movemeter": "_classic",
    "measure": "_measure",
    "measure_by": "_measure",
    "measure_brightness": "_measure",
    "measure_rotation": "_measure",
    "grid": "_rois",
    "read_rois": "_rois",
    "Stack": "_stack",
    "open": "_stack",
    "STATUS": "_tracks",
    "Tracks": "_tracks",
    "load": "_tracks",
    "Error": "errors",
    "FileError": "errors",
    "MeasuringWarning": "errors",
    "MissingFileError": "errors",
    "SettingError": "errors",
    "Stopped": "errors",
    "UnmeasuredError": "errors",
    "gen_grid": "roi",
}

#: Parts that are modules of their own. `stabilize` can be called, too.
_MODULES = ("dask", "directories", "errors", "heatmap", "roi", "stabilize", "stacks", "tkgui")

__all__ = [
    "Error",
    "FileError",
    "MeasuringWarning",
    "MissingFileError",
    "Movemeter",
    "STATUS",
    "SettingError",
    "Stack",
    "Stopped",
    "Tracks",
    "__version__",
    "gen_grid",
    "grid",
    "load",
    "measure",
    "measure_by",
    "measure_brightness",
    "measure_rotation",
    "open",
    "read_rois",
    "stabilize",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        value = getattr(importlib.import_module(f".{_PLACES[name]}", __name__), name)
    elif name in _MODULES:
        value = importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module 'movemeter' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
