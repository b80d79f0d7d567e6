"""Recordings that are measured by the tasks of a cluster: checked here, and cut into blocks."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from . import __version__, _native
from ._arrays import frame
from ._joining import Block, Joining, write_about
from ._measure import _frame_size, _settings
from ._rois import RoisLike, as_rois
from ._stack import StackLike, open
from ._tracks import Tracks, _needed
from .errors import FileError, MeasuringWarning, SettingError

#: Samples (a window in a frame) of a task, if nobody says otherwise: some 300 MB while they are measured and written.
MOST_SAMPLES = 1 << 22


class Recording:
    """A recording that is measured, checked."""

    def __init__(self, stack: StackLike, rois: RoisLike, given: dict[str, Any], place: str) -> None:
        self.stack = open(stack)
        self.name = f"stack{place} {self.stack.name!r}"
        settings = _settings(self.stack, given["exclude"], given)
        windows = as_rois(rois, _frame_size(self.stack))
        checked = _native.check_blocks(self.stack._source, windows, settings, bool(given["keep_going"]))
        for warning in checked["warnings"]:
            warnings.warn(warning, MeasuringWarning, stacklevel=5)
        self.head: dict[str, Any] = checked["parts"]
        self.shared = {**checked["shared"], "version": __version__, "whole": self.head["recipe"]}
        self.first_read: list[int] = checked["ahead"]
        self.whole_because = _in_one_task_because(checked, given["output"])
        if given["frames_per_task"] is not None and self.whole_because:
            raise SettingError(
                f"frames_per_task must be None here, but is {given['frames_per_task']}: {self.whole_because}; "
                "windows_per_task can be chosen"
            )
        excluded = np.isin(self.head["frames"], settings["exclude"])
        self.is_measured = ~excluded
        self.folder: Optional[str] = None
        self.blocks: list[Block] = []

    def cut(self, given: dict[str, Any], n_tasks: int) -> None:
        """Makes blocks, about so many if nothing is said of their size."""
        n_windows, n_frames = len(self.head["groups"]), len(self.head["frames"])
        of_frames, of_windows = given["frames_per_task"], given["windows_per_task"]
        if self.whole_because:
            of_frames = n_frames
        if of_frames is None:
            n_parts = 1 if of_windows is None else -(-n_windows // of_windows)
            of_frames = self._whole_chunks(_length(n_frames, n_tasks // n_parts))
        if of_windows is None:
            n_parts = -(-n_frames // of_frames)
            of_windows = max(1, min(_length(n_windows, n_tasks // n_parts), MOST_SAMPLES // of_frames))
        windows = [range(n_windows)[first : first + of_windows] for first in range(0, n_windows, of_windows)]
        self.blocks = [Block(frames, part) for frames in self._frames(of_frames) for part in windows]
        self.joining = Joining(self.head, self.blocks)

    def _whole_chunks(self, n_frames: int) -> int:
        """At least so many frames, so that no chunk of an array of Dask is needed by two blocks."""
        if not self.is_of_dask or self.stack.frames.step != 1:
            return n_frames
        chunk = int(self.stack._made_of[0].chunks[0][0])
        return -(-n_frames // chunk) * chunk

    def _frames(self, length: int) -> list[range]:
        """Blocks of frames, in each of which is one at least that is not left out."""
        blocks: list[range] = []
        start = 0
        for first in range(0, len(self.is_measured), length):
            stop = min(first + length, len(self.is_measured))
            if self.is_measured[start:stop].any():
                blocks.append(range(start, stop))
                start = stop
        return [*blocks[:-1], range(blocks[-1].start, len(self.is_measured))]

    @property
    def is_of_dask(self) -> bool:
        """Whether it is an array that Dask makes."""
        made_of = self.stack._made_of
        return len(made_of) == 1 and bool(_needed("dask", "dask").is_dask_collection(made_of[0]))

    @property
    def is_of_files(self) -> bool:
        """Whether workers can open it."""
        made_of = self.stack._made_of
        return len(made_of) > 1 and not callable(made_of[0])

    def pixels(self, numbers: list[int]) -> np.ndarray[Any, Any]:
        """Some frames, as they are measured."""
        made_of = self.stack._made_of
        if len(made_of) > 1:
            return np.stack([self.stack._source.read(number) for number in numbers])
        return np.stack([self._frame(made_of[0], number) for number in numbers])

    def _frame(self, array: Any, number: int) -> np.ndarray[Any, Any]:
        try:
            return frame(array[number])
        except Exception as error:
            raise FileError(f"{self.name}: cannot read frame {number}: {error}") from error

    def place(self, block: Block) -> dict[str, Any]:
        """What a task must know of its block."""
        frames, windows = (slice(of.start, of.stop) for of in block)
        head: dict[str, Any] = {"n_before": block.frames.start}
        for name in ("groups", "rois"):
            head[name] = self.head[name][windows]
        if self.folder is None:
            return head
        head = {**self.head, **head, "windows": self.head["windows"][windows]}
        for name in ("frames", "times_s"):
            head[name] = self.head[name][frames]
        head["inputs"] = [(name, path and os.path.abspath(path), *rest) for name, path, *rest in head["inputs"]]
        head["incomplete"] = None if len(self.blocks) == 1 else f"a part of a measurement: {block}"
        del head["recipe"]
        return head

    def where(self, block: Optional[Block]) -> str:
        """Which task, for messages."""
        if block is None:
            return self.name
        numbers = [int(self.head["frames"][place]) for place in (block.frames.start, block.frames.stop - 1)]
        named = Block(range(numbers[0], numbers[1] + 1), block.windows)
        return f"{self.name}, {named}"

    def take(self, block: Optional[Block], given: Any) -> None:
        """What a task gave: what it measured of a block, or the hashes of the inputs."""
        if block is None:
            known = self.head["inputs"]
            hashed = [(name, path, sha256, n) for (name, path, _, n), (_, _, sha256, _) in zip(known, given)]
            self.head["inputs"] = [*hashed, *known[len(hashed) :]]
        elif self.folder is None:
            self.joining.add(block, given["measured"], given["incomplete"])
        else:
            self.joining.note(block, given["n_frames"], given["incomplete"])

    def tracks(self) -> Tracks:
        """What was measured, up to the first frame that is missing."""
        return Tracks(self.joining.parts())

    def result(self) -> Union[Tracks, Path]:
        """The tracks, or the folder in which they are."""
        if self.folder is None:
            return self.tracks()
        kept = {block for block, _ in self.joining.ends()}
        for block in self.blocks:
            path = os.path.join(self.folder, block.file)
            if block not in kept and os.path.exists(path):
                os.remove(path)
        write_about(self.folder, {**self.head, "incomplete": self.joining.whole()[1]}, self.joining)
        return Path(self.folder)


def _length(n: int, n_parts: int) -> int:
    """Of each part, if so many are wanted."""
    return -(-n // max(1, n_parts))


def check_recordings(stacks: Any, rois: RoisLike, given: dict[str, Any]) -> list[Recording]:
    if not stacks:
        raise SettingError("stacks must have at least one recording, but is an empty list")
    if all(isinstance(stack, np.ndarray) and stack.ndim == 2 for stack in stacks):
        raise SettingError(
            "stacks must be recordings, but is a list of images; mm.open(images) makes one recording of them"
        )
    several = len(stacks) > 1
    return [Recording(stack, rois, given, f" {n}" if several else "") for n, stack in enumerate(stacks)]


def _in_one_task_because(checked: dict[str, Any], output: Any) -> str:
    """Why a recording's frames are measured in one task, if they must be."""
    if checked["chained"]:
        return str(checked["chained"])
    if output is not None and checked["is_relative"]:
        return "brightness in relation to all frames cannot be written of some"
    return ""
