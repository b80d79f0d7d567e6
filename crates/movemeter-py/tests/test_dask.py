"""Measuring by the tasks of a cluster: the bits of one machine, whatever is cut, lost or written."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import movemeter as mm

distributed = pytest.importorskip("distributed", reason="the package distributed is not there")
array_of_dask = pytest.importorskip("dask.array", reason="the package dask[array] is not there")

# Closing sockets and loops are the cluster's business.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::movemeter.MeasuringWarning"),
]

N_FRAMES = 9
WINDOWS = {"left": mm.grid((8, 8, 48, 72), (24, 24)), "right": [(70, 10, 30, 26), (60, 50, 24, 24)]}


def a_cluster():
    return distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0")


@pytest.fixture(scope="module")
def client():
    """Two processes beside this one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with a_cluster() as cluster, distributed.Client(cluster, set_as_default=False) as client:
            yield client


@pytest.fixture(scope="module")
def frames(speckle):
    """Texture that moves, with one frame of which half shows nothing."""
    frames = speckle(0.43, -0.21, n_frames=N_FRAMES)
    frames[5, :, :40] = 30
    return frames


def assert_same(found, expected):
    """To the last bit, NaN too."""
    for name, values in expected._parts.items():
        if isinstance(values, np.ndarray):
            assert found._parts[name].dtype == values.dtype and found._parts[name].shape == values.shape
            assert found._parts[name].tobytes() == values.tobytes(), name
        else:
            assert found._parts[name] == values, name
    assert found == expected


class Told:
    """Who is told of progress: remembers how many tasks there were."""

    n_tasks = 0

    def __call__(self, stage, done, total):
        assert stage == "measuring" and 1 <= done <= total
        self.n_tasks = total


def speck():
    mask = np.ones((96, 128), np.uint8)
    mask[30:38, 20:29] = 0
    return mask


FOLLOWING = {"follow": True, "max_displacement": 8}
#: What is measured of each frame alone.
ALONE = [
    {},
    {"max_displacement": 8},
    {"reference": "mean"},
    {"reference": 4, "max_displacement": 8},
    {**FOLLOWING},
    {**FOLLOWING, "reference": "mean"},
    {**FOLLOWING, "background": "min", "blur": 0.7},
    {**FOLLOWING, "background": "mean", "invert": True},
    {"reference": "mean", "background": "min", "max_displacement": 8},
    {**FOLLOWING, "brightness": "absolute"},
    {"brightness": "range", "max_displacement": 8},
    {**FOLLOWING, "brightness": "minimum"},
    {**FOLLOWING, "model": "rigid"},
    {**FOLLOWING, "model": "affine", "reference": "mean"},
    {**FOLLOWING, "rotation": True, "max_rotation": 10},
    {**FOLLOWING, "mask": speck()},
    {**FOLLOWING, "exclude": [0, 3, 4]},
    {**FOLLOWING, "exclude": [0, 1, 2, 3, 6, 8]},
    {**FOLLOWING, "subpixel": "resize:4"},
    {**FOLLOWING, "keep_doubtful": True, "min_score": 0.9, "frame_rate_hz": 50.0, "pixel_size_um": 0.5},
]
#: What waits for earlier frames.
CHAINED = [
    {"reference": "previous", **FOLLOWING},
    {"reference": "previous"},
    {"reference": "keyframe", "max_displacement": 8},
    {"reference": "keyframe", "follow": True, "background": "mean"},
    {"follow": True},
]


def named(settings):
    shown = {name: "image" if name == "mask" else value for name, value in settings.items()}
    return " ".join(f"{name}={value}" for name, value in shown.items()) or "default"


@pytest.mark.parametrize("settings", ALONE, ids=named)
def test_blocks_of_frames_and_windows_have_the_bits_of_the_whole(settings, frames, client):
    expected = mm.measure(frames, WINDOWS, **settings)
    assert (expected.status == 0).any()
    found = mm.dask.measure(frames, WINDOWS, client=client, frames_per_task=2, windows_per_task=3, **settings)
    assert_same(found, expected)


@pytest.mark.parametrize("settings", CHAINED, ids=named)
def test_what_waits_for_earlier_frames_is_cut_by_windows(settings, frames, client):
    expected = mm.measure(frames, WINDOWS, **settings)
    told = Told()
    found = mm.dask.measure(frames, WINDOWS, client=client, windows_per_task=3, progress=told, **settings)
    assert_same(found, expected)
    assert told.n_tasks == 3
    with pytest.raises(mm.SettingError, match="frames_per_task must be None here, but is 4"):
        mm.dask.measure(frames, WINDOWS, client=client, frames_per_task=4, **settings)


@pytest.mark.parametrize(
    ("cut", "n_tasks"),
    [
        ({"frames_per_task": 9, "windows_per_task": 8}, 1),
        ({"frames_per_task": 100, "windows_per_task": 100}, 1),
        ({"frames_per_task": 4, "windows_per_task": 8}, 3),
        ({"frames_per_task": 1, "windows_per_task": 8}, 9),
        ({"frames_per_task": 9, "windows_per_task": 1}, 8),
        ({"frames_per_task": 4, "windows_per_task": 5}, 6),
        # Two threads: eight tasks, or as near as whole blocks come.
        ({}, 5),
        ({"windows_per_task": 2}, 8),
        ({"frames_per_task": 3}, 6),
    ],
    ids=str,
)
def test_cuts_change_the_number_of_tasks_and_no_bit(cut, n_tasks, frames, client):
    told = Told()
    found = mm.dask.measure(frames, WINDOWS, **FOLLOWING, client=client, progress=told, **cut)
    assert_same(found, mm.measure(frames, WINDOWS, **FOLLOWING))
    assert told.n_tasks == n_tasks


def test_blocks_whose_frames_are_all_excluded_are_no_tasks_of_their_own(frames, client):
    told = Told()
    exclude = [0, 1, 4, 5, 8]
    cut = {"frames_per_task": 2, "windows_per_task": 8}
    found = mm.dask.measure(frames, WINDOWS, exclude=exclude, client=client, progress=told, **cut)
    assert_same(found, mm.measure(frames, WINDOWS, exclude=exclude))
    assert told.n_tasks == 2


def recordings(frames):
    """The frames in all ways that recordings come."""
    mm.open(frames).save("one.tif")
    mm.open(frames[:4]).save("a.tif")
    mm.open(frames[4:]).save("b.tif")
    os.makedirs("folder", exist_ok=True)
    mm.open(frames).save("folder/####.png")
    masked = np.ma.masked_array(frames, frames == frames[0, 40, 40])
    np.save("frames.npy", frames)
    return {
        "file": "one.tif",
        "path": Path("folder"),
        "series": mm.open(["a.tif", "b.tif"]),
        "part of a file": mm.open("one.tif")[1:8:2],
        "images": mm.open(list(frames)),
        "strided": frames[:, ::-1],
        "part of an array": mm.open(frames)[2:],
        "memory map": np.load("frames.npy", mmap_mode="r"),
        "masked": masked,
        "half": (frames / 255).astype(np.float16),
        "wide": frames.astype(np.int64) * 1000,
        "stabilized": mm.stabilize("one.tif", roi=(20, 20, 60, 60), keep_unmeasured=True),
        "of dask": array_of_dask.from_array(frames, chunks=(2, 50, 128)),
        "part of dask": mm.open(array_of_dask.from_array(frames, chunks=(2, 50, 128)))[1:8:3],
    }


RECORDINGS = [
    "file", "path", "series", "part of a file", "images", "strided", "part of an array", "memory map", "masked", "half",
    "wide", "stabilized", "of dask", "part of dask",
]  # fmt: skip


@pytest.mark.parametrize("kind", RECORDINGS)
def test_recordings_of_all_kinds(kind, frames, client):
    recording = recordings(frames)[kind]
    settings = {**FOLLOWING, "background": "mean", "brightness": "absolute"}
    found = mm.dask.measure(recording, WINDOWS, client=client, windows_per_task=5, frames_per_task=2, **settings)
    assert_same(found, mm.measure(recording, WINDOWS, **settings))
    found = mm.dask.measure(recording, WINDOWS, client=client, reference="keyframe", max_displacement=9)
    assert_same(found, mm.measure(recording, WINDOWS, reference="keyframe", max_displacement=9))
    found = mm.dask.measure(recording, WINDOWS, client=client, threads_per_task=2)
    assert_same(found, mm.measure(recording, WINDOWS))


def test_a_list_is_several_recordings(frames, client):
    several = [recordings(frames)["file"], frames[:5], recordings(frames)["of dask"]]
    found = mm.dask.measure(several, WINDOWS, **FOLLOWING, client=client, frames_per_task=3)
    assert len(found) == 3
    for tracks, recording in zip(found, several):
        assert_same(tracks, mm.measure(recording, WINDOWS, **FOLLOWING))
    with pytest.raises(mm.SettingError, match="list of images"):
        mm.dask.measure(list(frames), WINDOWS, client=client)
    with pytest.raises(mm.SettingError, match="empty"):
        mm.dask.measure([], WINDOWS, client=client)


def test_masks_are_read_here_and_their_file_is_noted(frames, client):
    mm.open(speck()[None]).save("mask.tif")
    mm.open(frames).save("one.tif")
    found = mm.dask.measure("one.tif", WINDOWS, **FOLLOWING, mask="mask.tif", client=client, frames_per_task=4)
    assert_same(found, mm.measure("one.tif", WINDOWS, **FOLLOWING, mask="mask.tif"))
    assert [name for name, *_ in found.inputs] == ["one.tif", "mask.tif"]


def test_frames_of_a_dask_array_do_not_come_here(frames, client):
    """Chunks say in which process they are made."""

    def made(block, block_info=None):
        with open("made.txt", "a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {block_info[None]['array-location'][0][0]}\n")
        return block

    client.run(os.chdir, os.getcwd())
    lazy = array_of_dask.from_array(frames, chunks=(3, 96, 128)).map_blocks(made, dtype=frames.dtype)
    Path("made.txt").unlink(missing_ok=True)
    assert_same(mm.dask.measure(lazy, WINDOWS, client=client), mm.measure(frames, WINDOWS))
    makers = [line.split() for line in Path("made.txt").read_text().splitlines()]
    assert {int(pid) for pid, _ in makers} <= set(client.run(os.getpid).values())
    # Blocks end where chunks do: each chunk is made once, but the first, which has the reference too.
    starts = [int(start) for _, start in makers]
    assert sorted(starts)[-2:] == [3, 6] and 1 <= starts.count(0) <= 2


@pytest.fixture
def counted(monkeypatch):
    """How often threads of this process read ahead, and measured."""
    from movemeter import _blocks

    counts = {"read_ahead": 0, "measure_block": 0}

    def counting(name, function):
        def call(*given):
            counts[name] += 1
            return function(*given)

        monkeypatch.setattr(_blocks._native, name, call)

    for name in counts:
        counting(name, getattr(_blocks._native, name))
    return counts


@pytest.mark.parametrize("settings", [{}, {"reference": "mean", "background": "min"}], ids=str)
def test_the_reference_is_read_once_for_all_blocks(settings, frames, counted):
    mm.open(frames).save("one.tif")
    told = Told()
    found = mm.dask.measure("one.tif", WINDOWS, **settings, frames_per_task=2, windows_per_task=4, progress=told)
    assert counted == {"read_ahead": 1, "measure_block": 10}
    # And one that takes the hash of the file.
    assert told.n_tasks == 11
    assert_same(found, mm.measure("one.tif", WINDOWS, **settings))


def test_without_a_client_the_default_one_is_taken(frames, client, counted):
    with client.as_current():
        found = mm.dask.measure(frames, WINDOWS, frames_per_task=3)
    assert counted["measure_block"] == 0
    assert_same(found, mm.measure(frames, WINDOWS))


# What is written.


def tables(folder):
    return sorted(path.name for path in Path(folder).glob("*.parquet"))


@pytest.mark.parametrize(
    "settings", [FOLLOWING, {"model": "affine", **FOLLOWING, "brightness": "absolute", "pixel_size_um": 0.5}], ids=named
)
def test_a_dataset_is_read_as_one(settings, frames, client):
    pandas, parquet = pytest.importorskip("pandas"), pytest.importorskip("pyarrow.dataset")
    mm.open(frames).save("one.tif")
    expected = mm.measure("one.tif", WINDOWS, **settings)
    told = Told()
    cut = {"frames_per_task": 4, "windows_per_task": 3}
    folder = mm.dask.measure("one.tif", WINDOWS, client=client, output="out", progress=told, **cut, **settings)
    assert folder == Path("out").absolute() and len(tables("out")) == 9 and told.n_tasks == 10
    # As a table on disk gives it back, from a folder beside it.
    Path("single").mkdir()
    expected.save("single/table.parquet")
    assert_same(mm.load("out"), mm.load("single/table.parquet"))
    # As those who know nothing of movemeter read it.
    rows = expected.to_dataframe().astype({"group": str, "status": str})
    order = ["frame", "group", "window"]
    for table in (pandas.read_parquet("out"), parquet.dataset("out").to_table().to_pandas()):
        table = table.astype({"group": str, "status": str}).sort_values(order, ignore_index=True)
        pandas.testing.assert_frame_equal(table, rows.sort_values(order, ignore_index=True), check_exact=True)
    part = mm.load(Path("out") / tables("out")[0])
    assert part.shape == (3, 4) and "a part of a measurement" in part.incomplete


def test_each_recording_of_a_list_has_its_folder(frames, client):
    pandas = pytest.importorskip("pandas")
    folders = mm.dask.measure([frames, frames[3:]], WINDOWS, client=client, output="out")
    assert [folder.name for folder in folders] == ["stack=0", "stack=1"]
    for folder, recording in zip(folders, (frames, frames[3:])):
        mm.measure(recording, WINDOWS).save("single.parquet")
        assert_same(mm.load(folder), mm.load("single.parquet"))
    table = pandas.read_parquet("out")
    assert table.groupby("stack", observed=True).size().tolist() == [9 * 8, 6 * 8]


def test_brightness_in_relation_to_all_frames_is_written_by_windows(frames, client):
    settings = {"brightness": "range", "max_displacement": 8}
    mm.dask.measure(frames, WINDOWS, client=client, output="out", windows_per_task=4, **settings)
    mm.measure(frames, WINDOWS, **settings).save("single.parquet")
    assert_same(mm.load("out"), mm.load("single.parquet"))
    with pytest.raises(mm.SettingError, match="brightness in relation to all frames"):
        mm.dask.measure(frames, WINDOWS, client=client, output="new", frames_per_task=2, **settings)
    assert not Path("new").exists()


def test_a_folder_that_is_not_whole_says_so(frames, client):
    mm.dask.measure(frames, WINDOWS, client=client, output="out", frames_per_task=3)
    with pytest.raises(mm.SettingError, match="output must be a new or an empty folder"):
        mm.dask.measure(frames, WINDOWS, client=client, output="out")
    table = Path("out") / tables("out")[1]
    table.rename("away.parquet")
    with pytest.raises(FileNotFoundError, match="part-"):
        mm.load("out")
    mm.load("away.parquet")[:2].save(table)
    with pytest.raises(OSError, match="should have"):
        mm.load("out")
    Path("out/_movemeter.json").unlink()
    with pytest.raises(FileNotFoundError, match="not a whole one"):
        mm.load("out")


# What goes wrong.


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"blur": -1}, "blur"),
        ({"reference": 77}, "reference"),
        ({"exclude": list(range(N_FRAMES))}, "exclude"),
        ({"mask": "gone.tif"}, "gone.tif"),
        ({"frames_per_task": 0}, "frames_per_task must be None or at least 1, but is 0"),
        ({"windows_per_task": 2.5}, "windows_per_task must be None or at least 1, but is 2.5"),
        ({"threads_per_task": None}, "threads_per_task must be at least 1, but is None"),
        ({"progress": 3}, "progress"),
        ({"client": "tcp://somewhere:8786"}, "client must be a distributed.Client"),
    ],
    ids=str,
)
def test_settings_are_refused_before_anything_is_sent(settings, said, frames, monkeypatch):
    monkeypatch.setattr(distributed.Client, "submit", lambda *given, **names: pytest.fail("something was sent"))
    with pytest.raises((ValueError, FileNotFoundError), match=said) as refused:
        mm.dask.measure(frames, WINDOWS, **settings)
    assert isinstance(refused.value, mm.Error)


def test_windows_outside_are_refused(frames, client):
    with pytest.raises(mm.SettingError, match="not inside the frame"):
        mm.dask.measure(frames, [(100, 0, 64, 64)], client=client)


@pytest.fixture
def broken(frames):
    """A folder of images, the sixth of which is cut off."""
    os.makedirs("broken")
    mm.open(frames).save("broken/####.png")
    path = sorted(Path("broken").iterdir())[5]
    path.write_bytes(path.read_bytes()[:300])
    return str(Path("broken").absolute())


@pytest.mark.parametrize("settings", [{}, {"background": "min", **FOLLOWING}, {"reference": "previous"}], ids=named)
def test_a_frame_that_cannot_be_read(settings, broken, client):
    cut = {"windows_per_task": 4} if "reference" in settings else {"windows_per_task": 4, "frames_per_task": 2}
    with pytest.raises(OSError) as alone:
        mm.measure(broken, WINDOWS, **settings)
    with pytest.raises(mm.FileError, match="stack 'broken'") as failed:
        mm.dask.measure(broken, WINDOWS, client=client, **cut, **settings)
    assert str(alone.value) in str(failed.value)
    if not settings:
        assert "stack 'broken', frames 4 to 5, windows " in str(failed.value)
    kept = mm.dask.measure(broken, WINDOWS, client=client, keep_going=True, **cut, **settings)
    expected = mm.measure(broken, WINDOWS, keep_going=True, **settings)
    assert expected.shape == (8, 5)
    assert_same(without_hashes(kept), without_hashes(expected))
    mm.dask.measure(broken, WINDOWS, client=client, keep_going=True, output="out", **cut, **settings)
    loaded = mm.load("out")
    assert loaded.shape == (8, 5) and loaded.incomplete == expected.incomplete
    assert np.array_equal(loaded.dx, expected.dx, equal_nan=True)


def without_hashes(tracks):
    """One machine may not have waited for them."""
    tracks._parts["inputs"] = [name for name, *_ in tracks.inputs]
    return tracks


def test_a_chunk_that_cannot_be_made_is_named(frames, client):
    def fails(block, block_info=None):
        if block_info[None]["array-location"][0][0] == 6:
            raise RuntimeError("the disk is gone")
        return block

    lazy = array_of_dask.from_array(frames, chunks=(3, 96, 128)).map_blocks(fails, dtype=frames.dtype)
    with pytest.raises(mm.Error, match="stack 1 'array', frames 6 to 8, windows 0 to 7: .*the disk is gone"):
        mm.dask.measure([frames, lazy], WINDOWS, client=client, frames_per_task=3, windows_per_task=8)


def test_a_frame_of_an_array_that_cannot_be_read_is_named(frames, client):
    class Broken:
        shape, dtype = frames.shape, frames.dtype

        def __getitem__(self, number):
            if number == 7:
                raise OSError("the disk is gone")
            return frames[number]

    with pytest.raises(mm.FileError, match="stack 'array': cannot read frame 7: the disk is gone"):
        mm.dask.measure(Broken(), WINDOWS, client=client)
    with pytest.raises(mm.FileError, match="stack 'array': cannot read frame 7"):
        mm.dask.measure(Broken(), WINDOWS, client=client, reference="mean")


def test_a_worker_of_another_version_is_refused(frames, monkeypatch):
    from movemeter import _cutting

    monkeypatch.setattr(_cutting, "__version__", "0.9.0")
    with pytest.raises(mm.Error, match=r"a worker has movemeter .*, but 0\.9\.0 asked it"):
        mm.dask.measure(frames, WINDOWS)


def test_a_panic_ends_the_task(frames, monkeypatch):
    from movemeter import _blocks

    class PanicException(BaseException):
        """As PyO3 makes of a panic: no Exception."""

    def panics(*given):
        raise PanicException("index out of bounds")

    monkeypatch.setattr(_blocks._native, "measure_block", panics)
    with pytest.raises(mm.Error, match="windows 0 to 7: RuntimeError: PanicException: index out of bounds"):
        mm.dask.measure(frames, WINDOWS, frames_per_task=9, windows_per_task=8)


def test_false_stops_and_whole_frames_are_returned(frames, client):
    # Frames are measured in their order, or nearly: of most, the first ones are among them.
    long = np.concatenate([frames] * 4)
    whole = mm.measure(long, WINDOWS)

    def told(stage, done, total):
        return done < 30

    tracks = mm.dask.measure(long, WINDOWS, client=client, frames_per_task=1, windows_per_task=8, progress=told)
    n_frames = tracks.shape[1]
    assert 1 <= n_frames <= 30 and tracks.incomplete == f"stopped after frame {n_frames} of 36"
    for name in ("dx", "dy", "score", "status"):
        assert np.array_equal(getattr(tracks, name), getattr(whole, name)[:, :n_frames], equal_nan=name != "status")
    with pytest.raises(mm.Stopped, match="not whole"):
        mm.dask.measure(long, WINDOWS, client=client, frames_per_task=1, progress=told, output="out")
    with pytest.raises(mm.Stopped, match="nothing is kept"):
        mm.dask.measure(
            frames, WINDOWS, client=client, windows_per_task=1, reference="previous", progress=lambda *told: False
        )


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise on Windows")
def test_ctrl_c_cancels_tasks_and_keeps_whole_frames(frames, client, hears_ctrl_c):
    long = np.concatenate([frames] * 4)

    def told(stage, done, total):
        if done == 30:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(mm.Stopped) as stopped:
        mm.dask.measure(long, WINDOWS, client=client, frames_per_task=1, windows_per_task=8, progress=told)
    assert stopped.value.tracks.shape[0] == 8 and 1 <= stopped.value.tracks.shape[1] <= 30


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_lost_worker_costs_only_its_tasks(frames):
    """Of two, one is killed that has tasks to do, and results that nobody has fetched."""
    long = np.concatenate([frames] * 4)
    windows = mm.grid((0, 0, 128, 96), (32, 32), step=0.25)
    settings = {"model": "affine", "follow": True, "max_displacement": 12, "reference": "mean"}
    mm.open(long).save("long.tif")
    killed = {}

    with a_cluster() as cluster, distributed.Client(cluster, set_as_default=False) as client:
        pids = client.run(os.getpid)

        def told(stage, done, total):
            if done == 4:
                unfinished = {worker: len(keys) for worker, keys in client.processing().items()}
                worker = max(unfinished, key=unfinished.__getitem__)
                killed.update(worker=worker, n_unfinished=unfinished[worker], n_left=total - done)
                os.kill(pids[worker], signal.SIGKILL)

        cut = {"frames_per_task": 2, "windows_per_task": 80}
        found = mm.dask.measure("long.tif", windows, client=client, progress=told, **cut, **settings)
        removed = client.run_on_scheduler(removed_workers)
    assert killed["n_unfinished"] >= 1 and killed["n_left"] >= 10
    assert killed["worker"] in removed
    assert_same(found, mm.measure("long.tif", windows, **settings))


def removed_workers(dask_scheduler):
    return [event["worker"] for _, event in dask_scheduler.get_events("all") if event.get("action") == "remove-worker"]
