"""Peers that measure many small windows."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peers.peer import Peer, Task, as_lists


class Movemeter07(Peer):
    """movemeter 0.7: where each window's present content was in the first frame.

    `optimized`: each frame is read once, not once for each window; its `multiprocess` makes it slower
    here. It counts the way back, so that the sign is turned.
    """

    def measure(self) -> None:
        import movemeter

        meter = movemeter.Movemeter(upscale=self.task.options["upscale"], print_callback=_say_nothing)
        meter.set_data([[self.task.frames]], [self.task.windows])
        self.raw = meter.measure_movement(0, max_movement=self.task.reach, optimized=True)

    def found(self) -> list[Any]:
        window_axis_frame = np.array(self.raw)
        return as_lists(-window_axis_frame.transpose(2, 0, 1)[1:])


def _say_nothing(*_: object, **__: object) -> None:
    pass


class MatchTemplate(Peer):
    """OpenCV's matchTemplate for each window, then a parabola through the scores beside the best.

    With `float32` and its threads it is fastest; the parabolas of all windows are computed together.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.frames32 = task.frames.astype(np.float32)

    def measure(self) -> None:
        templates = [self.frames32[0][y : y + h, x : x + w] for x, y, w, h in self.task.windows]
        self.moved = [self._follow(templates, frame) for frame in self.frames32[1:]]

    def _follow(self, templates: list[NDArray[np.float32]], frame: NDArray[np.float32]) -> NDArray[np.float64]:
        import cv2

        reach, side = self.task.reach, 2 * self.task.reach + 1
        maps = np.empty((len(templates), side, side), np.float32)
        for scores, template, (x, y, w, h) in zip(maps, templates, self.task.windows, strict=True):
            search = frame[y - reach : y + h + reach, x - reach : x + w + reach]
            cv2.matchTemplate(search, template, cv2.TM_CCOEFF_NORMED, result=scores)
        return refined(maps) - reach

    def found(self) -> list[Any]:
        return as_lists(np.array(self.moved))


def refined(maps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Place (x, y) of each map's maximum, between the pixels by a parabola in each axis."""
    n, height, width = maps.shape
    row, column = np.divmod(maps.reshape(n, -1).argmax(axis=1), width)
    row, column = row.clip(1, height - 2), column.clip(1, width - 2)
    every = np.arange(n)
    peak = maps[every, row, column]

    def vertex(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
        return 0.5 * (before - after) / (before - 2 * peak + after)

    x = column + vertex(maps[every, row, column - 1], maps[every, row, column + 1])
    y = row + vertex(maps[every, row - 1, column], maps[every, row + 1, column])
    return np.stack([x, y], axis=1).astype(np.float64)


class LucasKanade(Peer):
    """OpenCV's pyramidal Lucas-Kanade, 31x31 px about each window's centre, one call a frame.

    With one level above the frame a tenth of the windows is lost, with two one in some thousand, with
    three none; more only cost time. After ten steps of its fit, or one below 0.01 px, the errors get
    no smaller.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        centres = [(x + (w - 1) / 2, y + (h - 1) / 2) for x, y, w, h in task.windows]
        self.points = np.array(centres, np.float32).reshape(-1, 1, 2)

    def measure(self) -> None:
        import cv2

        criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 10, 0.01)
        levels = self.task.options["levels"]
        first, *others = self.task.frames
        self.raw = [
            cv2.calcOpticalFlowPyrLK(first, frame, self.points, None, winSize=(31, 31), maxLevel=levels, criteria=criteria)
            for frame in others
        ]

    def found(self) -> list[Any]:
        moved = np.array([(points - self.points)[:, 0] for points, _, _ in self.raw], np.float64)
        is_lost = np.array([status[:, 0] == 0 for _, status, _ in self.raw])
        moved[is_lost] = np.nan
        return as_lists(moved)


class Pyvale(Peer):
    """pyvale's C++ correlation engine, subsets of 33x33 px that only move, 32 px apart.

    Its method `SINGLEWINDOW_RG` is the fastest here, and as exact as the default. It writes what it
    found to files, which counts; reading them does not.
    """

    SUBSET_PX = 33

    def measure(self) -> None:
        import pyvale.dic as dic

        self.folder = tempfile.TemporaryDirectory()
        first, *others = self.task.frames
        xs, ys = [x for x, *_ in self.task.windows], [y for _, y, *_ in self.task.windows]
        step = sorted(set(xs))[1] - min(xs)
        mask = np.zeros(first.shape, bool)
        mask[min(ys) : max(ys) + step, min(xs) : max(xs) + step] = True
        dic.calculate_2d(
            first,
            np.array(others),
            mask,
            seed=[first.shape[1] // 2, first.shape[0] // 2],
            subset_size=self.SUBSET_PX,
            subset_step=step,
            shape_function="RIGID",
            method="SINGLEWINDOW_RG",
            max_displacement=self.task.reach,
            num_threads=2,
            output_basepath=self.folder.name,
            output_binary=True,
            print_level=0,
        )

    def found(self) -> list[Any]:
        import pyvale.dic as dic

        pattern = Path(self.folder.name) / "dic_results_*"
        results = dic.import_2d(str(pattern), delimiter=",", binary=True, layout="column", print_level=0)
        return as_lists(np.stack([results.u_px, results.v_px], axis=-1))


class PhaseCorrelation(Peer):
    """scikit-image's phase_cross_correlation in hundredths of a pixel.

    It has no search: both crops are the window with the reach added on all sides, without which a
    third of the windows goes astray. Dividing by the magnitudes (`normalization="phase"`) loses most.
    """

    def measure(self) -> None:
        first, *others = self.task.frames
        self.moved = [[self._shift(first, frame, *window) for window in self.task.windows] for frame in others]

    def _shift(
        self, first: NDArray[Any], frame: NDArray[Any], x: int, y: int, w: int, h: int
    ) -> tuple[float, float]:
        from skimage.registration import phase_cross_correlation

        reach = self.task.reach
        part = np.s_[y - reach : y + h + reach, x - reach : x + w + reach]
        back, _, _ = phase_cross_correlation(first[part], frame[part], upsample_factor=100, normalization=None)
        return -back[1], -back[0]

    def found(self) -> list[Any]:
        return as_lists(np.array(self.moved, np.float64))


class OpenPiv(Peer):
    """openpiv's extended_search_area_piv: windows of 32 px in areas of 64 px, 32 px apart.

    The areas fill the frame, so that their windows are those of the task. Without `sig2noise_method`
    it is a tenth faster.
    """

    def measure(self) -> None:
        from openpiv.pyprocess import extended_search_area_piv

        first, *others = self.task.frames
        self.raw = [
            extended_search_area_piv(
                first,
                frame,
                window_size=32,
                overlap=32,
                search_area_size=64,
                normalized_correlation=True,
                sig2noise_method=None,
            )
            for frame in others
        ]

    def found(self) -> list[Any]:
        return as_lists(np.array([np.stack([u, v], axis=-1) for u, v, *_ in self.raw]))


GRID_PEERS: dict[str, type[Peer]] = {
    "movemeter-0.7": Movemeter07,
    "match-template": MatchTemplate,
    "lucas-kanade": LucasKanade,
    "pyvale": Pyvale,
    "phase-correlation": PhaseCorrelation,
    "openpiv": OpenPiv,
}
