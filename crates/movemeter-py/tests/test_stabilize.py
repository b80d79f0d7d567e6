"""Recordings with their motion taken out: what is left of it, and what is said of what cannot be."""

from __future__ import annotations

import inspect
import os
import pickle
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import movemeter as mm
from movemeter import stabilize as module
from movemeter.errors import FileError, MeasuringWarning, MissingFileError, SettingError

#: The motion of frame k: dx, dy in px.
MOVES = np.array([[0, 0], [0.3, -0.2], [1.7, 0.45], [-2.25, 3.1], [4.5, -3.6], [-0.55, 0.8]])
#: And how far it is turned about the middle of the frame, degrees clockwise on screen.
TURNS = np.array([0.0, 0.7, -1.3, 2.2, -3.0, 1.1])
SIZE = (144, 160)
CENTRE = np.array([(SIZE[1] - 1) / 2, (SIZE[0] - 1) / 2])
#: Inside what all frames have.
INSIDE = (slice(None), slice(24, -24), slice(24, -24))


def spots(moves=MOVES, turns=None, seed=1, size=SIZE):
    """Frames of Gaussian spots, each drawn where it is: nothing is resampled, so that the motion is exact."""
    turns = np.zeros(len(moves)) if turns is None else turns
    random = np.random.default_rng(seed)
    height, width = size
    reach = np.hypot(width, height) / 2 + 20
    places = random.uniform(-reach, reach, (2200, 2))
    heights = random.uniform(0.4, 1.0, len(places))
    frames = []
    for move, turn in zip(moves, np.radians(turns)):
        cos, sin = np.cos(turn), np.sin(turn)
        moved = places @ np.array([[cos, sin], [-sin, cos]]) + CENTRE + move
        across = np.exp(-(((np.arange(width) - moved[:, :1]) / 2.2) ** 2) / 2)
        down = np.exp(-(((np.arange(height) - moved[:, 1:]) / 2.2) ** 2) / 2)
        frames.append((heights[:, None] * down).T @ across)
    return np.stack(frames)


@pytest.fixture(scope="module")
def shaken():
    """16 bits, moved."""
    return np.round(spots() * 9000 + 500).astype(np.uint16)


@pytest.fixture(scope="module")
def turned():
    """Moved and turned."""
    return np.round(spots(turns=TURNS) * 9000 + 500).astype(np.uint16)


def left(still, **settings):
    """How far the content of two windows moves in a recording, px."""
    tracks = mm.measure(still, [(30, 30, 40, 40), (84, 70, 40, 40)], max_displacement=8, **settings)
    assert (tracks.status == 0).all()
    return np.hypot(tracks.dx, tracks.dy).max()


# What is left of the motion.


def test_less_than_a_hundredth_of_a_pixel_is_left_of_a_translation(shaken):
    assert left(shaken) > 5
    still = mm.stabilize(shaken, correction="translation", max_displacement=8)
    assert left(still) < 0.01
    assert still.shape == shaken.shape and still.dtype == np.uint16


def test_less_than_a_hundredth_of_a_pixel_is_left_of_translation_and_rotation(turned):
    still = mm.stabilize(turned, max_displacement=8, max_rotation=6)
    assert left(still, model="rigid") < 0.01


def test_the_pixels_are_those_of_the_reference(shaken):
    still = mm.stabilize(shaken, correction="translation", max_displacement=8, dtype=np.float32)
    inside = np.asarray(still)[INSIDE]
    # A thousandth of the contrast of 9000: a hundredth of a pixel on slopes of 10 % for each pixel.
    assert np.abs(inside - inside[0]).max() < 9000 * 1e-3 * 3
    np.testing.assert_array_equal(still[0], shaken[0])


def test_the_motion_is_given_as_tracks_with_the_sign_of_displacements(turned):
    motion = mm.stabilize(turned, max_displacement=8, max_rotation=6).motion
    assert isinstance(motion, mm.Tracks) and motion.shape == (1, len(turned))
    np.testing.assert_allclose(motion.angle[0], TURNS, atol=0.01)
    np.testing.assert_allclose(np.stack([motion.dx[0], motion.dy[0]], 1), MOVES, atol=0.01)
    assert motion.recipe["model"] == "rigid" and motion.recipe["follow"] is True


def test_rotation_alone_leaves_the_window_moving_as_it_did(turned):
    still = mm.stabilize(turned, correction="rotation", max_displacement=8, max_rotation=6)
    tracks = mm.measure(still, [(48, 40, 64, 64)], follow=True, model="rigid", max_displacement=8)
    # The frame is turned back about where the middle of the window is found: c = centre.
    np.testing.assert_allclose(tracks.angle[0], 0, atol=0.02)
    np.testing.assert_allclose(np.stack([tracks.dx[0], tracks.dy[0]], 1), MOVES, atol=0.02)


def test_frames_go_back_to_the_reference_that_is_named(shaken):
    still = mm.stabilize(shaken, correction="translation", reference=3, max_displacement=8)
    np.testing.assert_array_equal(still[3], shaken[3])
    np.testing.assert_allclose(still.motion.dx[0], MOVES[:, 0] - MOVES[3, 0], atol=0.01)


def test_a_roi_says_what_shall_stand_still():
    """Two halves that move apart."""
    other = spots(-MOVES, seed=2)
    frames = np.where(np.arange(SIZE[1]) < 80, spots(), other)
    still = mm.stabilize(
        frames, roi=(100, 40, 40, 60), correction="translation", max_displacement=8
    )
    tracks = mm.measure(still, [(106, 46, 28, 48), (20, 40, 40, 60)], max_displacement=14)
    assert np.abs(tracks.dx[0]).max() < 0.01
    np.testing.assert_allclose(np.abs(tracks.dx[1]), np.abs(2 * MOVES[:, 0]), atol=0.02)


def test_the_number_of_threads_makes_no_difference(turned):
    one, three = (
        np.asarray(mm.stabilize(turned, max_displacement=8, max_rotation=6, threads=n))
        for n in (1, 3)
    )
    np.testing.assert_array_equal(one, three)


# How frames are given.


def test_whole_grey_levels_stay_whole_and_others_keep_what_is_between():
    frames = spots()
    still = {
        dtype: mm.stabilize((frames * 100).astype(dtype), correction="translation", max_displacement=8)
        for dtype in ("uint8", "uint16", "int16", "int32", "float32", "float64")
    }
    assert {of: str(recording.dtype) for of, recording in still.items()} == {
        "uint8": "uint8", "uint16": "uint16", "int16": "float32", "int32": "float32",
        "float32": "float32", "float64": "float32",
    }
    # Between grey levels, where whole numbers were given.
    assert (np.asarray(still["int16"]) % 1 > 0.1).any()
    exact = np.asarray(mm.stabilize(
        (frames * 100).astype("uint8"), correction="translation", max_displacement=8, dtype="float32"
    ))
    rounded = np.clip(np.floor(exact + 0.5), 0, 255)
    np.testing.assert_array_equal(np.asarray(still["uint8"]), rounded)


def test_frames_are_made_when_they_are_read(shaken):
    class Counting:
        shape, dtype, reads = shaken.shape, shaken.dtype, 0

        def __getitem__(self, number):
            self.reads += 1
            return shaken[number]

    frames = Counting()
    still = mm.stabilize(frames, correction="translation", max_displacement=8)
    measured = frames.reads
    still[4]
    assert frames.reads == measured + 1
    assert [image.shape for image in still[1:3]] == [SIZE, SIZE]


@pytest.mark.parametrize("border", ["keep", "black", "crop"])
def test_the_border_is_kept_black_or_cropped(border):
    frames = spots(np.array([[0, 0], [3.0, -2.0], [-1.5, 0.5]])) + 1
    still = mm.stabilize(frames, correction="translation", border=border, max_displacement=8)
    if border == "crop":
        # From 1.5 px on the left, to 3 on the right; 2 px above, to half of one below.
        assert still.shape == (3, SIZE[0] - 3, SIZE[1] - 5)
    else:
        assert still.shape == frames.shape
        assert (still[1, :, -2:] == 0).all() == (border == "black")
        assert (still[1, :2] == 0).all() == (border == "black")


def test_another_recording_is_moved_as_this_one_was_measured(shaken):
    other = spots(seed=5)
    still = mm.stabilize(shaken, apply_to=other, correction="translation", max_displacement=8)
    assert still.dtype == np.float32 and left(still) < 0.01
    late = mm.stabilize(
        mm.open(shaken)[2:], apply_to=mm.open(other)[2:], correction="translation", max_displacement=8
    )
    assert late.shape[0] == 4 and left(late) < 0.01


def test_frames_that_are_left_out_are_not_there(shaken):
    still = mm.stabilize(
        shaken, correction="translation", exclude=[1, 4], max_displacement=8, frame_rate_hz=10
    )
    assert len(still) == 4 and still.frames == range(4)
    np.testing.assert_allclose(still.times_s, [0, 0.2, 0.3, 0.5])
    assert left(still) < 0.01
    part = mm.stabilize(mm.open(shaken)[1::2], correction="translation", max_displacement=8)
    assert list(part.motion.frames) == [1, 3, 5] and len(part) == 3
    np.testing.assert_array_equal(part[0], shaken[1])


def test_where_only_noise_would_be_taken_out_a_warning_says_so():
    frames = np.repeat(spots()[:1] * 100, 3, axis=0)
    frames += np.random.default_rng(3).normal(0, 10, frames.shape)
    with pytest.warns(MeasuringWarning, match="does probably not help") as caught:
        mm.stabilize(frames, correction="translation", max_displacement=8)
    assert caught[0].filename == __file__


# On disk, and elsewhere.


def test_a_stack_comes_back_from_a_tiff(shaken, tmp_path):
    still = mm.stabilize(
        shaken, correction="translation", max_displacement=8, frame_rate_hz=50, pixel_size_um=0.5
    )
    still.save(tmp_path / "still.tif")
    again = mm.open(tmp_path / "still.tif")
    np.testing.assert_array_equal(np.asarray(again), np.asarray(still))
    assert again.dtype == np.uint16
    assert (again.frame_rate_hz, again.pixel_size_um) == (pytest.approx(50), pytest.approx(0.5))


def test_a_stabilised_stack_can_be_sent_elsewhere_and_is_not_measured_again(shaken, tmp_path):
    np.save(tmp_path / "shaken.npy", shaken)
    for stack in (shaken, tmp_path / "shaken.npy"):
        still = mm.stabilize(stack, correction="translation", max_displacement=8)
        again = pickle.loads(pickle.dumps(still))
        np.testing.assert_array_equal(np.asarray(again), np.asarray(still))
        assert again.motion == still.motion
        part = pickle.loads(pickle.dumps(still[2:4]))
        np.testing.assert_array_equal(np.asarray(part), np.asarray(still)[2:4])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_frames_are_made_in_a_forked_process_too(shaken):
    still = mm.stabilize(shaken, correction="translation", max_displacement=8)
    expected = still[3].sum()
    child = os.fork()
    if child == 0:
        os._exit(0 if still[3].sum() == expected else 1)
    for _ in range(200):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.fail("the forked process waits for threads that it does not have")
    assert status == 0


def test_a_recording_is_not_written_over_itself(shaken, tmp_path):
    path = tmp_path / "shaken.npy"
    np.save(path, shaken)
    still = mm.stabilize(path, correction="translation", max_displacement=8)
    with pytest.raises(SettingError, match="path: "):
        still.save(path)
    np.testing.assert_array_equal(np.load(path), shaken)


def test_what_is_measured_on_it_does_not_say_that_it_was_measured_on_the_file(shaken, tmp_path):
    np.save(tmp_path / "shaken.npy", shaken)
    still = mm.stabilize(tmp_path / "shaken.npy", correction="translation", max_displacement=8)
    assert still.motion.inputs[0][0] == "shaken.npy"
    assert mm.measure(still, [(40, 40, 32, 32)], max_displacement=4).inputs == []


# What cannot be.


@pytest.fixture(scope="module")
def gapped(shaken):
    """In frames 2 and 3 nothing is to be seen."""
    frames = shaken.copy()
    frames[2:4] = 500
    return frames


def test_frames_that_could_not_be_measured_are_named_with_the_ways_out(gapped):
    with pytest.raises(mm.UnmeasuredError, match=r"2 frames .*: 2 to 3; .*exclude=\[2, 3\]") as caught:
        mm.stabilize(gapped, correction="translation", max_displacement=8)
    assert isinstance(caught.value, ValueError)
    assert [mm.STATUS[code] for code in caught.value.tracks.status[0, 2:4]] != ["ok", "ok"]
    assert len(mm.stabilize(gapped, exclude=[2, 3], correction="translation", max_displacement=8)) == 4
    with pytest.warns(MeasuringWarning, match="2 to 3; they stay as recorded"):
        still = mm.stabilize(
            gapped, keep_unmeasured=True, correction="translation", max_displacement=8
        )
    np.testing.assert_array_equal(still[2], gapped[2])
    assert left(still[4:]) < 0.01


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            {"roi": (0, 0, 400, 20)},
            r"roi must be a window .* inside the frame of 160x144 px, but is \(0, 0, 400, 20\)",
        ),
        ({"roi": (0, 0, 0, 0)}, "roi must be a window"),
        ({"roi": [(0, 0, 9, 9), (9, 9, 9, 9)]}, "roi must be one window .*, but there are 2"),
        ({"roi": "middle"}, "roi must be windows"),
        ({"roi": (1.5, 0, 20, 20)}, "roi must be whole numbers"),
        ({"correction": "all"}, "correction must be 'translation', 'rotation' or 'both', but is 'all'"),
        ({"correction": None}, "correction must be a word"),
        ({"border": "white"}, "border must be 'keep', 'black' or 'crop', but is 'white'"),
        ({"border": 0}, "border must be a word"),
        ({"reference": "last"}, "reference must be"),
        ({"reference": 99}, "99"),
        ({"max_displacement": -1}, "max_displacement must be"),
        ({"max_displacement": "far"}, "max_displacement must be a number"),
        ({"max_rotation": 400}, "max_rotation must be"),
        ({"correction": "translation", "max_rotation": 4}, "max_rotation must be None with"),
        ({"dtype": "int8"}, "dtype must be None, uint8, uint16 or float32, but is 'int8'"),
        ({"dtype": "grey"}, "dtype must be None, uint8"),
        ({"blur": -3}, "blur must be"),
        ({"background": "sky"}, "background must be"),
        ({"mask": 3}, "mask must be"),
        ({"exclude": 3}, "exclude must be"),
        ({"exclude": range(6)}, "exclude"),
        ({"threads": 0}, "threads must be"),
        ({"frame_rate_hz": 0}, "frame_rate_hz must be"),
        ({"pixel_size_um": -1}, "pixel_size_um must be"),
        ({"progress": 3}, "progress must be"),
    ],
)
def test_a_setting_that_cannot_be_is_named(shaken, setting, message):
    with pytest.raises(ValueError, match=message):
        mm.stabilize(shaken, **setting)


def test_another_recording_must_be_as_large(shaken):
    for other in (shaken[:3], shaken[:, 1:]):
        with pytest.raises(ValueError, match=r"apply_to must have as many frames of the same size"):
            mm.stabilize(shaken, apply_to=other)
    with pytest.raises(MissingFileError):
        mm.stabilize(shaken, apply_to="nowhere.tif")
    with pytest.raises(ValueError, match="apply_to must"):
        mm.stabilize(shaken, apply_to=3)


def test_a_frame_that_cannot_be_read_is_named_with_a_way_out_that_there_is(shaken):
    class Broken:
        shape, dtype = shaken.shape, shaken.dtype

        def __getitem__(self, number):
            if number == 4:
                raise OSError("the disk is gone")
            return shaken[number]

    with pytest.raises(FileError, match=r"frame 4.*exclude=\[4\]") as caught:
        mm.stabilize(Broken(), correction="translation", max_displacement=8)
    assert "keep_going" not in str(caught.value)
    assert len(mm.stabilize(Broken(), exclude=[4], correction="translation", max_displacement=8)) == 5


def test_stopping_makes_nothing(shaken):
    with pytest.raises(mm.Stopped, match="no recording is made of it") as caught:
        mm.stabilize(np.repeat(shaken, 100, axis=0), progress=lambda *_: False)
    assert isinstance(caught.value, KeyboardInterrupt)


def test_saving_can_be_stopped(shaken, slowly, tmp_path):
    still = mm.stabilize(shaken, correction="translation", max_displacement=8)
    long = slowly(np.repeat(np.asarray(still), 40, axis=0))
    with pytest.raises(mm.Stopped, match="nothing is written"):
        mm.open(long).save(tmp_path / "long.tif", progress=lambda *_: False)
    assert long.n_read < 240
    assert list(tmp_path.iterdir()) == []


# Of movemeter 0.7.


@pytest.fixture
def recording(turned, tmp_path):
    path = tmp_path / "turned.npy"
    np.save(path, turned)
    return path


def test_the_module_can_be_called_and_has_what_0_7_had(shaken):
    import movemeter.stabilize

    assert movemeter.stabilize is mm.stabilize is module
    assert callable(movemeter.stabilize.stabilize_xy)
    assert "apply_to" in inspect.signature(mm.stabilize).parameters


def test_the_functions_of_0_7_write_16_bits(recording, tmp_path):
    output = tmp_path / "still.tif"
    movemeter_0_7 = {"max_movement": 8, "max_rotation": 12}
    module.stabilize(recording, None, output, **movemeter_0_7)
    still = mm.open(output)
    assert still.dtype == np.uint16 and still.shape == (6, *SIZE)
    assert left(still, model="rigid") < 0.01
    module.stabilize_rot(recording, None, output, None, 10, None, **movemeter_0_7)
    tracks = mm.measure(output, [(48, 40, 64, 64)], follow=True, model="rigid", max_displacement=9)
    np.testing.assert_allclose(tracks.angle[0], 0, atol=0.02)


def test_stabilize_xy_takes_8_bits_to_16_and_floats_as_they_are(tmp_path):
    grey = spots()
    for dtype, expected in (("uint8", "uint16"), ("float32", "float32")):
        np.save(tmp_path / "in.npy", (grey * 60).astype(dtype))
        module.stabilize_xy(tmp_path / "in.npy", (40.7, 40, 60, 60), tmp_path / "out.tif", max_movement=8)
        assert mm.open(tmp_path / "out.tif").dtype == expected
        assert left(mm.open(tmp_path / "out.tif")) < 0.02


def test_another_file_is_written_and_enlarged(recording, tmp_path):
    other = tmp_path / "other.npy"
    np.save(other, np.round(spots(turns=TURNS, seed=9) * 9000).astype(np.uint16))
    output = tmp_path / "still.tif"
    window, turning = (40, 40, 80, 64), {"max_movement": 8, "max_rotation": 12}
    module.stabilize(recording, window, output, other, 4, **turning)
    still = np.asarray(mm.open(output))
    assert left(still, model="rigid") < 0.01
    module.stabilize(recording, window, output, other, 4, 2, **turning)
    large = np.asarray(mm.open(output)).astype(float)
    assert large.shape == (6, 2 * SIZE[0], 2 * SIZE[1])
    # Bilinear: the mean of a pixel's four is that of it (6/8) and of its neighbours (1/8), each way.
    padded = np.pad(still.astype(float), ((0, 0), (1, 1), (1, 1)), mode="edge")
    smooth = (padded[:, :-2] + 6 * padded[:, 1:-1] + padded[:, 2:]) / 8
    smooth = (smooth[:, :, :-2] + 6 * smooth[:, :, 1:-1] + smooth[:, :, 2:]) / 8
    small = large.reshape(6, SIZE[0], 2, SIZE[1], 2).mean((2, 4))
    # Each is rounded twice.
    assert np.abs(small - smooth).max() <= 1.0


def test_what_moves_too_far_for_the_mean_can_be_measured_against_the_first(tmp_path):
    frames = spots(np.array([[5.0 * k, -4.0 * k] for k in range(6)]))
    np.save(tmp_path / "far.npy", np.round(frames * 9000).astype(np.uint16))
    with pytest.raises(mm.UnmeasuredError, match="try first as the reference"):
        module.stabilize_xy(tmp_path / "far.npy", None, tmp_path / "still.tif")
    ended = run(tmp_path / "far.npy", tmp_path / "still.tif", "--reference", "first", "--max-rotation", "2")
    assert (ended.returncode, ended.stderr) == (0, "")
    tracks = mm.measure(tmp_path / "still.tif", [(40, 40, 60, 60)], max_displacement=4)
    assert np.hypot(tracks.dx, tracks.dy).max() < 0.01


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reference": "last"}, "reference must be"),
        ({"output_fn": "still.png"}, "output_fn must end in .tif"),
        ({"mediary_fn": np.zeros((2, 9, 9), np.uint8)}, "mediary_fn must have as many frames"),
        ({"upscaling": 0}, "upscaling must be"),
        ({"final_upscaling": 1000}, "final_upscaling must be a number from 0.1 to 32, but is 1000"),
        ({"max_movement": -1}, "max_movement must be"),
        ({"max_rotation": 720}, "max_rotation must be None or a number greater than 0 and at most 360"),
        ({"roi": (0, 0, 900, 9)}, "roi must be a window"),
    ],
)
def test_what_cannot_be_is_named_as_in_0_7(recording, tmp_path, arguments, message):
    arguments = {"roi": None, "output_fn": tmp_path / "still.tif", **arguments}
    with pytest.raises(ValueError, match=message):
        module.stabilize(recording, **arguments)


# The program.


def run(*arguments):
    return python("-m", "movemeter.stabilize", *arguments)


def python(*arguments):
    command = [sys.executable, *map(str, arguments)]
    folder = str(Path(mm.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": folder}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


def test_the_program_writes_a_recording_and_says_what_it_did(recording, tmp_path):
    output = tmp_path / "still.tif"
    ended = run(
        recording, output, "-r", "30,30,100,84", "-u", "10", "--max-movement", "8", "--max-rotation", "12"
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "motion before: rms" in ended.stdout
    assert ended.stdout.endswith(f"6 frames of 160 x 144 px -> {output}\n")
    assert left(mm.open(output), model="rigid") < 0.01


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-r", "1,2,3"], 2, "must be X,Y,W,H with four numbers"),
        (["-r", "0,0,900,9"], 2, "error: --roi must be a window (x, y, w, h) inside the frame"),
        (["--max-movement", "-3"], 2, "must be a number greater than 0"),
        (["-U", "99"], 2, "error: --final-upscaling must be a number from 0.1 to 32, but is 99"),
        (["-m", "nowhere.tif"], 1, "error: there is no such file or folder (nowhere.tif)"),
        (["--reference", "last"], 2, "error: --reference must be"),
        (["-x"], 2, "unrecognized arguments: -x"),
    ],
)
def test_the_program_says_what_is_wrong(recording, tmp_path, arguments, code, message):
    ended = run(recording, tmp_path / "still.tif", *arguments)
    assert ended.returncode == code, ended.stderr
    assert message in ended.stderr and "Traceback" not in ended.stderr
    assert not (tmp_path / "still.tif").exists()


def test_the_program_names_frames_that_could_not_be_measured(gapped, tmp_path):
    np.save(tmp_path / "gapped.npy", gapped)
    ended = run(tmp_path / "gapped.npy", tmp_path / "still.tif", "--max-movement", "8", "--max-rotation", "4")
    assert ended.returncode == 1 and "the motion of 2 frames could not be measured" in ended.stderr


#: The program on a recording in whose fourth frame somebody presses Ctrl-C.
_INTERRUPTED = """
import os, signal, sys
import numpy as np
import movemeter as mm
from movemeter import stabilize

class Interrupted:
    def __init__(self, frames):
        self.frames, self.shape, self.dtype = frames, frames.shape, frames.dtype

    def __getitem__(self, number):
        if number == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return self.frames[number]

# Where this runs in the background, Ctrl-C may be ignored from the start.
signal.signal(signal.SIGINT, signal.default_int_handler)
recording, output = sys.argv[1:]
stabilize.open = lambda path: mm.open(Interrupted(np.load(path)))
sys.exit(stabilize.main([recording, output, "--max-movement", "8", "--max-rotation", "12"]))
"""


def test_ctrl_c_stops_the_program_and_nothing_is_written(recording, tmp_path):
    ended = python("-c", _INTERRUPTED, recording, tmp_path / "still.tif")
    assert (ended.returncode, ended.stderr) == (130, "error: stopped; nothing is written\n")
    assert not (tmp_path / "still.tif").exists()


def test_the_program_helps():
    ended = run("--help")
    assert ended.returncode == 0 and "--max-rotation" in ended.stdout and "exit codes" in ended.stdout
