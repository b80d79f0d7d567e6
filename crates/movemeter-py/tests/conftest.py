"""What several tests need: recordings, and motion that is known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
#: Recordings with known motion; not part of the repository.
SHARED = Path(os.environ.get("MOVEMETER_SHARED", REPOSITORY.parent / "shared"))


@pytest.fixture(scope="session")
def fly() -> Path:
    """Six frames of a fly's eye, 1024 x 1024 px, 16 bit."""
    folder = SHARED / "data" / "fly"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    return folder


@pytest.fixture(scope="session")
def speckle():
    """A maker of frames (frame, row, column) whose content moves (dx, dy) px in each: spots, placed anew."""

    def make(dx=0.0, dy=0.0, n_frames=4, size=(96, 128), seed=1, dtype=np.uint8, sigma=2.0):
        random = np.random.default_rng(seed)
        height, width = size
        n_spots = height * width // 30
        x, y = random.uniform(-20, width + 20, n_spots), random.uniform(-20, height + 20, n_spots)
        frames = np.zeros((n_frames, height, width))
        columns, rows = np.arange(width), np.arange(height)
        for k in range(n_frames):
            across = np.exp(-((columns[None] - x[:, None] - k * dx) ** 2) / (2 * sigma**2))
            down = np.exp(-((rows[None] - y[:, None] - k * dy) ** 2) / (2 * sigma**2))
            frames[k] = down.T @ across
        frames *= (255 if dtype == np.uint8 else 60000) / frames.max()
        return np.round(frames).astype(dtype) if np.dtype(dtype).kind == "u" else frames.astype(dtype)

    return make


class _Slow:
    """Frames that take their time, and are counted."""

    def __init__(self, frames):
        self.frames, self.shape, self.dtype, self.n_read = frames, frames.shape, frames.dtype, 0

    def __getitem__(self, number):
        time.sleep(0.03)
        self.n_read += 1
        return self.frames[number]


@pytest.fixture(scope="session")
def slowly():
    """A maker of recordings whose frames take their time."""
    return _Slow


@pytest.fixture
def hears_ctrl_c():
    """Python as it is in a terminal: in the background, Ctrl-C may be ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def gen_speckle(tmp_path_factory):
    """The independent maker of exact motion: options in, recording and truth (a table by name) out."""
    program = SHARED / "tools" / "gen_speckle.py"
    if not program.is_file():
        pytest.skip(f"there is no {program}")

    def make(*options: str):
        out = tmp_path_factory.mktemp("speckle") / "stack"
        subprocess.run([sys.executable, str(program), str(out), *options], check=True, capture_output=True)
        truth = np.genfromtxt(f"{out}_truth.csv", delimiter=",", names=True)
        return Path(f"{out}.tif"), truth

    return make


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    """What a test writes without a path goes nowhere else."""
    monkeypatch.chdir(tmp_path)
