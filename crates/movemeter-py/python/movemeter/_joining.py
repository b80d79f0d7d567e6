"""Blocks of windows and frames, joined into one: as they come from tasks, or from the tables of a dataset on disk."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple, Optional

import numpy as np

from . import _native
from .errors import FileError, MissingFileError

#: Beside the tables of a dataset: what they are of. Readers of Parquet leave out names that begin so.
ABOUT = "_movemeter.json"


class Block(NamedTuple):
    """Some windows in some frames: where they are in the whole."""

    frames: range
    windows: range

    @property
    def file(self) -> str:
        """The name of its table; sorted by names, tables are in the order of frames."""
        return f"part-{self.frames.start:09d}-{self.windows.start:09d}.parquet"

    def __str__(self) -> str:
        return (
            f"frames {self.frames.start} to {self.frames.stop - 1}, "
            f"windows {self.windows.start} to {self.windows.stop - 1}"
        )


class Joining:
    """A result that grows by blocks, in whatever order they come."""

    def __init__(self, head: dict[str, Any], blocks: list[Block]) -> None:
        """`head` is everything but what is measured of each window in each frame."""
        self._head = head
        self._blocks = blocks
        self._words: dict[str, Any] = {}
        self._arrays: dict[str, np.ndarray[Any, Any]] = {}
        self._ends: dict[Block, tuple[int, Optional[str]]] = {}

    def add(self, block: Block, measured: dict[str, Any], incomplete: Optional[str]) -> None:
        """What was measured of a block, and why not of all of its frames."""
        n_frames = 0
        for name, values in measured.items():
            if isinstance(values, np.ndarray):
                n_frames = values.shape[1]
                whole = self._arrays.get(name)
                if whole is None:
                    shape = (len(self._head["groups"]), len(self._head["frames"]))
                    whole = self._arrays[name] = np.empty(shape, values.dtype)
                first = block.frames.start
                whole[block.windows.start : block.windows.stop, first : first + n_frames] = values
            else:
                self._words[name] = values
        self.note(block, n_frames, incomplete)

    def note(self, block: Block, n_frames: int, incomplete: Optional[str]) -> None:
        """How many of a block's frames were measured, wherever the numbers are."""
        self._ends[block] = (block.frames.start + n_frames, incomplete)

    def whole(self) -> tuple[int, Optional[str]]:
        """How many frames were measured of all windows, with none before them missing; and why not more."""
        n_frames = len(self._head["frames"])
        breaks = [(end, why) for end, why in self._ends.values() if why is not None]
        for block in self._blocks:
            if block not in self._ends:
                start = block.frames.start
                breaks.append((start, f"stopped after frame {start} of {n_frames}"))
        return min(breaks, default=(n_frames, None))

    def ends(self) -> list[tuple[Block, int]]:
        """The blocks that are in the result, and for each the frame behind its last there."""
        n_frames, _ = self.whole()
        kept = [block for block in sorted(self._ends, key=_by_frames) if block.frames.start < n_frames]
        return [(block, min(self._ends[block][0], n_frames)) for block in kept]

    def parts(self) -> dict[str, Any]:
        """The result up to the first frame that is missing, as the engine gives it."""
        n_frames, incomplete = self.whole()
        parts = {**self._head, **self._words, "incomplete": incomplete}
        for name in ("frames", "times_s"):
            parts[name] = parts[name][:n_frames]
        for name, values in self._arrays.items():
            parts[name] = np.ascontiguousarray(values[:, :n_frames])
        if "brightness_mode" in parts:
            mode, means = parts["brightness_mode"], parts["brightness_mean"]
            parts["brightness"] = _native.relative_brightness(mode, means)
        return parts


def write_about(folder: str, head: dict[str, Any], joining: Joining) -> None:
    """Says what the tables of a folder are of; without that the folder is not whole."""
    about = {name: head[name] for name in ("version", "recipe", "opened", "doubts", "incomplete")}
    about["inputs"] = [(name, _seen_from(folder, path), *rest) for name, path, *rest in head["inputs"]]
    about["parts"] = [
        {
            "file": block.file,
            "frames": [block.frames.start, stop],
            "windows": [block.windows.start, block.windows.stop],
        }
        for block, stop in joining.ends()
    ]
    path = os.path.join(folder, ABOUT)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(about, file, indent=1, default=os.fspath)
    os.replace(path + ".new", path)


def _seen_from(folder: str, path: Any) -> Optional[str]:
    """The way there from the folder, so that both can be moved together."""
    if path is None:
        return None
    there: str = os.path.realpath(path)
    folder = os.path.realpath(folder)
    try:
        shared = os.path.commonpath([there, folder])
    except ValueError:
        return there
    if os.path.dirname(shared) == shared:
        return there
    return os.path.relpath(there, folder).replace(os.sep, "/")


def load_folder(folder: str) -> dict[str, Any]:
    """The result whose blocks are tables in a folder."""
    about = _about(folder)
    tables = {}
    for part in about.pop("parts"):
        block = Block(range(*part["frames"]), range(*part["windows"]))
        tables[block] = _table(os.path.join(folder, part["file"]), block)
    inputs = [(name, path and Path(path), *rest) for name, path, *rest in about["inputs"]]
    head = {**_places(tables), **about, "opened": tuple(about["opened"]), "inputs": inputs}
    joining = Joining(head, list(tables))
    for block, table in tables.items():
        joining.add(block, {name: table[name] for name in table if name not in head}, None)
    return {**joining.parts(), "incomplete": about["incomplete"]}


def _about(folder: str) -> dict[str, Any]:
    try:
        with open(os.path.join(folder, ABOUT), encoding="utf-8") as file:
            return dict(json.load(file))
    except FileNotFoundError:
        raise MissingFileError(
            f"there is no {ABOUT}: a folder without it is no dataset of movemeter, or not a whole one ({folder})"
        ) from None
    except ValueError as error:
        raise FileError(f"{ABOUT} cannot be read: {error} ({folder})") from None


def _table(path: str, block: Block) -> dict[str, Any]:
    table = _native.load(path)
    found = (len(table["groups"]), len(table["frames"]))
    if found != (len(block.windows), len(block.frames)):
        raise FileError(
            f"a table of a dataset should have {len(block.windows)} windows in {len(block.frames)} frames, but has "
            f"{found[0]} in {found[1]} ({path})"
        )
    return table


def _places(tables: dict[Block, dict[str, Any]]) -> dict[str, Any]:
    """All frames and all windows."""
    of_frames = [tables[block] for block in sorted(tables, key=_by_frames) if block.windows.start == 0]
    of_windows = [tables[block] for block in sorted(tables, key=_by_windows) if block.frames.start == 0]
    return {
        "frames": np.concatenate([table["frames"] for table in of_frames]),
        "times_s": np.concatenate([table["times_s"] for table in of_frames]),
        "groups": [group for table in of_windows for group in table["groups"]],
        "windows": np.concatenate([table["windows"] for table in of_windows]),
        "rois": np.concatenate([table["rois"] for table in of_windows]),
        "pixel_size_um": of_frames[0]["pixel_size_um"],
    }


def _by_frames(block: Block) -> int:
    return block.frames.start


def _by_windows(block: Block) -> int:
    return block.windows.start

