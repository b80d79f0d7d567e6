"""Stacks: lazy, sliced, pickled, written."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import movemeter as mm


@pytest.fixture
def frames(speckle):
    return speckle(0.4, 0.2, n_frames=6, dtype=np.uint16)


@pytest.fixture(params=["array", "file"])
def stack(request, frames):
    if request.param == "array":
        return mm.open(frames)
    np.save("frames.npy", frames)
    return mm.open("frames.npy")


def test_a_stack_says_what_it_is(stack, frames):
    assert stack.shape == frames.shape and stack.ndim == 3 and len(stack) == 6
    assert stack.dtype == np.uint16
    assert np.isnan(stack.times_s).all() and stack.pixel_size_um is None
    assert "6 frames of 128 x 96 px, uint16" in repr(stack)


def test_frames_are_as_they_were_recorded(stack, frames):
    assert np.array_equal(stack[3], frames[3]) and stack[3].dtype == np.uint16
    assert np.array_equal(stack[-1], frames[-1])
    assert np.array_equal(np.asarray(stack), frames)
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(stack, frames, strict=True))
    with pytest.raises(IndexError):
        stack[6]


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), 3), (2, slice(3, 9), 4), (slice(1, 5, 2), slice(None), slice(0, 10)), (Ellipsis, 5),
        ([0, 2], slice(4)), (slice(4, 4), 3), (np.int64(2),), (slice(None), slice(None), [1, 2, 3]),
    ],
    ids=str,
)  # fmt: skip
def test_parts_are_cut_as_numpy_cuts(stack, frames, key):
    assert np.array_equal(stack[key], frames[key])
    assert stack[key].dtype == frames[key].dtype


def test_a_slice_is_a_stack_that_reads_nothing(stack, frames):
    part = stack[1:5][::2]
    assert isinstance(part, mm.Stack) and part.frames == range(1, 5, 2) and part.shape == (2, 96, 128)
    assert np.array_equal(part, frames[1:5:2])
    with pytest.raises(ValueError, match="forwards"):
        stack[::-1]


def test_a_stack_is_pickled(stack, frames):
    again = pickle.loads(pickle.dumps(stack[2:]))
    assert again.frames == range(2, 6) and np.array_equal(again, frames[2:])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_what_is_written_is_read_back(dtype, speckle):
    frames = speckle(0.4, 0.2, dtype=dtype)
    mm.open(frames)[1:].save("part.tif")
    again = mm.open("part.tif")
    assert again.dtype == dtype and np.array_equal(again, frames[1:])
    mm.open(frames).save("frame_##.png") if dtype == np.uint8 else None
    with pytest.raises(ValueError, match="path"):
        again.save("part.docx")
    with pytest.raises(ValueError, match="path"):
        again.save("part.tif")


def test_several_files_are_one_recording(frames):
    for k, frame in enumerate(frames):
        np.save(f"frame_{k}.npy", frame[None])
    stack = mm.open([f"frame_{k}.npy" for k in range(6)])
    assert np.array_equal(stack, frames)


def test_colour_becomes_luminance():
    pillow = pytest.importorskip("PIL.Image")
    pillow.fromarray(np.full((4, 5, 3), (10, 20, 30), np.uint8)).save("colour.png")
    stack = mm.open("colour.png")
    assert stack.dtype == np.float32
    assert stack[0] == pytest.approx(0.299 * 10 + 0.587 * 20 + 0.114 * 30)


def test_real_recordings_open(fly):
    stack = mm.open(fly)
    assert stack.shape == (6, 1024, 1024) and stack.dtype == np.uint16 and stack.name == "fly"
    assert stack.metadata == mm.open(str(fly)).metadata


def test_what_is_doubtful_of_a_recording_is_warned_of(frames):
    pillow = pytest.importorskip("PIL.Image")
    first, *others = [pillow.fromarray(frame) for frame in frames]
    first.save("cut.tif", save_all=True, append_images=others)
    path = Path("cut.tif")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.warns(mm.MeasuringWarning, match=r"cut\.tif.*damage"):
        stack = mm.open("cut.tif")
    tracks = mm.measure(stack, [(32, 24, 48, 48)], max_displacement=5, keep_going=True)
    assert tracks.shape[1] < 6 and tracks.incomplete and "damage" in tracks.doubts[0]
