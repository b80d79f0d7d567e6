"""What cannot be measured is refused: a ValueError that names the argument, its value, what is allowed."""

from __future__ import annotations

import numpy as np
import pytest

import movemeter as mm

FRAMES = np.random.default_rng(0).integers(0, 255, (3, 40, 60), dtype=np.uint8)
WINDOW = [(4, 4, 16, 16)]


def refused(call, kind=ValueError):
    """What is said by the error, which is movemeter's and one of Python's own."""
    with pytest.raises(kind) as caught:
        call()
    assert isinstance(caught.value, mm.Error)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reference", "last"), ("reference", -1), ("reference", 7), ("reference", 1.5), ("follow", "yes"),
        ("max_displacement", 0), ("max_displacement", float("nan")), ("max_displacement", "far"),
        ("subpixel", "cubic"), ("subpixel", "resize:0"), ("subpixel", 3), ("model", "fluid"), ("min_score", 2),
        ("keep_doubtful", "no"), ("blur", -1), ("blur", True), ("background", "max"), ("invert", 2),
        ("mask", 5), ("mask", np.ones((3, 3, 3))), ("mask", np.ones((5, 5))), ("exclude", 3), ("exclude", [-1]),
        ("exclude", ["a"]), ("exclude", [0, 1, 2]), ("max_rotation", 10), ("brightness", "bright"),
        ("frame_rate_hz", 0), ("pixel_size_um", -1), ("threads", 0), ("threads", 1.5), ("progress", "yes"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_named(name, value):
    said = refused(lambda: mm.measure(FRAMES, WINDOW, **{name: value}))
    assert said.startswith(name), said


@pytest.mark.parametrize(
    "rois",
    [
        [], np.empty((0, 4)), [(1, 2, 3)], [(1, 2, 3, 4, 5)], [(0.5, 0, 8, 8)], [(float("nan"), 0, 8, 8)], 7, None,
        [(0, 0, 8, 8), (1, 2)], [("a", "b", "c", "d")], [(0, 0, 0, 8)], [(0, 0, 8, -8)], [(-1, 0, 8, 8)],
        [(50, 0, 16, 16)], [(0, 0, 1e300, 8)], {}, {"eye": []}, {"eye": [(0, 0)]}, [(2**62, 0, 8, 8)],
        [(0, 0, 8 + 1j, 8)], [[True, False, True, True]],
    ],
    ids=str,
)  # fmt: skip
def test_windows_that_cannot_be_are_named(rois):
    said = refused(lambda: mm.measure(FRAMES, rois))
    assert said.startswith("rois"), said


@pytest.mark.parametrize(
    "stack",
    [
        np.zeros((2, 3, 4, 5)), np.zeros(5), np.zeros((2, 8, 8), complex), np.array(["a"]), np.zeros((0, 8, 8)),
        np.zeros((2, 0, 8)), 5, None, [], [np.zeros((3, 3)), np.zeros((4, 3))], [["a"], ["b"]],
        np.zeros((2, 8, 8), "datetime64[s]"), np.zeros((2, 8, 8), object), {"a": 1}, [np.zeros((2, 3, 3, 3))],
    ],
    ids=lambda stack: type(stack).__name__,
)  # fmt: skip
def test_arrays_that_are_no_stacks_are_named(stack):
    said = refused(lambda: mm.measure(stack, WINDOW))
    assert said.startswith("stack"), said


def test_other_functions_name_their_arguments():
    assert refused(lambda: mm.measure_brightness(FRAMES, WINDOW, relative="x")).startswith("relative")
    assert refused(lambda: mm.measure_rotation(FRAMES, WINDOW, max_rotation=0)).startswith("max_rotation")
    np.save("frames.npy", FRAMES)
    said = refused(lambda: mm.open("frames.npy", channel=3), OSError)
    assert "channel 3" in said and "--" not in said


def test_windows_are_taken_in_every_way_they_may_be_given():
    plain = mm.measure(FRAMES, np.array([(4, 4, 16, 16), (20, 8, 16, 16)]))
    as_floats = [(4.0, 4.0, 16.0, 16.0), (20.0, 8.0, 16.0, 16.0)]
    for rois in (as_floats, np.array(as_floats, np.float32), [[4, 4, 16, 16], [20, 8, 16, 16]],
                 np.array(as_floats, np.int16), tuple(map(tuple, as_floats))):  # fmt: skip
        assert mm.measure(FRAMES, rois) == plain
    assert mm.measure(FRAMES, (roi for roi in as_floats)) == plain
    one = mm.measure(FRAMES, (4, 4, 16, 16))
    assert one.shape == (1, 3) and np.array_equal(one.dx, plain.dx[:1], equal_nan=True)
    groups = mm.measure(FRAMES, {"eye": [(4, 4, 16, 16)], "leg": [(20, 8, 16, 16), (0, 0, 16, 16)]})
    assert groups.groups == ["eye", "leg", "leg"] and groups.windows.tolist() == [0, 0, 1]


def test_a_table_of_windows_is_taken():
    pandas = pytest.importorskip("pandas")
    plain = mm.measure(FRAMES, [(4, 4, 16, 16), (20, 8, 16, 16)])
    table = pandas.DataFrame({"y": [4, 8], "x": [4, 20], "w": 16, "h": 16.0, "name": "a"})
    assert mm.measure(FRAMES, table) == plain
    assert mm.measure(FRAMES, pandas.DataFrame(plain.rois)) == plain
    grouped = mm.measure(FRAMES, table.assign(group=["left", "right"]))
    assert grouped.groups == ["left", "right"]
    assert refused(lambda: mm.measure(FRAMES, table[["x", "y"]])).startswith("rois")


def test_a_hundred_thousand_windows_are_taken():
    rois = np.tile((4, 4, 16, 16), (100_000, 1))
    assert mm.measure_brightness(FRAMES[:1], rois).shape == (100_000, 1)


def test_files_that_are_not_there_or_cannot_be_read_are_said(tmp_path):
    assert "nothing.tif" in refused(lambda: mm.open("nothing.tif"), FileNotFoundError)
    (tmp_path / "text.tif").write_text("this is no picture")
    assert "text.tif" in refused(lambda: mm.open("text.tif"), OSError)
    (tmp_path / "notes.docx").write_text("neither is this")
    assert ".docx" in refused(lambda: mm.open("notes.docx"), OSError)
    (tmp_path / "empty").mkdir()
    assert "empty" in refused(lambda: mm.open("empty"), OSError)
    refused(lambda: mm.load("nothing.csv"), FileNotFoundError)
    refused(lambda: mm.read_rois("nothing.json"), FileNotFoundError)
    tracks = mm.measure(FRAMES, WINDOW)
    assert "path" in refused(lambda: tracks.save("out.docx"))
    refused(lambda: tracks.save("no/such/folder/out.csv"), OSError)
    assert list(tmp_path.glob("out*")) == []


def test_a_frame_that_cannot_be_read_is_named_and_what_is_before_it_kept_if_asked(tmp_path):
    class Broken:
        shape, dtype = FRAMES.shape, FRAMES.dtype

        def __getitem__(self, number):
            if number == 2:
                raise RuntimeError("the disk is gone")
            return FRAMES[number]

    said = refused(lambda: mm.measure(Broken(), WINDOW), OSError)
    assert "frame 2" in said and "the disk is gone" in said and "keep_going=True" in said
    kept = mm.measure(Broken(), WINDOW, keep_going=True)
    assert kept.shape == (1, 2) and "frame 2" in kept.incomplete


def test_frames_that_change_their_shape_are_refused():
    class Changing:
        shape, dtype = FRAMES.shape, FRAMES.dtype

        def __getitem__(self, number):
            return FRAMES[number, : 40 - number]

    assert "39, 60" in refused(lambda: mm.measure(Changing(), WINDOW), OSError)


def test_grids_are_refused_where_they_cannot_be():
    for arguments in [((0, 0, 10, 10), 0), ((0, 0, 10, 10), (4, -1)), ((0, 0, 10, 10), 2.5), ((0, 0), 4),
                      ((0, 0, 10, 10), 4, 0), ((0, 0, 10, 10), 4, float("nan")), ((0, 0, 10**9, 10**9), 1)]:  # fmt: skip
        refused(lambda arguments=arguments: mm.grid(*arguments))
    assert mm.grid((0, 0, 10, 10), 32).shape == (0, 4)
