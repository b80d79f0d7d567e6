"""What movemeter 0.7 got wrong, row by row: here each works."""

from __future__ import annotations

import numpy as np
import pytest

import movemeter as mm
from classic_truth import SIZE, fly, movement, moving, pattern, quiet

ROI = (40, 36, 32, 24)


def test_following_windows_do_not_run_away():
    xs, ys = movement(moving((0, 0), (2, 0), (1, 0)), ROI, 10, tracking_rois=True)
    assert xs == [0, -2, -1] and ys == [0, 0, 0]


def test_following_windows_go_where_fixed_ones_lose_the_content():
    steps = [(0, 0), (6, 0), (12, 0), (18, 0), (24, 0)]
    frames = np.full((len(steps), *SIZE), 128, np.uint8)
    for frame, (dx, _) in zip(frames, steps):
        frame[36:60, 40 + dx : 72 + dx] = pattern()[36:60, 40:72]
    assert movement(frames, ROI, 30, tracking_rois=True)[0] == [0, -6, -12, -18, -24]


@pytest.mark.parametrize("optimized", [False, True])
def test_the_frame_before_can_be_the_template(optimized):
    meter = quiet(template_method="previous", max_movement=4)
    # Farther in all than max_movement, which counts from frame to frame.
    meter.set_data([moving((0, 0), (3, 1), (6, 2), (9, 3))], [[ROI]])
    assert meter.measure_movement(0, optimized=optimized) == [[[0, -3, -6, -9], [0, -1, -2, -3]]]


@pytest.mark.parametrize("optimized", [False, True])
def test_the_mean_is_the_template_also_when_optimized(optimized):
    # The first frame is another pattern. In the mean of all, the many others are seen.
    other = pattern(seed=9)
    frames = np.stack([other, *[pattern(3, 0)] * 9, pattern(5, 0)])
    meter = quiet(template_method="mean", max_movement=8, absolute_results=True)
    meter.set_data([frames], [[ROI]])
    xs, ys = meter.measure_movement(0, optimized=optimized)[0]
    assert xs[1:] == [40] * 9 + [38] and ys[1:] == [36] * 10


def test_blurring_has_an_effect():
    noise = np.random.default_rng(2).normal(0, 40, (2, *SIZE))
    frames = moving((0, 0), (1, 0)) + noise
    meter = quiet(max_movement=5)
    meter.set_data([frames], [[ROI]])
    meter.measure_movement(0)
    sharp = meter.tracks.score[0, 1]
    meter.preblur = 1.5
    assert meter.measure_movement(0) == [[[0, -1], [0, 0]]]
    assert sharp + 0.1 < meter.tracks.score[0, 1]


@pytest.mark.parametrize("workers", [0, False, 1, 2, 3, True])
def test_any_number_of_workers_gives_the_same(workers):
    frames, rois = moving((0, 0), (2, 1), (4, -3)), [ROI, (20, 20, 24, 24), (60, 40, 30, 20)]
    meter = quiet(upscale=4, max_movement=6, multiprocess=workers)
    meter.set_data([frames], [rois])
    results = meter.measure_movement(0)
    assert len(results) == 3
    np.testing.assert_array_equal(results, 3 * [[[0, -2, -4], [0, -1, 3]]])


def test_turning_can_be_measured_optimized():
    meter = quiet(max_rotation=20)
    meter.set_data([np.stack([pattern(), pattern(turned_deg=5)])], [[(36, 24, 48, 48)]])
    assert abs(meter.measure_rotation(0, optimized=True)[0][1] + 5) < 0.05


@pytest.mark.parametrize("reader", ["stackread", "OpenCV", "tifffile", "opencv"])
def test_files_are_read_whatever_the_reader_is_called(reader):
    assert movement(fly()[:2], (130, 500, 133, 114), 30, imload_backend=reader) == [[0, 0], [0, 3]]


@pytest.mark.parametrize(
    "roi",
    [
        (-1, 10, 8, 8),
        (10, -5, 8, 8),
        (SIZE[1] - 7, 10, 8, 8),
        (10, SIZE[0] - 7, 8, 8),
        (500, 10, 8, 8),
        (10, 10, 0, 8),
        (10, 10, 8, 0),
        (10, 10, -3, 8),
        (10, 10, 0.9, 8),
    ],
)
def test_a_roi_that_is_empty_or_leaves_the_frame_is_named(roi):
    meter = quiet()
    meter.set_data([moving((0, 0))], [[ROI, roi]])
    named = str(tuple(int(side) for side in roi))
    for measure in (meter.measure_movement, meter.measure_rotation, meter.measure_brightness):
        with pytest.raises(ValueError) as refused:
            measure(0)
        assert "ROI 1 of stack 0" in str(refused.value) and named in str(refused.value)


@pytest.mark.filterwarnings("ignore:.*closer than.*:movemeter.MeasuringWarning")
def test_the_search_is_limited_near_the_border_too():
    # The same content 30 px away, as good as at home, must not be found.
    frames = moving((0, 0), (0, 0))
    frames[1][4:28, 5:37] = frames[0][4:28, 45:77]
    meter = quiet(max_movement=20, absolute_results=True)
    meter.set_data([frames], [[(5, 4, 32, 24)]])
    xs, ys = meter.measure_movement(0)[0]
    assert xs[1] <= 25 and ys[1] <= 24
    meter.max_movement = 60
    assert meter.measure_movement(0)[0] == [[5, 45], [4, 4]]


def test_the_native_backend_has_no_bias_of_half_a_step():
    moved = np.linspace(0, 1, 11)
    frames = moving(*[(dx, 0) for dx in moved])
    error = -np.array(movement(frames, ROI, 4, cc_backend="native")[0]) - moved
    # 0.7 has 0.029 px at upscale=10.
    assert np.sqrt((error**2).mean()) < 0.01


def test_a_window_of_pure_noise_gives_no_numbers():
    frames = np.random.default_rng(4).integers(0, 255, (4, *SIZE)).astype(np.uint8)
    xs, ys = movement(frames, ROI, 10, cc_backend="native")
    assert xs[0] == ys[0] == 0 and np.isnan([xs[1:], ys[1:]]).all()


def test_a_window_without_texture_gives_no_numbers():
    xs, ys = movement(np.full((3, *SIZE), 7, np.uint8), ROI, 10)
    assert np.isnan([xs, ys]).all()


class Counting:
    """An array that counts which frames are read."""

    ndim, dtype = 3, np.dtype(np.uint8)

    def __init__(self, frames):
        self.frames, self.shape, self.read = frames, frames.shape, []

    def __getitem__(self, number):
        self.read.append(number)
        return self.frames[number]


def test_frames_are_read_once_however_many_rois_there_are():
    frames = Counting(moving((0, 0), (1, 0), (2, 0)))
    meter = quiet(max_movement=5)
    meter.set_data([frames], [mm.gen_grid((10, 10, 80, 70), (16, 16))])
    meter.measure_movement(0)
    assert sorted(frames.read) == [0, 1, 2]


def test_a_video_is_opened_once(tmp_path, monkeypatch):
    film = fly()[0].rpartition("fly")[0] + "video_cup/cup.mp4"
    opened = []
    real = mm.open
    monkeypatch.setattr("movemeter._classic_inputs.open", lambda *of: opened.append(of) or real(*of))
    meter = quiet(max_movement=5)
    meter.set_data([[film]], [[(20, 20, 32, 32)]])
    n_frames = len(real(film))
    for _ in range(2):
        assert len(meter.measure_brightness(0)[0][0]) == n_frames
    assert len(opened) == 1
