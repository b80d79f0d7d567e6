"""How much longer a measurement takes from Python than by the command: python overhead.py path/to/movemeter

Both are built in the same way (cargo build --release --package movemeter-cli --package movemeter-py), read the same
TIFF, measure the same windows and write the same Parquet table; they take turns, and medians are compared. Of Python
the call is timed, and for the whole process what the import takes is said.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

import movemeter as mm

N_TURNS = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", type=Path, help="the program movemeter")
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--side", type=int, default=512, help="of the frames, px")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "recording.tif"
        mm.open(moving_noise(options.frames, options.side)).save(recording)
        compare(options.command, recording, Path(folder), options.side)


def moving_noise(n_frames: int, side: int) -> np.ndarray:
    """Smooth noise, moved by 0.3 px in each frame in the Fourier domain."""
    random = np.random.default_rng(0)
    frequency = np.fft.fftfreq(side)
    smooth = np.exp(-2 * (np.pi * 2.0) ** 2 * (frequency[:, None] ** 2 + frequency**2))
    spectrum = np.fft.fft2(random.normal(size=(side, side))) * smooth
    scale = 30 / np.fft.ifft2(spectrum).real.std()
    frames = np.empty((n_frames, side, side), np.uint8)
    for k in range(n_frames):
        moved = np.fft.ifft2(spectrum * np.exp(-2j * np.pi * 0.3 * (k % 20) * frequency)).real
        frames[k] = np.clip(128 + scale * moved + random.normal(0, 2, moved.shape), 0, 255)
    return frames


def compare(command: Path, recording: Path, folder: Path, side: int) -> None:
    by_command = [
        str(command), "measure", str(recording), "--quiet", "--grid", "32", "--within",
        f"32,32,{side - 64},{side - 64}", "--max-displacement", "10", "-o", str(folder / "command.parquet"),
    ]  # fmt: skip
    windows = mm.grid((32, 32, side - 64, side - 64), 32)

    def in_python() -> None:
        mm.measure(recording, windows, max_displacement=10).save(folder / "python.parquet")

    def of_command() -> None:
        subprocess.run(by_command, check=True)

    times: dict[str, list[float]] = {"command": [], "python": []}
    for _ in range(N_TURNS):
        times["command"].append(seconds(of_command))
        times["python"].append(seconds(in_python))
    assert np.array_equal(mm.load(folder / "python.parquet").dx, mm.load(folder / "command.parquet").dx, equal_nan=True)
    command_s, python_s = (statistics.median(times[name]) for name in ("command", "python"))
    ratios = [python / command for python, command in zip(times["python"], times["command"])]
    print(f"{len(windows)} windows: command {command_s:.3f} s, python {python_s:.3f} s")
    print(f"python / command: median of {N_TURNS} pairs {statistics.median(ratios):.3f}, {min(ratios):.3f} to {max(ratios):.3f}")


def seconds(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
