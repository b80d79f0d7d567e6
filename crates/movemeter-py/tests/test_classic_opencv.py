"""The class of 0.7 against OpenCV itself, step by step as 0.7 did it."""

from __future__ import annotations

import numpy as np
import pytest

import movemeter as mm
from classic_truth import fly, quiet

cv2 = pytest.importorskip("cv2")

# Some windows are near the border on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:.*closer than.*:movemeter.MeasuringWarning")


def head(n_frames, rows, columns):
    """A part of the first frames of the fly's head."""
    return np.stack([cv2.imread(file, cv2.IMREAD_UNCHANGED)[rows, columns] for file in fly()[:n_frames]])


def search(roi, m, shape):
    """Rows and columns of the reference in which a window is looked for."""
    x, y, w, h = roi
    if not m:
        return slice(0, shape[0]), slice(0, shape[1])
    return slice(max(0, y - m), min(shape[0], y + h + m)), slice(max(0, x - m), min(shape[1], x + w + m))


def enlarged(picture, upscale):
    if upscale == 1:
        return picture
    height, width = picture.shape
    return cv2.resize(picture, (int(width * upscale), int(height * upscale)), interpolation=cv2.INTER_LINEAR)


def location(image, reference, roi, m, upscale):
    """Where in the reference the window's present content lies."""
    rows, columns = search(roi, m, reference.shape)
    x, y, w, h = roi
    window = enlarged(image[y : y + h, x : x + w], upscale)
    scores = cv2.matchTemplate(enlarged(reference[rows, columns], upscale), window, cv2.TM_CCOEFF_NORMED)
    _, _, _, (column, row) = cv2.minMaxLoc(scores)
    return columns.start + column / upscale, rows.start + row / upscale


def locations(frames, rois, m, upscale, reference=None):
    """[[xs, ys] per ROI] as OpenCV has them."""
    frames = [frame.astype(np.float32) for frame in frames]
    reference = frames[0] if reference is None else reference
    found = [[location(frame, reference, roi, m, upscale) for frame in frames] for roi in rois]
    return np.array(found).transpose(0, 2, 1)


def exact_score(image, reference, roi, m, upscale, place):
    """The correlation at a place, in double precision: OpenCV rounds by 1e-3 where texture is faint."""
    rows, columns = search(roi, m, reference.shape)
    x, y, w, h = roi
    window = enlarged(image[y : y + h, x : x + w], upscale).astype(float)
    column, row = (round(upscale * (at - start)) for at, start in zip(place, (columns.start, rows.start)))
    region = enlarged(reference[rows, columns], upscale).astype(float)
    there = region[row:, column:][: window.shape[0], : window.shape[1]]
    window, there = window - window.mean(), there - there.mean()
    return (window * there).sum() / np.sqrt((window**2).sum() * (there**2).sum())


def check_places(frames, rois, m, upscale):
    """All places are OpenCV's, or match better than its own: then its rounded scores chose a neighbour.

    The first frame is the reference. Its windows are where they are; with an ``upscale`` that cuts pixels,
    OpenCV finds even them up to half a step away. What is recognised beyond the frame's border is NaN.
    """
    found, expected = ours(frames, rois, m, upscale), locations(frames, rois, m, upscale)
    assert np.array_equal(found[..., 0], np.array(rois)[:, :2])
    assert np.isnan(found).mean() < 0.1
    frames = frames.astype(np.float32)
    for roi, places, theirs in zip(rois, found, expected):
        for image, place, other in list(zip(frames, places.T, theirs.T))[1:]:
            if np.isnan(place).any():
                rows, columns = search(roi, m, image.shape)
                assert 0 in (rows.start, columns.start) or image.shape == (rows.stop, columns.stop)
            elif not np.allclose(place, other, rtol=0, atol=1e-9):
                ours_scores = exact_score(image, frames[0], roi, m, upscale, place)
                theirs_scores = exact_score(image, frames[0], roi, m, upscale, other)
                assert theirs_scores < ours_scores < theirs_scores + 1e-3, (roi, place, other)


def ours(frames, rois, m, upscale, **settings):
    meter = quiet(upscale=upscale, absolute_results=True, max_movement=m, **settings)
    meter.set_data([frames], [rois])
    return np.array(meter.measure_movement(0))


@pytest.mark.parametrize("upscale", [1, 2, 3, 5, 10, 2.5, 0.5])
@pytest.mark.parametrize("m", [4, 9, 30])
def test_locations_are_those_of_opencv(m, upscale):
    frames = head(4, slice(400, 700), slice(100, 420))
    # With room on all sides, and without: in two corners, and at the left.
    rois = [(100, 100, 64, 48), (40, 90, 33, 57), (0, 0, 40, 40), (280, 260, 40, 40), (2, 120, 50, 31)]
    check_places(frames, rois, m, upscale)


@pytest.mark.parametrize("upscale", [1, 2, 1.5])
def test_the_whole_frame_is_searched_as_opencv_does(upscale):
    frames = head(3, slice(450, 650), slice(100, 320))
    rois = [(80, 60, 64, 48), (0, 0, 30, 40), (190, 170, 30, 30)]
    check_places(frames, rois, None, upscale)


@pytest.mark.parametrize("upscale", [1, 2])
def test_even_noise_gives_the_places_of_opencv(upscale):
    frames = np.random.default_rng(3).integers(0, 255, (3, 80, 80)).astype(np.uint8)
    rois = mm.gen_grid((0, 0, 80, 80), (16, 16), 0.8)[:20]
    rois = [roi for roi in rois if roi[0] <= 64 and roi[1] <= 64]
    np.testing.assert_allclose(ours(frames, rois, 9, upscale), locations(frames, rois, 9, upscale), atol=1e-9)


def test_the_mean_and_the_static_background_are_those_of_opencv():
    frames = head(6, slice(450, 650), slice(100, 320)).astype(np.float32)
    rois = [(60, 60, 64, 48), (80, 90, 50, 50)]
    mean = frames.astype(np.float64).mean(axis=0).astype(np.float32)
    found = ours(frames, rois, 30, 2, template_method="mean")
    np.testing.assert_allclose(found, locations(frames, rois, 30, 2, mean), atol=1e-9)
    moving = frames - frames.min(axis=0)
    found = ours(frames, rois, 30, 2, subtract_previous=True)
    np.testing.assert_allclose(found, locations(moving, rois, 30, 2), atol=1e-9)


def test_previous_sums_what_opencv_finds_from_frame_to_frame():
    frames = head(6, slice(450, 650), slice(100, 320)).astype(np.float32)
    roi = (60, 60, 64, 48)
    steps = [location(now, before, roi, 12, 4) for before, now in zip(frames, frames[1:])]
    expected = np.cumsum(np.vstack([roi[:2], np.array(steps) - roi[:2]]), axis=0).T
    np.testing.assert_allclose(ours(frames, [roi], 12, 4, template_method="previous")[0], expected, atol=1e-9)
