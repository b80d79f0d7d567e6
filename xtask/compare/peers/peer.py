"""What all peers have in common: the task, and how the time is taken."""

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Window = tuple[int, int, int, int]
"""Left column, top row, width, height."""


@dataclass(frozen=True)
class Task:
    """What is to be measured."""

    path: str
    n_frames: int
    windows: list[Window]
    options: dict[str, Any]

    @staticmethod
    def read(request: dict[str, Any]) -> "Task":
        windows = [tuple(window) for window in request["windows"]]
        return Task(request["file"], request["n_frames"], windows, request.get("options", {}))

    @property
    def frames(self) -> NDArray[Any]:
        """Frames of shape (frame, row, column), contiguous, in memory; the first is the reference."""
        return load(self.path)[: self.n_frames]

    @property
    def reach(self) -> int:
        """Farthest a content may have moved, px."""
        return self.options["max_displacement_px"]


@lru_cache(maxsize=2)
def load(path: str) -> NDArray[Any]:
    """All frames of a file."""
    return np.ascontiguousarray(np.load(path))


class Peer(ABC):
    """A program that measures a task. Making it prepares what users prepare once, and is not timed."""

    def __init__(self, task: Task) -> None:
        self.task = task

    @abstractmethod
    def measure(self) -> None:
        """Measures all windows in all frames; this is what is timed."""

    @abstractmethod
    def found(self) -> Any:
        """What was measured: by default, for each frame after the first and each window, [dx, dy] in px."""


def as_lists(found: NDArray[Any]) -> list[Any]:
    """For JSON, which has no NaN; frames and windows in one row."""
    rows = found.reshape(-1, found.shape[-1])
    return [[None if np.isnan(value) else float(value) for value in row] for row in rows]


def timed(make: type[Peer], task: Task, at_least_s: float) -> tuple[Peer, float]:
    """Seconds of one measurement, after a short one to warm up; repeated while it is too short to time."""
    make(replace(task, n_frames=min(task.n_frames, 2))).measure()
    peer = make(task)
    n, start = 0, time.perf_counter()
    while (seconds := time.perf_counter() - start) < at_least_s or n == 0:
        peer.measure()
        n += 1
    return peer, seconds / n
