"""The modules beside the class of movemeter 0.7."""

from __future__ import annotations

import inspect
import math
import os
import sys

import numpy as np
import pytest

import movemeter as mm
from movemeter import directories, heatmap, roi, stacks, tkgui

# ROIs: the formulas of 0.7, written out.


def grid(rect, block, step=1):
    (gx, gy, gw, gh), (bw, bh) = rect, block
    columns, rows = int(gw / (bw * step)), int(gh / (bh * step))
    return [
        (int(gx + i * bw * step), int(gy + j * bh * step), bw, bh)
        for j in range(rows)
        for i in range(columns)
    ]


def middles(blocks):
    return [(x + w / 2, y + h / 2) for x, y, w, h in blocks]


RECTS = [((3, 5, 200, 150), (16, 12), 1), ((0, 0, 97, 61), (7, 9), 0.5), ((10, 20, 64, 64), (32, 32), 1.5)]


@pytest.mark.parametrize("rect, block, step", RECTS)
def test_a_grid_is_that_of_0_7(rect, block, step):
    found = mm.gen_grid(rect, block, step=step)
    assert found == grid(rect, block, step) and roi.gen_grid is mm.gen_grid
    assert type(found) is list and {type(window) for window in found} == {tuple}
    assert {type(side) for window in found for side in window} == {int}


def in_ellipse(rect, block, step, lower):
    x, y, w, h = rect
    rx, ry, cx, cy = w / 2, h / 2, x + w / 2, y + h / 2
    blocks = grid(rect, block, step)
    far = [(bx - cx) ** 2 + ((by - cy) * rx / ry) ** 2 for bx, by in middles(blocks)]
    return [found for found, square in zip(blocks, far) if lower**2 <= square <= rx**2]


@pytest.mark.parametrize("rect, block, step", RECTS)
def test_an_ellipse_is_that_of_0_7(rect, block, step):
    rx = rect[2] / 2
    assert roi.grid_along_ellipse(rect, block, step) == in_ellipse(rect, block, step, rx - 1.1 * block[0])
    assert roi.grid_along_ellipse(rect, block, step, lw=5) == in_ellipse(rect, block, step, rx - 5)
    assert roi.grid_along_ellipse(rect, block, step, fill=True) == in_ellipse(rect, block, step, 0)


def test_a_line_has_the_blocks_nearer_than_d():
    found = roi.grid_along_line((20, 20), (120, 20), 10, (8, 8), 1)
    assert found and all(20 <= x <= 120 and abs(y - 20) < 10 for x, y in middles(found))
    assert roi.grid_along_line((20, 20), (50, 20), 8, (8, 8), 1) == [(x, 16, 8, 8) for x in (21, 29, 37, 45)]


def test_an_arc_and_its_radial_lines_share_its_blocks():
    about = ((0, 0, 200, 200), (8, 8), 0.5)
    points = [(100 + 70 * math.cos(angle), 100 + 70 * math.sin(angle)) for angle in (0.1, 1, 2.5, 4)]
    arc = roi.grid_arc_from_points(*about, points=points, lw=20)
    assert arc == [
        block
        for block, (x, y) in zip(grid(*about), middles(grid(*about)))
        if 50 <= math.hypot(x - 100, y - 100) <= 70
    ]
    assert arc == roi.grid_arc_from_points(*about, circle=((100, 100), 70), lw=20)
    segments = [
        roi.grid_radial_line_from_points(*about, points=points, line_len=20, i_segment=i, n_segments=5)
        for i in range(5)
    ]
    assert sorted(sum(segments, [])) == sorted(arc) and all(segments)
    for x, y in middles(segments[1]):
        assert 2 * math.pi / 5 < math.atan2(y - 100, x - 100) + math.pi <= 4 * math.pi / 5


@pytest.mark.parametrize(
    "function, names",
    [
        (roi.gen_grid, ["rect", "block", "step"]),
        (roi.grid_along_ellipse, ["rect", "block", "step", "lw", "fill"]),
        (roi.grid_along_line, ["p0", "p1", "d", "block", "step"]),
        (roi.grid_arc_from_points, ["rect", "block", "step", "points", "circle", "lw"]),
        (
            roi.grid_radial_line_from_points,
            ["rect", "block", "step", "points", "circle", "line_len", "i_segment", "n_segments"],
        ),
        (heatmap.speed_heatmaps, ["image_shape", "rois", "movements"]),
        (heatmap.displacement_heatmaps, ["image_shape", "rois", "movements"]),
        (heatmap.displacement_direction_heatmaps, ["image_shape", "rois", "movements"]),
        (stacks.stackread, ["fn"]),
        (stacks.stackwrite, ["fn"]),
    ],
)
def test_arguments_have_their_names(function, names):
    assert list(inspect.signature(function).parameters) == names


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: roi.gen_grid((0, 0, 9, 9), (0, 3)), "block must be at least 1 px"),
        (lambda: roi.gen_grid((0, 0, 9), (3, 3)), r"rect must be numbers \(x, y, w, h\)"),
        (lambda: roi.gen_grid((0, 0, 9, 9), (3, 3), 0), "step"),
        (lambda: roi.gen_grid((0, 0, 9, 9), (3, 3), "wide"), "step must be a number, but is 'wide'"),
        (lambda: roi.gen_grid((0, 0, 10**9, 10**9), (1, 1)), "window"),
        (lambda: roi.grid_along_line((0, 0), (0, 0), 5, (3, 3)), "different points"),
        (lambda: roi.grid_along_line((0, 0), 7, 5, (3, 3)), r"p1 must be a point \(x, y\), but is 7"),
        (lambda: roi.grid_arc_from_points((0, 0, 9, 9), (3, 3)), "give either points"),
        (
            lambda: roi.grid_arc_from_points((0, 0, 9, 9), (3, 3), points=[(0, 0), (1, 1), (2, 2)]),
            "straight line",
        ),
        (lambda: roi.grid_arc_from_points((0, 0, 9, 9), (3, 3), circle=3), "circle must be"),
        (
            lambda: roi.grid_radial_line_from_points(
                (0, 0, 9, 9), (3, 3), 1, circle=((0, 0), 3), i_segment=2
            ),
            "i_segment",
        ),
    ],
)
def test_windows_that_cannot_be_are_errors_of_value(make, words):
    with pytest.raises(ValueError, match=words):
        make()


# Stacks.


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_what_is_written_image_by_image_is_read_again(tmp_path, dtype):
    images = np.random.default_rng(1).integers(0, 250, (5, 12, 17)).astype(dtype)
    path = str(tmp_path / "a.tif")
    with stacks.stackwrite(path) as stack:
        for image in images:
            # Also images that do not lie in one piece.
            stack.write(np.asfortranarray(image))
        assert not os.path.exists(path)
    found = stacks.stackread(path)
    assert len(found) == 5 and found[3].dtype == dtype and found[3].ndim == 2
    assert np.array_equal(list(found), images) and np.array_equal(found[-1], images[-1])
    assert os.listdir(tmp_path) == ["a.tif"]


def test_after_an_error_nothing_is_written(tmp_path):
    with pytest.raises(KeyError):
        with stacks.stackwrite(tmp_path / "a.tif") as stack:
            stack.write(np.zeros((4, 4), np.uint8))
            raise KeyError
    assert os.listdir(tmp_path) == []


def test_a_file_can_be_written_from_itself(tmp_path):
    path = tmp_path / "a.tif"
    mm.open(np.arange(24, dtype=np.uint16).reshape(2, 3, 4)).save(path)
    with stacks.stackwrite(path) as stack:
        for image in stacks.stackread(path):
            stack.write(image + 1)
    assert stacks.stackread(path)[1, 2, 3] == 24


def test_what_cannot_be_written_is_said(tmp_path):
    with pytest.raises(ValueError, match=r"fn must end in .tif or .tiff, but is .*a.mp4"):
        stacks.stackwrite(tmp_path / "a.mp4")
    with pytest.raises(FileNotFoundError):
        stacks.stackwrite(tmp_path / "no" / "a.tif")
    with pytest.raises(ValueError, match="no image was written"):
        with stacks.stackwrite(tmp_path / "a.tif"):
            pass
    for wrong, words in ((np.zeros((4, 4, 3)), "shape"), (np.zeros((4, 5), np.uint8), "like the first")):
        with pytest.raises(ValueError, match=words):
            with stacks.stackwrite(tmp_path / "a.tif") as stack:
                stack.write(np.zeros((4, 4), np.uint8))
                stack.write(wrong)
    assert os.listdir(tmp_path) == []


def test_a_missing_recording_is_an_error_of_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        stacks.stackread(tmp_path / "no.tif")


# Heatmaps.

ROIS = [(1, 0, 2, 1), (0, 2, 1, 2)]
MOVEMENTS = [[[0, 3, 3], [0, 4, 0]], [[0, -1, 0], [0, 0, -1]]]


def test_displacement_fills_the_rectangles():
    maps = heatmap.displacement_heatmaps((4, 5), ROIS, MOVEMENTS)
    assert type(maps) is list and len(maps) == 3 and maps[1].shape == (4, 5)
    expected = np.zeros((4, 5))
    expected[0, 1:3], expected[2:4, 0] = 5, 1
    assert np.array_equal(maps[1], expected) and not maps[0].any()


def test_speed_is_the_change_of_the_displacement_and_starts_at_frame_1():
    maps = heatmap.speed_heatmaps((4, 5), ROIS, MOVEMENTS)
    assert [(picture[0, 1], picture[3, 0]) for picture in maps] == [(5, 1), (2, 0)]


def test_direction_is_in_turns():
    maps = heatmap.displacement_direction_heatmaps((4, 5), ROIS, MOVEMENTS)
    assert math.isclose(maps[1][0, 1], math.atan2(4, 3) / math.tau)
    assert maps[1][3, 0] == 0.5 and maps[2][3, 0] == 0.75
    tiny = heatmap.displacement_direction_heatmaps((4, 5), ROIS[:1], [[[1], [-1e-300]]])
    assert 0 <= tiny[0][0, 1] < 1


def test_what_was_not_measured_is_nan_and_borders_cut():
    (picture,) = heatmap.displacement_heatmaps((4, 5), [(-1, -1, 3, 2)], [[[math.nan], [0]]])
    assert np.isnan(picture[0, :2]).all() and np.isnan(picture).sum() == 2
    assert heatmap.displacement_heatmaps((4, 5), [], []) == []


def test_movements_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="there are 1 for 2 ROIs"):
        heatmap.speed_heatmaps((4, 5), ROIS, MOVEMENTS[:1])
    with pytest.raises(ValueError, match="per ROI"):
        heatmap.speed_heatmaps((4, 5), ROIS, [[[1, 2], [1]], [[1, 2], [1, 2]]])


# The rest.


def test_the_folder_of_0_7_is_named_and_not_made():
    name = "Movemeter" if os.name == "nt" else ".movemeter"
    assert directories.MOVEDIR == os.path.join(os.path.expanduser("~"), name)


@pytest.mark.skipif(os.name == "nt", reason="a script of the shell stands for the program")
def test_the_program_with_windows_is_started_with_the_arguments(tmp_path, monkeypatch):
    program = tmp_path / "movemeter-gui"
    program.write_text(f"#!/bin/sh\necho \"$@\" > '{tmp_path}/said'\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(sys, "argv", ["python", "a b.tif", "c"])
    assert tkgui.main() == 3
    assert (tmp_path / "said").read_text() == "a b.tif c\n"


def test_without_the_program_it_is_said_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(
        FileNotFoundError, match="movemeter-gui is not here.*install it so that the path leads to it"
    ):
        tkgui.main()


def test_the_names_of_0_7_are_there():
    from movemeter import Movemeter, gen_grid  # noqa: F401
    from movemeter.heatmap import displacement_direction_heatmaps  # noqa: F401
    from movemeter.stacks import stackread, stackwrite  # noqa: F401

    assert mm.__version__ and mm.roi.gen_grid is gen_grid
