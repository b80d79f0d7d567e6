"""What becomes of results: tables, datasets, files, pickles."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import movemeter as mm

WINDOWS = {"eye": [(32, 24, 48, 48), (60, 30, 40, 40)], "dark": [(3, 3, 12, 12)]}


@pytest.fixture(scope="module")
def tracks(speckle):
    frames = speckle(0.2, 0.1, n_frames=5)
    frames[:, :20, :20] = 7
    return mm.measure(
        frames, WINDOWS, max_displacement=3, model="affine", brightness="minimum", frame_rate_hz=10, pixel_size_um=0.5,
        exclude=[3],
    )  # fmt: skip


def test_arrays_are_window_by_frame(tracks):
    for name in ("dx", "dy", "sd_x", "sd_y", "cov_xy", "score", "status", "angle", "sd_angle", "exx", "exy", "eyy",
                 "brightness", "brightness_min", "brightness_max", "brightness_sd"):  # fmt: skip
        assert getattr(tracks, name).shape == (3, 5), name
    assert tracks.status.dtype == np.uint8 and tracks.dx.dtype == np.float64
    assert mm.STATUS[tracks.status[2, 0]] == "flat" and mm.STATUS[tracks.status[0, 3]] == "excluded"
    assert tracks.recipe["model"] == "affine" and tracks.recipe["exclude"] == [3]


def test_what_was_not_asked_for_says_how_to_ask(speckle):
    tracks = mm.measure(speckle(), [(32, 24, 48, 48)], max_displacement=5)
    for name, how in [("angle", "rotation=True"), ("exx", "affine"), ("brightness", "brightness=")]:
        with pytest.raises(AttributeError, match=how):
            getattr(tracks, name)
        assert not hasattr(tracks, name)


@pytest.mark.parametrize("ending", ["parquet", "npz", "json", "zip"])
def test_what_is_saved_is_loaded_to_the_last_bit(tracks, ending):
    tracks.save(f"motion.{ending}")
    again = mm.load(f"motion.{ending}")
    assert np.array_equal(again.dx, tracks.dx, equal_nan=True)
    assert np.array_equal(again.status, tracks.status) and again.groups == tracks.groups
    for name in ("sd_x", "cov_xy", "score", "angle", "exx", "brightness"):
        close = getattr(again, name), getattr(tracks, name)
        assert np.allclose(*close, rtol=1e-6, atol=0, equal_nan=True), name
    assert again.recipe == tracks.recipe and again.pixel_size_um == 0.5


def test_text_has_the_digits_that_mean_something(tracks):
    tracks.save("motion.csv")
    again = mm.load("motion.csv")
    assert np.nanmax(np.abs(again.dx - tracks.dx)) <= 0.5e-6


def test_a_pickle_is_the_same(tracks):
    assert pickle.loads(pickle.dumps(tracks)) == tracks
    assert tracks != tracks[:2] and tracks[:] == tracks
    assert (tracks == 5) is False


def test_some_windows_are_chosen_as_in_numpy(tracks):
    assert tracks[1].shape == (1, 5) and tracks[[2, 0]].groups == ["dark", "eye"]
    assert tracks[np.array([True, False, True])].rois.tolist() == [[32, 24, 48, 48], [3, 3, 12, 12]]
    assert [part.shape for part in (tracks[i] for i in range(len(tracks)))] == [(1, 5)] * 3
    with pytest.raises(IndexError):
        tracks[3]


def test_a_dataframe_has_the_columns_of_a_table_on_disk(tracks):
    pandas = pytest.importorskip("pandas")
    table = tracks.to_dataframe()
    tracks.save("motion.csv")
    on_disk = pandas.read_csv("motion.csv", comment="#")
    assert list(table.columns) == list(on_disk.columns) and len(table) == 15
    assert np.array_equal(table.dx_px.to_numpy().reshape(5, 3).T, tracks.dx, equal_nan=True)
    assert table.group.tolist() == on_disk.group.tolist() and table.status.tolist() == on_disk.status.tolist()
    assert np.allclose(table.exx, on_disk.exx, atol=1e-8, equal_nan=True)


def test_a_dataset_has_dimensions_and_units(tracks):
    pytest.importorskip("xarray")
    dataset = tracks.to_xarray()
    assert dataset.dx.dims == ("window", "frame") and dataset.dx.attrs["units"] == "px"
    assert dataset.dx_um.attrs["units"] == "um" and dataset.time_s.attrs["units"] == "s"
    assert dataset.sel(frame=2).dx.values.tolist() == pytest.approx(tracks.dx[:, 2].tolist(), nan_ok=True)
    assert dataset.group.values.tolist() == ["eye", "eye", "dark"] and dataset.attrs["recipe"]


def test_curves_are_drawn_with_their_bands(tracks):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = tracks.plot()
    assert axes[0].get_ylabel() == "to the right (µm)" and axes[1].get_xlabel() == "time (s)"
    assert np.allclose(axes[0].lines[0].get_ydata(), 0.5 * tracks.dx[0], equal_nan=True)
    assert len(axes[0].collections) == 3
    assert tracks.plot(1, unit="px", axes=axes)[0].lines[-1].get_ydata()[1] == tracks.dx[1, 1]
    with pytest.raises(ValueError, match="unit"):
        tracks.plot(unit="mm")
    with pytest.raises(ValueError, match="axes"):
        tracks.plot(axes=[axes[0]])
    matplotlib.pyplot.close("all")


def test_what_is_shown_tells_the_most_important(tracks):
    for shown in (repr(tracks), tracks._repr_html_()):
        assert "3 x 5" in shown and "flat" in shown and "median error bar" in shown
    nothing = mm.measure(np.zeros((2, 32, 32), np.uint8), [(4, 4, 8, 8)])
    assert "2 flat" in repr(nothing)


def test_sessions_of_0_7_and_tables_of_the_command_are_read(tracks):
    tracks.save("motion.tsv")
    assert mm.load("motion.tsv").shape == (3, 5)
