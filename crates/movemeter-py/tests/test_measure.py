"""Measuring arrays and files: is the number right, and does every setting change what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import movemeter as mm

WINDOWS = [(32, 24, 48, 48), (60, 30, 40, 40)]


def errors_of(tracks, dx, dy):
    """How far the tracks are from a motion of (dx, dy) px in each frame."""
    k = np.arange(tracks.shape[1])
    return np.abs(tracks.dx - dx * k).max(), np.abs(tracks.dy - dy * k).max()


def test_a_feature_moving_right_and_down_has_positive_displacement(speckle):
    tracks = mm.measure(speckle(0.4, 0.2), WINDOWS, max_displacement=10)
    # Spots of 8 bit without noise: rounding leaves a few thousandths of a pixel.
    assert max(errors_of(tracks, 0.4, 0.2)) < 0.01
    assert (tracks.status == 0).all() and (tracks.score > 0.99).all()


def test_an_independent_maker_of_motion_is_followed_within_its_error_bars(gen_speckle):
    path, truth = gen_speckle(
        "--size", "128x128", "--n", "12", "--motion", "sweep", "--du", "0.21", "--dv", "-0.13", "--seed", "5"
    )
    roi = tuple(int(truth[side][0]) for side in "xywh")
    tracks = mm.measure(path, [roi], follow=True, max_displacement=8)
    off = np.stack([tracks.dx[0] - truth["u"], tracks.dy[0] - truth["v"]])[:, 1:]
    sd = np.stack([tracks.sd_x[0], tracks.sd_y[0]])[:, 1:]
    assert np.abs(off).max() < 0.05
    assert np.abs(off / sd).max() < 4


@pytest.mark.parametrize(
    "dtype", ["uint8", "uint16", "uint32", "uint64", "int16", "int32", "float32", "float64", "float16", ">u2", "<f8"]
)
def test_every_type_of_pixel_gives_the_same_numbers(speckle, dtype):
    frames = speckle(0.4, 0.2)
    as_bytes = mm.measure(frames.astype("float32"), WINDOWS, max_displacement=10)
    tracks = mm.measure(frames.astype(dtype), WINDOWS, max_displacement=10)
    assert np.array_equal(tracks.dx, as_bytes.dx) and np.array_equal(tracks.dy, as_bytes.dy)


def test_frames_are_read_from_where_they_lie_whatever_their_strides(speckle):
    frames = speckle(0.4, 0.2, dtype=np.uint16)
    plain = mm.measure(frames, WINDOWS, max_displacement=10)
    wide = np.repeat(frames, 2, axis=2)
    transposed = np.ascontiguousarray(frames.transpose(2, 1, 0)).transpose(2, 1, 0)
    read_only = frames.copy()
    read_only.flags.writeable = False
    flipped = np.ascontiguousarray(frames[::-1])[::-1]
    for other in (wide[:, :, ::2], transposed, read_only, flipped, np.asfortranarray(frames)):
        assert mm.measure(other, WINDOWS, max_displacement=10) == plain


def test_anything_that_gives_a_frame_for_its_number_is_read_frame_by_frame(speckle, tmp_path):
    frames = speckle(0.4, 0.2, dtype=np.uint16)
    plain = mm.measure(frames, WINDOWS, max_displacement=10)

    class OneByOne:
        shape, dtype, asked_for = frames.shape, frames.dtype, []

        def __getitem__(self, number):
            self.asked_for.append(number)
            return frames[number]

    one_by_one = OneByOne()
    assert mm.measure(one_by_one, WINDOWS, max_displacement=10) == plain
    assert one_by_one.asked_for == [0, 1, 2, 3]
    np.save(tmp_path / "frames.npy", frames)
    assert mm.measure(np.load(tmp_path / "frames.npy", mmap_mode="r"), WINDOWS, max_displacement=10) == plain
    assert mm.measure(list(frames), WINDOWS, max_displacement=10) == plain
    from_file = mm.measure(tmp_path / "frames.npy", WINDOWS, max_displacement=10)
    assert np.array_equal(from_file.dx, plain.dx) and from_file.inputs[0][0] == "frames.npy"


def test_arrays_of_other_libraries_are_made_numpys(speckle):
    frames = speckle(0.4, 0.2)

    class Foreign:
        shape, dtype = frames.shape, "torch.uint8"

        def __array__(self, dtype=None, copy=None):
            return frames

    plain = mm.measure(frames, WINDOWS, max_displacement=10)
    assert mm.measure(Foreign(), WINDOWS, max_displacement=10) == plain
    pillow = pytest.importorskip("PIL.Image")
    images = [pillow.fromarray(frame) for frame in frames]
    assert mm.measure(images, WINDOWS, max_displacement=10) == plain
    assert mm.open(images[0]).shape == (1, 96, 128)


def test_dask_and_xarray_arrays_are_stacks(speckle):
    frames = speckle(0.4, 0.2, dtype=np.uint16)
    plain = mm.measure(frames, WINDOWS, max_displacement=10)
    xarray = pytest.importorskip("xarray")
    named = xarray.DataArray(frames, dims=("t", "y", "x"))
    assert mm.measure(named, WINDOWS, max_displacement=10) == plain
    array = pytest.importorskip("dask.array")
    assert mm.measure(array.from_array(frames, chunks=(2, 50, -1)), WINDOWS, max_displacement=10) == plain


def test_the_number_of_threads_makes_no_difference(speckle):
    frames = speckle(0.4, 0.2, n_frames=12)
    one = mm.measure(frames, mm.grid((0, 0, 128, 96), 24), threads=1)
    assert mm.measure(frames, mm.grid((0, 0, 128, 96), 24), threads=3) == one


def test_the_command_says_the_same(fly, tmp_path):
    """The golden numbers of movemeter 0.7, which the command's tests hold, too."""
    tracks = mm.measure(fly, [(130, 500, 133, 114)], max_displacement=30, subpixel="resize:10")
    assert (-tracks.dx[0]).tolist() == pytest.approx([0, 0.4, 0.9, 0.9, 0.9, 1.0])
    assert (-tracks.dy[0]).tolist() == pytest.approx([0, 2.9, 9.6, 15.7, 20.8, 24.6])
    assert tracks.inputs[0][3] == 6 and len(tracks.inputs[0][2]) == 64


def changed(frames, **settings):
    """Whether settings change what is measured without them."""
    plain = mm.measure(frames, WINDOWS, max_displacement=10)
    with_them = mm.measure(frames, WINDOWS, **{"max_displacement": 10, **settings})
    return not (
        np.array_equal(plain.dx, with_them.dx, equal_nan=True)
        and np.array_equal(plain.dy, with_them.dy, equal_nan=True)
        and np.array_equal(plain.status, with_them.status)
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"reference": "previous"},
        {"reference": "mean"},
        {"reference": 2},
        {"follow": True},
        {"max_displacement": 1},
        {"subpixel": "parabola"},
        {"subpixel": "gaussian"},
        {"subpixel": "none"},
        {"subpixel": "resize:4"},
        {"model": "rigid"},
        {"model": "affine"},
        {"rotation": True, "max_rotation": 5},
        {"min_score": 0.9999},
        {"blur": 1.5},
        {"background": "min"},
        {"background": "mean"},
        {"exclude": [1]},
        {"mask": np.arange(96)[:, None] * np.ones(128) > 40},
    ],
    ids=lambda settings: "_".join(settings),
)
def test_every_setting_changes_what_it_says(speckle, settings):
    frames = speckle(0.7, 0.3, n_frames=5)
    noise = np.random.default_rng(3).normal(0, 4, frames.shape)
    assert changed((frames + noise).clip(0, 255).round().astype(np.uint8), **settings)


def test_settings_that_change_no_displacement_change_what_they_say(speckle):
    frames = speckle(0.4, 0.2)
    bright = mm.measure(frames, WINDOWS, max_displacement=10, brightness="absolute")
    assert bright.brightness[0, 0] == pytest.approx(frames[0, 24:72, 32:80].mean())
    timed = mm.measure(frames, WINDOWS, max_displacement=10, frame_rate_hz=4, pixel_size_um=0.5)
    assert timed.times_s.tolist() == [0, 0.25, 0.5, 0.75] and timed.pixel_size_um == 0.5
    assert np.array_equal(timed.to_xarray().dx_um, 0.5 * timed.dx) if has("xarray") else True
    turned = mm.measure(frames, WINDOWS, max_displacement=10, model="rigid")
    assert np.abs(turned.angle).max() < 0.1 and (turned.sd_angle[:, 1:] > 0).all()
    dark = 255 - frames
    faint = mm.measure(dark, WINDOWS, max_displacement=10, background="min")
    assert not np.array_equal(
        faint.dx, mm.measure(dark, WINDOWS, max_displacement=10, background="min", invert=True).dx, equal_nan=True
    )


def has(module):
    import importlib.util

    return importlib.util.find_spec(module) is not None


def test_doubtful_matches_keep_their_displacement_if_asked(speckle):
    frames = speckle(4.0, 0.0)
    tracks = mm.measure(frames, WINDOWS, max_displacement=2)
    kept = mm.measure(frames, WINDOWS, max_displacement=2, keep_doubtful=True)
    doubtful = tracks.status == mm.STATUS.index("at_edge")
    assert doubtful.any() and np.isnan(tracks.dx[doubtful]).all() and np.isfinite(kept.dx[doubtful]).all()


def test_rotation_is_clockwise_on_screen(gen_speckle):
    path, truth = gen_speckle(
        "--size", "160x160", "--n", "4", "--motion", "sweep", "--du", "0", "--dv", "0", "--dth", "12", "--seed", "2"
    )
    roi = tuple(int(truth[side][0]) for side in "xywh")
    tracks = mm.measure_rotation(path, [roi], follow=True, max_displacement=10)
    # The maker's angles are counter-clockwise.
    assert np.abs(tracks.angle[0] + truth["theta_deg"]).max() < 0.1


def test_brightness_is_measured_as_asked():
    frames = np.arange(2, 6, dtype=np.uint8)[:, None, None] * np.ones((1, 16, 16), np.uint8)
    window = [(4, 4, 8, 8)]
    assert mm.measure_brightness(frames, window).tolist() == [[2, 3, 4, 5]]
    assert mm.measure_brightness(frames, window, relative="roi").tolist() == [[0, 0.2, 0.4, 0.6]]
    assert mm.measure_brightness(frames, window, relative="minimum").tolist() == [[1, 1.5, 2, 2.5]]
    left_out = mm.measure_brightness(frames, window, exclude=[1])
    assert np.isnan(left_out[0, 1]) and left_out[0, 3] == 5


def test_a_part_of_a_stack_keeps_its_frames_numbers(speckle):
    frames = speckle(0.4, 0.2, n_frames=8)
    part = mm.open(frames)[2:8:2]
    tracks = mm.measure(part, WINDOWS, max_displacement=10, frame_rate_hz=2)
    assert tracks.frames.tolist() == [2, 4, 6] and tracks.times_s.tolist() == [1, 2, 3]
    assert np.array_equal(tracks.dx, mm.measure(frames[2:8:2], WINDOWS, max_displacement=10).dx)


def test_a_pixel_that_is_not_a_number_is_a_status_not_a_crash(speckle):
    frames = speckle(0.4, 0.2, dtype=np.float32)
    frames[2, 40, 40] = np.nan
    frames[3] = np.nan
    tracks = mm.measure(frames, [*WINDOWS, (85, 60, 36, 30)], max_displacement=4)
    assert np.isnan(tracks.dx[0, 2:]).all() and (tracks.status[0, 2:] != 0).all()
    assert np.isnan(tracks.dx[:, 3]).all()
    # A window that the pixel is far from is measured.
    assert tracks.status[2, 2] == 0 and abs(tracks.dx[2, 2] - 0.8) < 0.02
    masked = np.ma.array(speckle(0.4, 0.2))
    masked[2, 40, 40] = np.ma.masked
    assert np.isnan(mm.measure(masked, WINDOWS, max_displacement=4).dx[0, 2])


def test_several_threads_measure_side_by_side(speckle):
    from concurrent.futures import ThreadPoolExecutor

    frames = speckle(0.4, 0.2, n_frames=6)
    alone = mm.measure(frames, WINDOWS, max_displacement=10)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: mm.measure(frames, WINDOWS, max_displacement=10, threads=1), range(8)))
    assert all(tracks == alone for tracks in together)


def test_a_process_that_forked_measures(speckle):
    import multiprocessing

    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not fork")
    frames = speckle(0.4, 0.2)
    alone = mm.measure(frames, WINDOWS, max_displacement=10)
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        results = pool.starmap_async(mm_measure, [(frames,)] * 3).get(timeout=60)
    assert all(tracks == alone for tracks in results)


def mm_measure(frames):
    return mm.measure(frames, WINDOWS, max_displacement=10)


def test_a_recipe_measures_alike_whether_it_is_a_file_a_table_or_a_dict(speckle):
    frames = speckle(0.4, 0.2, n_frames=5)
    tracks = mm.measure(
        frames, {"eye": WINDOWS}, max_displacement=10, blur=1, follow=True, exclude=[2], frame_rate_hz=3
    )
    tracks.save("motion.csv")
    for recipe in (tracks, tracks.recipe, "motion.csv"):
        assert mm.measure_by(frames, recipe) == tracks
    assert mm.measure_by(frames, tracks, WINDOWS[:1], exclude=()).status.tolist() == [[0] * 5]
    Path("eye.toml").write_text("follow = true\nmax_displacement_px = 10\n", encoding="utf-8")
    assert mm.measure_by(frames, "eye.toml", WINDOWS) == mm.measure(frames, WINDOWS, follow=True, max_displacement=10)
    for wrong in (5, {"folow": True}):
        with pytest.raises(ValueError, match="recipe"):
            mm.measure_by(frames, wrong)
    with pytest.raises(FileNotFoundError):
        mm.measure_by(frames, "nothing.toml")


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_numbers_that_do_not_lie_at_multiples_of_their_size_are_read(dtype, speckle):
    frames = speckle(0.4, 0.2, dtype=dtype)
    odd = np.frombuffer(b"?" + frames.tobytes(), dtype, offset=1).reshape(frames.shape)
    assert not odd.flags.aligned
    assert mm.measure(odd, [(32, 24, 48, 48)]) == mm.measure(frames, [(32, 24, 48, 48)])
