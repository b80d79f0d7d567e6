"""Measuring on many computers, with Dask.

A recording is cut into blocks of frames and of windows, each measured by a task of its own wherever the cluster has
room. The result has the bits of :func:`movemeter.measure`. Needs ``pip install 'movemeter[dask]'`` here and on the
workers; docs/dask.md says when it is worth while.
"""

from __future__ import annotations

import contextlib
import os
import uuid
import warnings
from collections.abc import Iterator
from typing import Any, Optional, Union

import numpy as np

from . import _blocks, _native
from ._cutting import Recording, check_recordings
from ._joining import Block
from ._measure import DEFAULT_MIN_SCORE
from ._progress import Progress, ProgressLike, as_progress
from ._rois import RoisLike
from ._stack import PathLike, StackLike
from ._tracks import _needed
from .errors import Error, SettingError, Stopped

__all__ = ["measure"]

#: Tasks for each thread of the cluster: a few, so that none waits long for the last.
TASKS_PER_THREAD = 4
#: Threads that a cluster is taken to have whose workers are not there yet.
THREADS_TO_COME = 8


def measure(
    stacks: Union[StackLike, list[StackLike]],
    rois: RoisLike,
    *,
    reference: Union[str, int] = "first",
    follow: bool = False,
    max_displacement: Optional[float] = None,
    subpixel: str = "gauss-newton",
    model: str = "translation",
    min_score: float = DEFAULT_MIN_SCORE,
    keep_doubtful: bool = False,
    blur: float = 0.0,
    background: Optional[str] = None,
    invert: bool = False,
    mask: Any = None,
    exclude: Any = (),
    rotation: bool = False,
    max_rotation: Optional[float] = None,
    brightness: Optional[str] = None,
    frame_rate_hz: Optional[float] = None,
    pixel_size_um: Optional[float] = None,
    keep_going: bool = False,
    progress: ProgressLike = None,
    client: Any = None,
    frames_per_task: Optional[int] = None,
    windows_per_task: Optional[int] = None,
    threads_per_task: int = 1,
    output: Optional[PathLike] = None,
) -> Any:
    """Measures as :func:`movemeter.measure` does, in tasks of a Dask cluster; the result has the same bits.

    Parameters
    ----------
    stacks : what :func:`movemeter.open` takes, or a list of such
        A list is several recordings, each measured by itself; several files that are one recording are
        ``mm.open([...])``. Files are opened by the workers: each must see them under the same path. Of an array of
        NumPy each task is sent its frames; of an array of Dask each task takes its frames where they are.
    rois, and all settings up to keep_going
        As for :func:`movemeter.measure`. Of an array of NumPy, a frame that cannot be read is always an error.
    progress : True, callable, or a bar of tqdm, optional
        Called as ``progress("measuring", done, total)`` whenever a task ends, with numbers of tasks. If it returns
        False the other tasks are cancelled, and the frames that are measured of all windows are returned (of a list:
        None for a recording that has none; else, as with ``output``, :class:`movemeter.Stopped` is raised).
    client : distributed.Client, optional
        The cluster. If left out: the client that is the default now, if there is one, else threads of this process.
    frames_per_task, windows_per_task : int, optional
        The largest block. If left out, blocks are so large that there are about four for each thread of the cluster,
        by frames where that can be. It makes no difference to the result.
    threads_per_task : int
        How many threads a task takes.
    output : path, optional
        A folder, new or empty, that is written into by the workers: a table in Parquet for each task.
        ``mm.load(folder)``, ``pandas.read_parquet(folder)`` and ``pyarrow`` read it as one. With a list of recordings,
        it has a folder ``stack=0``, ``stack=1``, … for each.

    Returns
    -------
    Tracks, or a list of Tracks
        With ``output``: the path of the folder, or a list of paths.

    Raises
    ------
    ValueError
        For a setting or a window that cannot be, before any task is sent. Also for ``frames_per_task`` where a frame
        must wait for the one before it: with ``reference="previous"`` and ``"keyframe"``, and with ``follow=True``
        without ``max_displacement``. These can be cut by windows.
    FileNotFoundError, OSError
        For a file that is not there or cannot be read; the message says in which block.
    movemeter.Error
        For a task that failed otherwise, as when the workers that had it were lost several times.
    movemeter.Stopped
        At Ctrl-C; of one recording, its ``tracks`` hold the frames that were measured of all windows.

    Examples
    --------
    >>> import numpy as np, movemeter as mm
    >>> y, x = np.mgrid[:64, :64]
    >>> frames = np.stack([np.sin((x - 0.25 * k) / 3) * np.cos(y / 4) for k in range(4)])
    >>> tracks = mm.dask.measure(frames, [(16, 16, 32, 32)], max_displacement=5, frames_per_task=2)
    >>> tracks == mm.measure(frames, [(16, 16, 32, 32)], max_displacement=5)
    True
    """
    given = locals()
    for name in ("frames_per_task", "windows_per_task", "threads_per_task"):
        _check_number(name, given[name], is_optional=name != "threads_per_task")
    told = as_progress(progress, "task")
    is_list = isinstance(stacks, (list, tuple))
    recordings = check_recordings(stacks if is_list else [stacks], rois, given)
    with _client(client) as cluster:
        _make_folders(recordings, output, is_list)
        n_threads = sum(cluster.nthreads().values()) or THREADS_TO_COME
        for recording in recordings:
            recording.cut(given, -(-TASKS_PER_THREAD * n_threads // len(recordings)))
        stop = _gather(_Sending(cluster, int(threads_per_task)).send(recordings), cluster, told)
    if stop is not None:
        return _stopped(recordings, stop, is_list)
    results = [recording.result() for recording in recordings]
    return results if is_list else results[0]


def _check_number(name: str, value: Any, is_optional: bool) -> None:
    if value is None and is_optional:
        return
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        allowed = "None or at least 1" if is_optional else "at least 1"
        raise SettingError(f"{name} must be {allowed}, but is {value!r}")


def _make_folders(recordings: list[Recording], output: Optional[PathLike], is_list: bool) -> None:
    """Makes the folders that are written into."""
    if output is None:
        return
    folder = os.path.abspath(os.fspath(output))
    if os.path.exists(folder) and (not os.path.isdir(folder) or os.listdir(folder)):
        raise SettingError(f"output must be a new or an empty folder, but is {os.fspath(output)!r}")
    for number, recording in enumerate(recordings):
        recording.folder = os.path.join(folder, f"stack={number}") if is_list else folder
        os.makedirs(recording.folder, exist_ok=True)


@contextlib.contextmanager
def _client(client: Any) -> Iterator[Any]:
    """The client that was given; else the one that is the default; else one of threads of this process."""
    distributed = _needed("distributed", "dask")
    if client is None:
        with contextlib.suppress(ValueError):
            client = distributed.Client.current()
    if client is None:
        with _own_cluster(distributed) as cluster, distributed.Client(cluster, set_as_default=False) as own:
            yield own
        return
    if not isinstance(client, distributed.Client) or client.asynchronous:
        raise SettingError(f"client must be a distributed.Client that is not asynchronous, but is {client!r}")
    yield client


def _own_cluster(distributed: Any) -> Any:
    return distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=_needed("dask.system", "dask").CPU_COUNT,
        processes=False,
        memory_limit=0,
        dashboard_address=":0",
    )


#: A task and what it is of: a block, or none where it takes the hashes of the inputs.
Tasks = dict[Any, tuple[Recording, Optional[Block]]]


class _Sending:
    """Sends tasks. None remembers anything: what is lost with a worker is done again by another."""

    def __init__(self, cluster: Any, threads: int) -> None:
        self._cluster = cluster
        self._threads = threads
        self._run = uuid.uuid4().hex
        self._n_submitted = 0

    def send(self, recordings: list[Recording]) -> Tasks:
        """All tasks that give something."""
        tasks: Tasks = {}
        with warnings.catch_warnings():
            # Frames of arrays are what is to be sent.
            warnings.filterwarnings("ignore", message="Sending large graph")
            for number, recording in enumerate(recordings):
                self._send(recording, f"{self._run}-{number}", tasks)
        return tasks

    def _send(self, recording: Recording, key: str, tasks: Tasks) -> None:
        ahead = self._ahead(recording, key)
        frames: dict[range, Any] = {}
        for block in recording.blocks:
            if block.frames not in frames:
                frames[block.frames] = self._frames(recording, block.frames, f"{key}-{block.frames.start}")
            of_block = (frames[block.frames], recording.place(block), ahead, self._threads)
            where = f"{key}-{block.frames.start}-{block.windows.start}"
            if recording.folder is None:
                task = self._submit(_blocks.measure_block, f"measure_block-{where}", *of_block)
            else:
                path = os.path.join(recording.folder, block.file)
                task = self._submit(_blocks.write_block, f"write_block-{where}", *of_block, path)
            tasks[task] = (recording, block)
        if recording.is_of_files:
            every = self._frames(recording, range(len(recording.head["frames"])), key)
            tasks[self._submit(_blocks.hash_inputs, f"hash_inputs-{key}", every)] = (recording, None)

    def _ahead(self, recording: Recording, key: str) -> Any:
        """What every block needs, as one task: read by a worker, or here where the frames are here."""
        shared, window = recording.shared, recording.head["rois"][0].tolist()
        if recording.first_read and (recording.is_of_files or recording.is_of_dask):
            places: Any = recording.first_read
            if recording.is_of_files:
                places = range(len(recording.head["frames"]))
            frames = self._frames(recording, places, f"{key}-ahead")
            return self._submit(_blocks.read_ahead, f"read_ahead-{key}", frames, window, shared, self._threads)
        known = _blocks.NOTHING
        if recording.first_read:
            of = recording.stack.frames
            source, places = recording.stack._source, (of.start, of.stop, of.step)
            try:
                known = _native.read_ahead(source, places, window, shared, None)
            except Error as error:
                raise _failed(recording.name, error) from error
        return self._submit(_blocks.same, f"ahead-{key}", {**shared, **known})

    def _frames(self, recording: Recording, places: Any, key: str) -> Any:
        """Some frames, as tasks take them: the files, or the array as a task of its own."""
        of = recording.stack.frames
        numbers = of[places.start : places.stop] if isinstance(places, range) else [of[place] for place in places]
        if recording.is_of_files:
            paths, *chosen = recording.stack._made_of
            return (([os.path.abspath(path) for path in paths], *chosen), None, numbers)
        pixel_type = recording.stack._source.pixel_type
        if recording.is_of_dask:
            array = recording.stack._made_of[0]
            part = slice(numbers.start, numbers.stop, numbers.step) if isinstance(numbers, range) else numbers
            return (self._cluster.compute(array[part]), pixel_type, list(numbers))
        pixels = recording.pixels(list(numbers))
        return (self._submit(_blocks.same, f"frames-{key}", pixels), pixel_type, list(numbers))

    def _submit(self, function: Any, key: str, *given: Any) -> Any:
        """A task, which is done before those that are submitted after it: who stops keeps the first frames."""
        self._n_submitted += 1
        return self._cluster.submit(function, *given, key=f"movemeter-{key}", pure=True, priority=-self._n_submitted)


def _gather(tasks: Tasks, cluster: Any, told: Optional[Progress]) -> Optional[BaseException]:
    """Takes what tasks give, as they end. If it is stopped: by what, a `Stopped` if by who was told."""
    n_tasks = len(tasks)
    try:
        ended = _needed("distributed", "dask").as_completed(list(tasks), loop=cluster.loop)
        for n_done, task in enumerate(ended, 1):
            recording, block = tasks.pop(task)
            recording.take(block, _given(task, recording.where(block)))
            if told is not None and told("measuring", n_done, n_tasks) is False and tasks:
                return Stopped()
    except KeyboardInterrupt as interrupt:
        return interrupt
    finally:
        # Also where one failed.
        if tasks:
            cluster.cancel(list(tasks))
    return None


def _given(task: Any, where: str) -> Any:
    """What a task gave; raises if it failed, saying which it was."""
    try:
        return task.result()
    except Exception as error:
        raise _failed(where, error) from error


def _failed(where: str, error: Exception) -> Error:
    if isinstance(error, Error):
        return type(error)(f"{where}: {error}")
    return Error(f"{where}: {type(error).__name__}: {error}")


def _stopped(recordings: list[Recording], stop: BaseException, is_list: bool) -> Any:
    """What there is after a stop; raises it where that must be."""
    folder = recordings[0].folder
    if folder is not None:
        raise Stopped(f"stopped; what is in the folder is not whole ({folder})") from stop
    tracks = [recording.tracks() if recording.joining.whole()[0] else None for recording in recordings]
    if not any(tracks) or (is_list and not isinstance(stop, Stopped)):
        raise Stopped("stopped, and nothing is kept") from stop
    if isinstance(stop, Stopped):
        return tracks if is_list else tracks[0]
    message = f"{recordings[0].joining.whole()[1]}; what was measured is in this exception's tracks"
    raise Stopped(message, tracks[0]) from stop
