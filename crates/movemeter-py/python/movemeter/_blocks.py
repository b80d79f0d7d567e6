"""What a task of a cluster does: reads ahead what all blocks of a recording need, or measures one block.

Nothing here needs Dask. A block is some windows in some frames; joined, blocks have the bits of the whole.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Optional

import numpy as np

from . import __version__, _native
from ._stack import _opened
from .errors import Error

#: A recording, or a part of one: the arguments that open its files, or an array; the type of its pixels, if it is an
#: array; and the numbers of the frames that are looked at.
Frames = tuple[Any, Optional[str], Any]

#: What is known before anything is read ahead.
NOTHING = {"background": None, "reference": None, "before": None, "incomplete": None}


def read_ahead(frames: Frames, window: list[int], shared: dict[str, Any], threads: int) -> dict[str, Any]:
    """Background and reference, as far as they are needed, with what all blocks share."""
    _check_version(shared)
    source, places = _source(frames)
    with _panics_as_errors():
        return {**shared, **_native.read_ahead(source, places, window, shared, threads)}


def measure_block(frames: Frames, head: dict[str, Any], ahead: dict[str, Any], threads: int) -> dict[str, Any]:
    """What was measured of a block, as arrays by name, and why not of all of it.

    `head` has its windows (`groups`, `rois`), and how many frames are before it (`n_before`).
    """
    _check_version(ahead)
    source, places = _source(frames)
    place = {"frames": places, "n_before": head["n_before"], "rois": _rois(head)}
    with _panics_as_errors():
        measured, incomplete = _native.measure_block(source, place, ahead, ahead, threads)
    return {"measured": measured, "incomplete": incomplete}


def write_block(
    frames: Frames, head: dict[str, Any], ahead: dict[str, Any], threads: int, path: str
) -> dict[str, Any]:
    """Measures a block and writes it as a table; gives how many frames were measured, and why not all.

    `head` has everything else that tables hold, too.
    """
    block = measure_block(frames, head, ahead, threads)
    n_frames = block["measured"]["dx"].shape[1]
    if n_frames:
        cut = {name: head[name][:n_frames] for name in ("frames", "times_s")}
        _native.save({**head, **cut, **block["measured"], "recipe": ahead["whole"]}, path)
    return {"n_frames": n_frames, "incomplete": block["incomplete"]}


def hash_inputs(frames: Frames) -> list[Any]:
    """Name, path, SHA-256 and number of files of each input."""
    return _native.hash_inputs(_opened(*frames[0]))


def same(value: Any) -> Any:
    """The value: as a task it lies on a worker, and is sent again if that is lost."""
    return value


@contextlib.contextmanager
def _panics_as_errors() -> Iterator[None]:
    """A panic of what is written in Rust is no `Exception`: the cluster would wait for its task for ever."""
    try:
        yield
    except Exception:
        raise
    except BaseException as panic:
        raise RuntimeError(f"{type(panic).__name__}: {panic}") from None


def _check_version(shared: dict[str, Any]) -> None:
    if shared["version"] != __version__:
        raise Error(
            f"a worker has movemeter {__version__}, but {shared['version']} asked it to measure; install the same on "
            "all computers"
        )


def _source(frames: Frames) -> tuple[_native.Source, tuple[int, int, int]]:
    """What gives the frames, and which of them are looked at: first, stop, step."""
    made_of, pixel_type, numbers = frames
    if pixel_type is None:
        return _opened(*made_of), (numbers.start, numbers.stop, numbers.step)
    numbers = [int(number) for number in numbers]
    source = _native.Source.of_array(made_of, tuple(made_of.shape), pixel_type, numbers)
    return source, (0, len(numbers), 1)


def _rois(head: dict[str, Any]) -> tuple[list[str], list[tuple[int, list[int]]]]:
    names = {name: number for number, name in enumerate(dict.fromkeys(head["groups"]))}
    rects: list[list[int]] = np.asarray(head["rois"]).tolist()
    return list(names), [(names[name], rect) for name, rect in zip(head["groups"], rects)]
