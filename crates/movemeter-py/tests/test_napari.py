"""The plugin of napari: its manifest, its reader, its layers, its panel without a screen."""

from __future__ import annotations

import csv
import importlib
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import movemeter as mm
from movemeter.napari import layers, reader

PLUGIN = Path(mm.__file__).parent / "napari"


# Without napari: windows of shapes, layers of tracks.


class Placed:
    """What of a layer says where it is: each pixel is `scale` wide, the first at `origin`."""

    def __init__(self, data, name="layer", scale=1.0, origin=0.0, shape_type=None):
        self.data, self.name, self.scale, self.origin, self.shape_type = data, name, scale, origin, shape_type

    def data_to_world(self, point):
        return tuple(np.asarray(point, float) * self.scale + self.origin)

    def world_to_data(self, point):
        return tuple((np.asarray(point, float) - self.origin) / self.scale)


def drawn(*rectangles, kind="rectangle", **place):
    """A Shapes layer with rectangles of row, column, bottom and right corner."""
    data = [np.array([[a, b], [a, d], [c, d], [c, b]], float) for a, b, c, d in rectangles]
    return Placed(data, "windows", shape_type=[kind] * len(data), **place)


def image(n_frames=4, size=(96, 128), **place):
    return Placed(np.zeros((n_frames, *size), np.uint8), "recording", **place)


def test_a_rectangle_along_the_edges_of_pixels_is_the_window_of_these_pixels():
    shapes = drawn((15.5, 7.5, 47.5, 39.5), (15.3, 7.7, 47.4, 39.6))
    assert layers.windows_of(shapes, image()).tolist() == [[8, 16, 32, 32]] * 2
    assert layers.windows_of(shapes, image(), {1}).tolist() == [[8, 16, 32, 32]]


def test_windows_come_back_from_what_is_drawn_for_them():
    windows = mm.grid((3, 5, 90, 70), (16, 24), step=0.7)
    rectangles = [(*c[0], *c[2]) for c in layers.corners(windows)]
    assert np.array_equal(layers.windows_of(drawn(*rectangles), image()), windows)


def test_layers_may_lie_differently_in_the_world():
    """A recording of 0.5 µm pixels that begins at 10 µm, under shapes drawn in µm."""
    shapes = drawn(((16 - 0.5) * 0.5 + 10, (8 - 0.5) * 0.5 + 10, (48 - 0.5) * 0.5 + 10, (40 - 0.5) * 0.5 + 10))
    assert layers.windows_of(shapes, image(scale=0.5, origin=10.0)).tolist() == [[8, 16, 32, 32]]


def test_rectangles_of_whole_numbers_begin_at_that_pixel():
    """Programs draw the window x, y, w, h like that; layers keep single precision."""
    shapes = drawn((16, 8, 48, 40), (16.00002, 7.99998, 48.00002, 40))
    assert layers.windows_of(shapes, image()).tolist() == [[8, 16, 32, 32]] * 2


def test_what_is_outside_the_frame_is_cut_off():
    assert layers.windows_of(drawn((-20, 99.5, 40.5, 200)), image()).tolist() == [[100, 0, 28, 41]]


@pytest.mark.parametrize("rectangle", [(-40, -40, -5, -5), (100, 130, 120, 150), (20.2, 20, 20.6, 50)])
def test_a_shape_around_no_pixel_is_an_error(rectangle):
    with pytest.raises(ValueError, match="shape 0 of 'windows' encloses no pixel of 'recording', which is 128x96 px"):
        layers.windows_of(drawn(rectangle), image())


def test_a_line_encloses_nothing():
    with pytest.raises(ValueError, match="is a line, which encloses nothing; draw a rectangle"):
        layers.windows_of(drawn((0, 0, 9, 9), kind="line"), image())


def test_rectangles_are_filled_each_by_itself():
    windows = layers.filled(np.array([[0, 0, 64, 32], [64, 40, 40, 40]]), 32, 1.0)
    assert windows.tolist() == [[0, 0, 32, 32], [32, 0, 32, 32], *mm.grid((64, 40, 40, 40), 32).tolist()]
    assert len(layers.filled(np.array([[0, 0, 64, 32]]), 32, 0.5)) == 3
    with pytest.raises(ValueError, match="windows of 33 px do not fit into the rectangle at 0, 0, which is 64x32"):
        layers.filled(np.array([[0, 0, 64, 32]]), 33, 1.0)


WINDOWS = [(16, 16, 32, 32), (64, 24, 40, 33)]


@pytest.fixture(scope="module")
def tracks(speckle):
    """Content that moves 0.5 px right and 0.25 px up; the second window is dark in frame 2."""
    frames = speckle(0.5, -0.25, n_frames=5)
    frames[2, 24:57, 64:104] = 7
    return mm.measure(frames, WINDOWS, max_displacement=8)


def test_vectors_begin_at_the_centres_of_windows_and_point_where_content_went(tracks):
    data, look = layers.vectors_layer(tracks)
    assert data.shape == (9, 2, 3)
    first = data[:5]
    assert first[:, 0].tolist() == [[k, 31.5, 31.5] for k in range(5)]
    assert np.array_equal(first[:, 1], np.stack([np.zeros(5), tracks.dy[0], tracks.dx[0]], axis=1))
    assert first[4, 1] == pytest.approx([0, -1, 2], abs=0.1)
    assert look["features"]["window"].tolist() == [0] * 5 + [1] * 4
    assert np.array_equal(look["features"]["moved_px"][:5], np.hypot(tracks.dx[0], tracks.dy[0]))


def test_tracks_are_not_drawn_over_what_is_not_known(tracks):
    data, look = layers.tracks_layer(tracks)
    assert data[:, 0].tolist() == [1] * 5 + [2] * 2 + [3] * 2
    assert data[:, 1].tolist() == [0, 1, 2, 3, 4, 0, 1, 3, 4]
    assert data[5, 2:].tolist() == [24 + 16, 64 + 19.5]
    assert data[4, 2:] == pytest.approx([31.5 + tracks.dy[0, 4], 31.5 + tracks.dx[0, 4]])
    assert len(look["features"]["score"]) == len(data)


def test_what_could_not_be_measured_is_crossed_out_with_its_reason(tracks):
    data, look = layers.unmeasured_layer(tracks)
    row, column, arm = 24 + 16, 64 + 19.5, 33 / 8
    assert data.tolist() == [
        [[2, row - arm, column - arm], [0, 2 * arm, 2 * arm]],
        [[2, row - arm, column + arm], [0, 2 * arm, -2 * arm]],
    ]
    assert look["features"]["status"].tolist() == [mm.STATUS[tracks.status[1, 2]]] * 2
    assert look["features"]["status"][0] != "ok"


@pytest.mark.parametrize(("dx", "length"), [(0.0, 1), (0.003, 100), (0.5, 10), (2.4, 2), (3.5, 1)])
def test_vectors_are_drawn_as_long_as_they_end_in_their_windows(speckle, dx, length):
    tracks = mm.measure(speckle(dx, n_frames=5), WINDOWS[:1], follow=True, max_displacement=15)
    # A still recording's motion is what rounding leaves.
    tracks._parts["dx"], tracks._parts["dy"] = np.round([tracks.dx, tracks.dy], 3)
    assert layers.vectors_layer(tracks)[1]["length"] == length


def test_frames_of_a_part_are_marked_where_they_are_in_the_recording(speckle):
    some = mm.measure(mm.open(speckle(n_frames=6))[2::2], WINDOWS[:1], max_displacement=8)
    assert layers.vectors_layer(some)[0][:, 0, 0].tolist() == [2, 4]


def test_a_file_a_folder_and_a_series_are_one_layer_each(speckle, tmp_path):
    frames = speckle(n_frames=3)
    mm.open(frames).save("a.tif")
    for number, frame in enumerate(frames):
        (tmp_path / "folder").mkdir(exist_ok=True)
        mm.open(frame).save(f"folder/f{number}.tif")
    series = [str(path) for path in sorted((tmp_path / "folder").iterdir())]
    for path in ("a.tif", "folder", series):
        ((data, look, kind),) = reader.get_reader(path)(path)
        assert kind == "image" and np.array_equal(np.asarray(data), frames)
        # As napari asks for what it shows.
        assert np.array_equal(data[1, slice(None), slice(10, 20)], frames[1, :, 10:20])
        assert look["name"] == mm.open(path).name and "pixel_size_um" in look["metadata"]


# With napari, if it is here.


@pytest.fixture(scope="module")
def napari():
    """Imports napari, where there is one that Qt can draw without a screen."""
    pytest.importorskip("napari", reason="napari is not installed")
    trial = "from qtpy.QtWidgets import QApplication; QApplication([])"
    ran = subprocess.run([sys.executable, "-c", trial], capture_output=True, text=True, check=False, env=_offscreen())
    if ran.returncode != 0:
        pytest.skip(f"Qt does not start here: {(ran.stderr.strip() or 'no reason given').splitlines()[-1]}")
    # What its own parts warn of is not ours.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("napari.components")
        importlib.import_module("napari.layers")
        importlib.import_module("movemeter.napari.widget")


def _offscreen():
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen"}


def test_the_manifest_is_whole():
    manifest = pytest.importorskip("npe2", reason="npe2 is not installed").PluginManifest.from_file(PLUGIN / "napari.yaml")
    assert manifest.name == "movemeter"
    assert [(widget.display_name, widget.command) for widget in manifest.contributions.widgets] == [
        ("Measure motion", "movemeter.measure_motion")
    ]
    (opener,) = manifest.contributions.readers
    assert opener.accepts_directories and {"*.tif", "*.cine", "*.mp4", "*.zarr"} <= set(opener.filename_patterns)
    commands = {command.id: command.python_name for command in manifest.contributions.commands}
    assert commands["movemeter.open"] == f"{reader.get_reader.__module__}:{reader.get_reader.__name__}"


def test_the_manifest_is_found_where_the_package_is_installed():
    metadata = pytest.importorskip("importlib.metadata")
    try:
        points = metadata.distribution("movemeter").entry_points
    except metadata.PackageNotFoundError:
        pytest.skip("movemeter is not installed here, only on the path")
    (point,) = [point for point in points if point.group == "napari.manifest"]
    module, file = point.value.split(":")
    assert module == "movemeter.napari" and (PLUGIN / file).is_file()


@pytest.fixture
def viewer(napari, monkeypatch):
    """napari's viewer without its window, as plugins are given it: wrapped in a proxy."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    from napari.components import ViewerModel
    from napari.utils._proxies import PublicOnlyProxy
    from qtpy.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    yield PublicOnlyProxy(ViewerModel())
    application.processEvents()


@pytest.fixture
def panel(viewer):
    from movemeter.napari.widget import MeasureMotion

    panel = MeasureMotion(viewer)
    yield panel
    panel.stop()
    wait(panel)
    panel.deleteLater()


def wait(panel, until=lambda: False):
    """Lets Qt work until the panel's job has ended."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + 60
    while panel._job is not None and not until():
        assert time.monotonic() < end, "the measurement did not end"
        QApplication.processEvents()
        time.sleep(0.002)


def test_draw_run_look_save(viewer, panel, speckle):
    frames = speckle(0.5, -0.25, n_frames=5)
    frames[2, 24:57, 64:104] = 7
    mm.open(frames).save("eye.tif")
    ((data, look, _),) = reader.read("eye.tif")
    recording = viewer.add_image(data, **look)
    panel.draw()
    shapes = panel.shapes.currentData()
    shapes.add_rectangles(list(layers.corners(np.array(WINDOWS))))
    panel.settings.fields["max_displacement"].setValue(8)
    panel.start()
    assert not panel.run.isEnabled() and panel.cancel.isEnabled()
    wait(panel)
    assert panel.run.isEnabled() and not panel.cancel.isEnabled()
    assert panel.tracks == mm.measure("eye.tif", WINDOWS, max_displacement=8)
    assert "2 x 5" in panel.message.text()
    assert f"9 ok, 1 {mm.STATUS[panel.tracks.status[1, 2]]}" in panel.message.text()
    names = [layer.name for layer in viewer.layers]
    assert names == ["eye.tif", "windows", "eye.tif tracks", "eye.tif vectors x10", "eye.tif not measured"]
    for layer in viewer.layers[2:]:
        assert layer.ndim == 3 and layer.metadata["movemeter"] == panel.tracks
        assert np.array_equal(layer.scale, recording.scale)
    assert np.array_equal(viewer.layers["eye.tif vectors x10"].data, layers.vectors_layer(panel.tracks)[0])
    # The frames to look through are those of the recording.
    assert viewer.dims.range[0] == (0, 4, 1)
    panel.save("motion.csv")
    with open("motion.csv", encoding="utf-8") as file:
        assert len(list(csv.reader(line for line in file if not line.startswith("#")))) == 1 + 2 * 5
    assert panel.message.text() == "saved motion.csv" and mm.load("motion.csv").shape == (2, 5)


def test_a_grid_takes_the_place_of_what_is_drawn(viewer, panel, speckle):
    viewer.add_image(speckle(), scale=(1, 0.5, 0.5), translate=(0, 3, 4))
    panel.side.setValue(24)
    panel.make_grid()
    shapes, recording = panel.shapes.currentData(), panel.image.currentData()
    assert np.array_equal(layers.windows_of(shapes, recording), mm.grid((0, 0, 128, 96), 24))
    shapes.selected_data = {0, 1}
    panel.side.setValue(12)
    panel.make_grid()
    kept = mm.grid((0, 0, 128, 96), 24)[2:]
    new = np.concatenate([mm.grid((0, 0, 24, 24), 12), mm.grid((24, 0, 24, 24), 12)])
    assert np.array_equal(layers.windows_of(shapes, recording), np.concatenate([kept, new]))
    assert panel.message.text() == f"{len(kept) + 8} windows"
    panel.side.setValue(100)
    panel.make_grid()
    assert "do not fit" in panel.message.text() and len(shapes.data) == len(kept) + 8


def test_cancel_keeps_what_was_measured(viewer, panel, speckle, slowly):
    class Slow(slowly):
        ndim = 3

    viewer.add_image(Slow(speckle(0.2, n_frames=60)), contrast_limits=(0, 255))
    panel.make_grid()
    panel.start()
    wait(panel, until=lambda: panel.bar.value() >= 3)
    panel.cancel.click()
    wait(panel)
    assert panel.tracks.incomplete and 3 <= panel.tracks.shape[1] < 60
    assert "incomplete: stopped after frame" in panel.message.text()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("reference", "previous", "previous"),
        ("follow", True, True),
        ("max_displacement", 0.0, None),
        ("max_displacement", 12.5, 12.5),
        ("model", "rigid", "rigid"),
        ("blur", 1.5, 1.5),
        ("background", "nothing", None),
        ("background", "mean", "mean"),
        ("min_score", 0.5, 0.5),
        ("keep_doubtful", True, True),
    ],
)
def test_every_field_is_a_setting(viewer, panel, speckle, name, value, expected):
    field = panel.settings.fields[name]
    fill = getattr(field, "setCurrentText", None) or getattr(field, "setValue", None) or field.setChecked
    fill(value)
    assert panel.settings.chosen()[name] == expected
    mm.measure(speckle(n_frames=2), WINDOWS, **panel.settings.chosen())


def test_fields_say_what_they_mean(panel):
    import inspect

    known = inspect.signature(mm.measure).parameters
    for name, field in panel.settings.fields.items():
        assert field.toolTip(), name
        if name != "background":
            default = known[name].default
            assert panel.settings.chosen()[name] == default, name


def test_what_cannot_be_measured_is_said_in_the_panel(viewer, panel, speckle):
    panel.start()
    assert panel.message.text() == "there is no image layer; open a recording first"
    viewer.add_image(np.zeros((40, 50)), name="photo")
    panel.start()
    assert panel.message.text() == "'photo' must be a recording (frame, row, column), but is of shape (40, 50)"
    viewer.layers.clear()
    viewer.add_image(np.zeros((4, 40, 50, 3), np.uint8), name="colours", rgb=True)
    panel.start()
    assert "is in colour" in panel.message.text()
    viewer.layers.clear()
    viewer.add_image(speckle())
    panel.start()
    assert "there are no windows; draw rectangles" in panel.message.text()
    panel.save("nothing.csv")
    assert "nothing was measured yet" in panel.message.text() and not Path("nothing.csv").exists()


def test_errors_of_measuring_are_said_in_the_panel(viewer, panel):
    class Broken:
        shape, ndim, dtype, is_gone = (4, 96, 128), 3, np.dtype(np.uint8), False

        def __getitem__(self, key):
            if self.is_gone:
                raise OSError("the disk is gone")
            return np.zeros(self.shape, self.dtype)[key]

    recording = viewer.add_image(Broken(), contrast_limits=(0, 255))
    panel.make_grid()
    recording.data.is_gone = True
    panel.start()
    wait(panel)
    assert "the disk is gone" in panel.message.text() and panel.tracks is None and panel.run.isEnabled()


def test_layers_are_listed_as_they_come_and_go(viewer, panel, speckle):
    first, second = viewer.add_image(speckle(), name="a"), viewer.add_image(speckle(), name="b")
    assert [panel.image.itemText(i) for i in range(panel.image.count())] == ["a", "b"]
    panel.image.setCurrentIndex(1)
    second.name = "c"
    assert panel.image.currentText() == "c"
    viewer.layers.remove(first)
    assert panel.image.count() == 1 and panel.image.currentData() == second


def test_the_panel_is_what_the_manifest_names(panel):
    import yaml

    contributions = yaml.safe_load((PLUGIN / "napari.yaml").read_text("utf-8"))["contributions"]
    names = [command["python_name"] for command in contributions["commands"]]
    assert f"{type(panel).__module__}:{type(panel).__name__}" in names
