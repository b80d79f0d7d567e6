"""Peers of the other comparisons: one window in the whole frame, rotation, brightness."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peers.peer import Peer, Task, as_lists


class WholeFrame(Peer):
    """OpenCV's matchTemplate of one window's present content over the whole first frame."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.frames32 = task.frames.astype(np.float32)

    def measure(self) -> None:
        self.places = [self._place(frame) for frame in self.frames32[1:]]

    def _place(self, frame: NDArray[np.float32]) -> tuple[int, int]:
        import cv2

        ((x, y, w, h),) = self.task.windows
        scores = cv2.matchTemplate(self.frames32[0], frame[y : y + h, x : x + w], cv2.TM_CCOEFF_NORMED)
        _, _, _, place = cv2.minMaxLoc(scores)
        return place

    def found(self) -> list[Any]:
        ((x, y, _, _),) = self.task.windows
        return as_lists(np.array([x, y]) - np.array(self.places, np.float64))


class Rotation07(Peer):
    """movemeter 0.7's measure_rotation, degrees; the sign is turned."""

    def measure(self) -> None:
        import movemeter

        meter = movemeter.Movemeter(print_callback=lambda *_, **__: None)
        meter.set_data([[self.task.frames]], [self.task.windows])
        self.raw = meter.measure_rotation(0)

    def found(self) -> list[Any]:
        return as_lists(-np.array(self.raw, np.float64).T[1:])


class PageMeans(Peer):
    """tifffile and NumPy: every page is read, and its one mean is taken."""

    def measure(self) -> None:
        import tifffile

        with tifffile.TiffFile(self.task.path) as stack:
            self.means = [page.asarray().mean() for page in stack.pages]

    def found(self) -> list[Any]:
        return as_lists(np.array(self.means)[:, None])


OTHER_PEERS: dict[str, type[Peer]] = {
    "whole-frame": WholeFrame,
    "rotation-0.7": Rotation07,
    "page-means": PageMeans,
}
