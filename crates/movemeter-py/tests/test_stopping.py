"""Stopping: by the one who is told of progress, by Ctrl-C, by an exception; what was measured is kept."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import movemeter as mm

WINDOWS = [(32, 24, 48, 48)]


@pytest.fixture
def slow(slowly):
    # Frames so large that batches are of one or two.
    frame = np.random.default_rng(0).integers(0, 255, (1100, 1000), dtype=np.uint8)
    return slowly(np.broadcast_to(frame, (60, 1100, 1000)))


def test_progress_is_told_from_the_first_to_the_last_frame(speckle):
    told = []
    mm.measure(speckle(n_frames=40), WINDOWS, progress=lambda *what: told.append(what))
    assert told[-1] == ("measuring", 40, 40)
    told.clear()
    mm.measure(speckle(n_frames=5), WINDOWS, background="min", progress=lambda *what: told.append(what))
    assert told[-1] == ("measuring", 5, 5)


def test_false_stops_and_what_was_measured_is_returned(slow):
    tracks = mm.measure(slow, WINDOWS, progress=lambda stage, done, total: done < 6)
    assert 6 <= tracks.shape[1] < 60
    assert tracks.incomplete == f"stopped after frame {tracks.shape[1]} of 60"
    assert "stopped" in repr(tracks) and "stopped" in tracks._repr_html_()
    tracks.save("part.csv")
    assert mm.load("part.csv").incomplete == tracks.incomplete


def test_an_exception_of_who_is_told_comes_out(slow):
    def fails(stage, done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        mm.measure(slow, WINDOWS, progress=fails)
    with pytest.raises(RuntimeError, match="enough"):
        mm.measure_brightness(slow, WINDOWS, progress=fails)


def test_a_bar_of_tqdm_is_moved_on(speckle):
    tqdm = pytest.importorskip("tqdm")
    frames = speckle(n_frames=7)
    with tqdm.tqdm(file=io.StringIO()) as bar:
        mm.measure(frames, WINDOWS, progress=bar)
        assert (bar.n, bar.total) == (7, 7)
    mm.measure(frames, WINDOWS, progress=True)


def test_ctrl_c_stops_soon_and_keeps_what_was_measured(tmp_path):
    """A process sends itself the signal while a large measurement runs, whose frames are there at once."""
    if sys.platform == "win32":
        pytest.skip("signals are sent otherwise on Windows")
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import os, signal, threading, time
            import numpy as np
            import movemeter as mm

            # Where this runs in the background, Ctrl-C may be ignored from the start.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            random = np.random.default_rng(0)
            image = random.integers(0, 255, (512, 512), dtype=np.uint8)
            frames = np.broadcast_to(image, (100_000, 512, 512))
            sent = []

            def send():
                sent.append(time.perf_counter())
                os.kill(os.getpid(), signal.SIGINT)

            def told(stage, done, total):
                if 0 < done and not threads:
                    threads.append(threading.Timer(0.3, send))
                    threads[0].start()

            threads = []
            try:
                mm.measure(frames, mm.grid((0, 0, 512, 512), 32), max_displacement=20, progress=told)
            except KeyboardInterrupt as stopped:
                took = time.perf_counter() - sent[0]
                assert isinstance(stopped, mm.Stopped)
                n_windows, n_frames = stopped.tracks.shape
                assert 0 < n_frames < 100_000 and (stopped.tracks.status == 0).all()
                print(f"{took:.3f} {stopped}")
            """
        ),
        encoding="utf-8",
    )
    ran = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    took, said = ran.stdout.split(" ", 1)
    assert said.startswith("stopped after frame ")
    # A fifth of a second on a machine with nothing else to do; twenty times that is no stop at all.
    assert float(took) < 4


def test_ctrl_c_stops_soon_where_small_frames_come_slowly(slowly, hears_ctrl_c):
    """Many of them would make one batch: it is not waited for."""
    frame = np.random.default_rng(0).integers(0, 255, (96, 128), dtype=np.uint8)
    frames, n_read_then = slowly(np.broadcast_to(frame, (250, 96, 128))), []

    def send():
        n_read_then.append(frames.n_read)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(0.6, send).start()
    with pytest.raises(mm.Stopped) as stopped:
        mm.measure(frames, WINDOWS)
    # A second's worth of them, where a fifth of a second is needed.
    assert frames.n_read - n_read_then[0] < 30
    assert 0 < stopped.value.tracks.shape[1] <= frames.n_read < 250


def test_ctrl_c_before_the_first_frame_has_nothing_to_keep(speckle, hears_ctrl_c):
    class Interrupting:
        shape, dtype = (50, 96, 128), np.dtype(np.uint8)
        frame = speckle()[0]

        def __getitem__(self, number):
            if number == 0:
                signal.raise_signal(signal.SIGINT)
            time.sleep(0.05)
            return self.frame

    with pytest.raises(mm.Stopped) as stopped:
        mm.measure(Interrupting(), WINDOWS, background="min")
    assert stopped.value.tracks is None
