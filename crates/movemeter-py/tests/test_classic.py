"""The class of movemeter 0.7: its names, its numbers, what it takes and what it gives."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pytest

import movemeter as mm
from classic_truth import SIZE, fly, movement, moving, pattern, quiet
from movemeter import Movemeter

ROI = (40, 36, 32, 24)

# Signatures.

SIGNATURES = {
    "__init__": {
        "upscale": 1,
        "cc_backend": "OpenCV",
        "imload_backend": "stackread",
        "absolute_results": False,
        "tracking_rois": False,
        "template_method": "first",
        "subtract_previous": False,
        "multiprocess": False,
        "print_callback": print,
        "preblur": 0,
        "max_movement": None,
        "max_rotation": None,
    },
    "set_data": {"stacks": inspect.Parameter.empty, "ROIs": inspect.Parameter.empty},
    "measure_movement": {"stack_i": inspect.Parameter.empty, "max_movement": False, "optimized": False},
    "measure_rotation": {"stack_i": inspect.Parameter.empty, "optimized": False},
    "measure_brightness": {"stack_i": inspect.Parameter.empty, "relative": "roi"},
    "create_mask_image": {"image_fns": inspect.Parameter.empty},
    "get_metadata": {"stack_i": inspect.Parameter.empty, "image_i": 0},
    "get_image_resolution": {"stack_i": inspect.Parameter.empty},
}


@pytest.mark.parametrize("method", SIGNATURES)
def test_every_argument_has_its_old_name_place_and_default(method):
    parameters = list(inspect.signature(getattr(Movemeter, method)).parameters.values())[1:]
    assert {parameter.name: parameter.default for parameter in parameters} == SIGNATURES[method]
    assert [parameter.name for parameter in parameters] == list(SIGNATURES[method])
    assert {parameter.kind for parameter in parameters} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


def test_every_argument_is_an_attribute_that_may_be_set_later():
    meter = Movemeter()
    for name, default in SIGNATURES["__init__"].items():
        assert getattr(meter, {"imload_backend": "im_backend"}.get(name, name)) == default
    meter.set_data([moving((0, 0), (2, 1))], [[ROI]])
    meter.print_callback = None
    assert meter.measure_movement(0) == [[[0, -2], [0, -1]]]
    meter.absolute_results = True
    assert meter.measure_movement(0) == [[[40, 38], [36, 35]]]
    assert Movemeter.measure_brightness_opt == {"relative": ["absolute", "roi", "roimin"]}


# Numbers.

GOLDEN = [
    ({}, False, [0, 0, 1, 1, 1, 1], [0, 3, 10, 16, 21, 25]),
    ({"absolute_results": True}, False, [130, 130, 131, 131, 131, 131], [500, 503, 510, 516, 521, 525]),
    ({}, 30, [0, 0, 1, 1, 1, 1], [0, 3, 10, 16, 21, 25]),
    ({"upscale": 5}, 30, [0, 0.4, 1, 0.8, 0.8, 1], [0, 2.8, 9.6, 15.6, 20.8, 24.6]),
    ({"upscale": 10}, 30, [0, 0.4, 0.9, 0.9, 0.9, 1], [0, 2.9, 9.6, 15.7, 20.8, 24.6]),
    ({"upscale": 2}, False, [0, 0.5, 1, 1, 1, 1], [0, 3, 9.5, 15.5, 21, 24.5]),
]


@pytest.mark.parametrize("settings, max_movement, xs, ys", GOLDEN)
def test_the_fly_moves_as_0_7_measured_it(settings, max_movement, xs, ys):
    found = movement(fly(), (130, 500, 133, 114), max_movement, **settings)
    # Steps are whole numbers of 1/upscale; a division and a difference leave their last bits.
    np.testing.assert_allclose(found, [xs, ys], rtol=0, atol=1e-12)


def test_a_pattern_that_moves_right_and_down_is_reported_with_minus():
    stack = moving((0, 0), (3, 5))
    assert movement(stack, ROI) == [[0, -3], [0, -5]]
    tracks = mm.measure(stack, [ROI], max_displacement=9)
    assert tracks.dx[0].round(2).tolist() == [0, 3] and tracks.dy[0].round(2).tolist() == [0, 5]


def test_results_are_plain_lists_of_floats_without_minus_zero():
    result = quiet()
    result.set_data([moving((0, 0), (0, 0))], [[ROI, (10, 10, 20, 20)]])
    for series in [
        *result.measure_movement(0),
        [result.measure_rotation(0)[0]],
        *result.measure_brightness(0),
    ]:
        for values in series:
            assert type(values) is list and {type(value) for value in values} == {float}
            assert not np.signbit(values).any()


def test_the_native_backend_measures_between_pixels():
    xs, ys = movement(moving((0, 0), (0.3, -0.7), (1.45, 0.2)), ROI, 5, cc_backend="native")
    # Grey levels are rounded to whole numbers, a hundredth of their contrast.
    np.testing.assert_allclose(xs, [0, -0.3, -1.45], atol=0.02)
    np.testing.assert_allclose(ys, [0, 0.7, -0.2], atol=0.02)


@pytest.mark.parametrize("name", ["opencv", "OPENCV", "OpenCV", "Native"])
def test_backends_are_known_in_any_case(name):
    xs, _ = movement(moving((0, 0), (2, 0)), ROI, 5, cc_backend=name)
    assert round(xs[1]) == -2


def test_optimized_changes_nothing():
    meter = quiet(max_movement=8)
    meter.set_data([moving((0, 0), (2, 1))], [[ROI]])
    assert meter.measure_movement(0, optimized=True) == meter.measure_movement(0)
    assert meter.measure_rotation(0, optimized=True) == meter.measure_rotation(0)


def test_the_argument_max_movement_goes_before_the_attribute():
    stack = moving((0, 0), (12, 0))
    meter = quiet(max_movement=4)
    meter.set_data([stack], [[ROI]])
    assert abs(meter.measure_movement(0)[0][0][1]) <= 4
    assert meter.measure_movement(0, max_movement=20)[0][0] == [0, -12]
    # The attribute stays as it was, and False is no limit of its own.
    assert meter.max_movement == 4 and abs(meter.measure_movement(0, False)[0][0][1]) <= 4


def test_a_turn_clockwise_is_less_than_zero_and_the_range_is_the_whole_one():
    stack = np.stack([pattern(turned_deg=angle) for angle in (0, 3, -4, 8)])
    meter = quiet(max_rotation=20)
    meter.set_data([stack], [[(36, 24, 48, 48)]])
    # The pattern's grey levels are rounded.
    np.testing.assert_allclose(meter.measure_rotation(0)[0], [0, -3, 4, -8], atol=0.05)
    meter.max_rotation = 10
    angles = meter.measure_rotation(0)[0]
    assert np.isnan(angles[3]) and abs(angles[1] + 3) < 0.05
    meter.max_rotation = None
    assert abs(meter.measure_rotation(0)[0][3] + 8) < 0.05


def test_brightness_is_given_in_three_ways():
    frames = np.stack([np.full(SIZE, value, np.uint8) for value in (20, 50, 40)])
    meter = quiet()
    meter.set_data([frames], [[ROI]])
    zeros = [0.0, 0.0, 0.0]
    assert meter.measure_brightness(0, relative=None) == [[[20, 50, 40], zeros]]
    assert meter.measure_brightness(0, "absolute") == [[[20, 50, 40], zeros]]
    assert meter.measure_brightness(0) == [[[0, 0.6, 0.4], zeros]]
    assert meter.measure_brightness(0, "roimin") == [[[1, 2.5, 2], zeros]]


def test_the_mask_image_is_the_darkest_of_all_frames(tmp_path):
    frames = np.random.default_rng(1).integers(0, 9999, (4, 20, 30)).astype(np.uint16)
    files = [str(tmp_path / name) for name in ("a.tif", "b.tif")]
    mm.open(frames[:3]).save(files[0])
    mm.open(frames[3:]).save(files[1])
    darkest = quiet().create_mask_image(files)
    assert darkest.dtype == np.uint16 and np.array_equal(darkest, frames.min(axis=0))


def test_messages_go_to_the_callback_and_nowhere_else(capsys):
    messages = []
    meter = Movemeter(print_callback=messages.append)
    meter.set_data([moving((0, 0), (1, 0))], [[ROI]])
    assert capsys.readouterr().out == "" and messages == []
    meter.measure_movement(0)
    assert messages[0] == "Measuring movement: 1 ROI, 2 images" and all(
        type(text) is str for text in messages
    )
    assert len(messages) <= 6 and capsys.readouterr().out == ""
    meter.print_callback = print
    meter.measure_brightness(0)
    assert capsys.readouterr().out.startswith("Measuring brightness: 1 ROI, 2 images\n")


def test_the_last_tracks_tell_how_sure_the_numbers_are():
    meter = quiet(cc_backend="native", max_movement=5)
    assert meter.tracks is None
    meter.set_data([moving((0, 0), (1.5, 0))], [[ROI]])
    meter.measure_movement(0)
    assert meter.tracks.status.tolist() == [[0, 0]] and 0 < meter.tracks.sd_x[0, 1] < 0.05


# What it takes.


def files_of(folder, frames):
    paths = [str(folder / f"{number}.tif") for number in range(len(frames))]
    for path, image in zip(paths, frames):
        mm.open(image).save(path)
    return paths


def test_frames_come_in_many_ways(tmp_path):
    frames = moving((0, 0), (2, 1), (4, 3))
    paths = files_of(tmp_path, frames)
    whole = str(tmp_path / "all.tif")
    mm.open(frames).save(whole)
    ways = [
        paths,
        tuple(paths),
        np.array(paths),
        [whole],
        whole,
        tmp_path / "all.tif",
        [paths[0], paths[1], paths[2]],
        frames,
        list(frames),
        (image for image in frames),
        [frames],
        [frames[:1], frames[1:]],
        [list(frames)],
        [frames[0], frames[1:]],
        [(image for image in frames)],
        mm.open(whole),
        [image.tolist() for image in frames],
    ]
    meter = quiet()
    meter.set_data(ways, [[ROI]])
    assert len(meter.stacks) == len(meter.ROIs) == len(ways)
    for number in range(len(ways)):
        for _ in range(2):
            assert meter.measure_movement(number) == [[[0, -2, -4], [0, -1, -3]]], ways[number]
        assert meter.get_image_resolution(number) == (SIZE[1], SIZE[0])


def test_a_picture_alone_is_a_stack_of_one_frame():
    meter = quiet()
    meter.set_data([pattern(), [pattern()]], [[ROI]])
    assert meter.measure_movement(0) == meter.measure_movement(1) == [[[0], [0]]]


def test_arrays_are_not_copied():
    frames = moving((0, 0), (0, 0))
    meter = quiet()
    meter.set_data([frames, list(frames)], [[ROI]])
    meter.measure_movement(0), meter.measure_movement(1)
    frames[1] = pattern(3, 0)
    assert meter.measure_movement(0) == meter.measure_movement(1) == [[[0, -3], [0, 0]]]


def test_rois_come_in_three_ways():
    stacks = [moving((0, 0)), moving((0, 0))]
    one, other = [(1.9, 2, 8.5, 8)], [[3, 4, 8, 8], np.array([5, 6, 8, 8])]
    meter = quiet()
    for given in (other, [other], np.array([[3, 4, 8, 8], [5, 6, 8, 8]])):
        meter.set_data(stacks, given)
        assert meter.ROIs == 2 * [[(3, 4, 8, 8), (5, 6, 8, 8)]]
    meter.set_data(stacks, [one, other])
    assert meter.ROIs == [[(1, 2, 8, 8)], [(3, 4, 8, 8), (5, 6, 8, 8)]]
    meter.set_data(stacks, [[], one])
    assert (
        meter.measure_movement(0) == []
        and meter.measure_rotation(0) == []
        and meter.measure_brightness(0) == []
    )


def test_files_stay_open_from_one_measurement_to_the_next(tmp_path, monkeypatch):
    opened = []
    real = mm.open
    monkeypatch.setattr("movemeter._classic_inputs.open", lambda *of: opened.append(of) or real(*of))
    meter = quiet()
    meter.set_data([files_of(tmp_path, moving((0, 0), (1, 0)))], [[ROI]])
    for measure in (
        meter.measure_movement,
        meter.measure_brightness,
        meter.get_image_resolution,
        meter.get_metadata,
    ):
        measure(0)
    assert len(opened) == 1


def test_a_reader_of_ones_own_is_called_once_for_each_file():
    frames, called = {"a": moving((0, 0)), "b": pattern(2, 0), "c": iter(moving((3, 0), (4, 0)))}, []

    def read(name):
        called.append(name)
        return frames[name]

    meter = quiet(imload_backend=read)
    meter.set_data([["a", "b", "c"]], [[ROI]])
    assert meter.measure_movement(0)[0][0] == [0, -2, -3, -4]
    meter.measure_brightness(0)
    assert called == ["a", "b", "c"]


# Metadata.


def test_a_description_is_found_under_its_old_name():
    meter = quiet()
    meter.set_data([fly()], [[ROI]])
    for image_i in (0, 5):
        tags = meter.get_metadata(0, image_i)
        assert json.loads(tags["Image ImageDescription"].values)["exposure_time_s"] == 0.01
        assert tags["Image ImageWidth"].values == [1024] and str(tags["Image ImageWidth"]) == "1024"
        assert tags["Image ImageDescription"].printable == tags["Image ImageDescription"].values


def test_images_are_counted_through_files_of_several_pages(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    for name, texts in (("a.tif", ["one", "two"]), ("b.tif", ["three"])):
        with tifffile.TiffWriter(tmp_path / name) as file:
            for text in texts:
                file.write(pattern(), description=text, metadata=None, contiguous=False, resolution=(300, 7))
    meter = quiet()
    paths = [tmp_path / "a.tif", tmp_path / "b.tif"]
    meter.set_data([paths], [[ROI]])
    texts = [meter.get_metadata(0, image)["Image ImageDescription"].values for image in range(3)]
    assert texts == ["one", "two", "three"]
    resolution = meter.get_metadata(0)["Image XResolution"]
    assert resolution.values == [300] and resolution.printable == "300"
    # Whoever reads the pixels, tags are those of the file.
    meter.im_backend = lambda path: mm.open(path)
    assert [meter.get_metadata(0, image)["Image ImageDescription"].values for image in range(3)] == texts


def test_cameras_notes_in_jpeg_and_png_have_their_old_names(tmp_path):
    image, plugin = pytest.importorskip("PIL.Image"), pytest.importorskip("PIL.TiffImagePlugin")
    exif = image.Exif()
    exif[0x010E] = "a fly"
    exif.get_ifd(0x8769)[0x829A] = plugin.IFDRational(1, 200)
    for name in ("a.jpg", "a.png"):
        image.fromarray(pattern()).save(tmp_path / name, exif=exif)
        meter = quiet()
        meter.set_data([[tmp_path / name]], [[ROI]])
        tags = meter.get_metadata(0)
        assert tags["Image ImageDescription"].values == "a fly"
        assert (
            float(tags["EXIF ExposureTime"].values[0]) == 0.005
            and tags["EXIF ExposureTime"].printable == "1/200"
        )


def test_what_has_no_tags_says_what_is_known(tmp_path):
    meter = quiet()
    np.save(tmp_path / "a.npy", moving((0, 0)))
    meter.set_data([moving((0, 0)), [tmp_path / "a.npy"]], [[ROI]])
    for stack in (0, 1):
        assert meter.get_metadata(stack)["Image ImageWidth"].values == [SIZE[1]]


# What cannot be.


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"cc_backend": "scipy"}, ["cc_backend", "'OpenCV' or 'native'", "'scipy'"]),
        ({"cc_backend": None}, ["cc_backend", "None"]),
        ({"template_method": "last"}, ["template_method", "'first' or 'previous' or 'mean'", "'last'"]),
        ({"imload_backend": "PIL"}, ["imload_backend", "'stackread', 'OpenCV', 'tifffile'", "'PIL'"]),
        ({"upscale": 0}, ["upscale", "from 0.1 to 32", "0"]),
        ({"upscale": "two"}, ["upscale", "'two'"]),
        ({"preblur": -1}, ["preblur", "-1"]),
        ({"multiprocess": -2}, ["multiprocess", "-2"]),
        ({"multiprocess": 1.5}, ["multiprocess", "whole number", "1.5"]),
    ],
)
def test_a_setting_that_cannot_be_is_named_at_once(settings, words):
    with pytest.raises(ValueError) as refused:
        Movemeter(**settings)
    assert all(word in str(refused.value) for word in words), refused.value
    assert isinstance(refused.value, mm.Error)


def test_a_setting_set_later_is_named_when_it_is_used():
    meter = quiet()
    meter.set_data([moving((0, 0), (1, 0))], [[ROI]])
    for name, value in (
        ("cc_backend", "x"),
        ("max_movement", -3),
        ("max_movement", float("nan")),
        ("im_backend", 3),
    ):
        before = getattr(meter, name)
        setattr(meter, name, value)
        with pytest.raises(ValueError, match=name.replace("im_", "imload_")):
            meter.measure_movement(0)
        setattr(meter, name, before)
    meter.max_rotation = 400
    with pytest.raises(ValueError, match="max_rotation must be .* 360 degrees, the whole range, .* is 400"):
        meter.measure_rotation(0)


def test_an_upscale_that_memory_does_not_hold_is_named():
    meter = quiet(upscale=30)
    meter.set_data([np.zeros((1000, 1000), np.uint8)], [[ROI]])
    with pytest.raises(
        ValueError, match=r"upscale must be at most .* \(give a smaller max_movement\), but is 30"
    ):
        meter.measure_movement(0)


@pytest.mark.parametrize(
    "stacks, rois",
    [
        ([1, 2], [[ROI], [ROI], [ROI]]),
        ([1, 2, 3], [[ROI], [ROI]]),
        ([1], []),
        ([1], [[(1, 2, 3)]]),
        ([1], [[(1, 2, 3, "x")]]),
        ([1], [[(1, 2, 3, float("nan"))]]),
        ("a.tif", [[ROI]]),
    ],
)
def test_data_that_does_not_fit_is_refused(stacks, rois):
    with pytest.raises(ValueError, match="ROIs must|stacks must"):
        quiet().set_data(stacks, rois)


def test_what_is_not_there_is_said(tmp_path):
    meter = quiet()
    with pytest.raises(ValueError, match="call set_data first"):
        meter.measure_movement(0)
    meter.set_data([[str(tmp_path / "no.tif")], [], [pattern(), "a.tif"], [np.zeros((2, 8, 8, 3))]], [[ROI]])
    with pytest.raises(FileNotFoundError, match="no.tif"):
        meter.measure_movement(0)
    for number, words in ((1, "one of them is empty"), (2, "some of both"), (3, "shape"), (4, "stack_i")):
        with pytest.raises(ValueError, match=words):
            meter.measure_movement(number)
    meter.set_data([pattern()], [[ROI]])
    with pytest.raises(ValueError, match="image_i must be a whole number from 0 to 0, but is 1"):
        meter.get_metadata(0, 1)
    with pytest.raises(
        ValueError, match="relative must be None, 'absolute', 'roi' or 'roimin', but is 'max'"
    ):
        meter.measure_brightness(0, "max")
