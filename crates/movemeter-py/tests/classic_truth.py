"""Frames whose motion is known, and how movemeter 0.7 measured them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

#: As wide and high as the test frames.
SIZE = (96, 120)


def fly() -> list[str]:
    """Six frames of a fly's head, sorted by name; skips where the data is not there."""
    shared = os.environ.get("MOVEMETER_SHARED", Path(__file__).resolve().parents[3] / "../shared")
    files = sorted(str(path) for path in Path(shared, "data", "fly").glob("*.tiff"))
    if not files:
        pytest.skip("the frames of the fly are not here; MOVEMETER_SHARED names the folder that has data/fly")
    return files


def pattern(dx: float = 0, dy: float = 0, turned_deg: float = 0, size: tuple[int, int] = SIZE, seed: int = 1):
    """Waves in all directions, moved right and down, and turned from +x towards +y about the middle."""
    rng = np.random.default_rng(seed)
    height, width = size
    y, x = np.mgrid[:height, :width].astype(float)
    x, y = x - dx - (width - 1) / 2, y - dy - (height - 1) / 2
    angle = np.radians(turned_deg)
    x, y = np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y
    waves = np.zeros(size)
    for _ in range(60):
        direction, phase = rng.uniform(0, 2 * np.pi, 2)
        # From 5 to 20 px long: fine enough to be told from its neighbours, coarse enough to be sampled.
        number = 2 * np.pi / rng.uniform(5, 20)
        waves += np.cos(number * (np.cos(direction) * x + np.sin(direction) * y) + phase)
    return np.round(128 + 5 * waves).clip(0, 255).astype(np.uint8)


def moving(*places: tuple[float, float]):
    """A stack in which the pattern is at these places."""
    return np.stack([pattern(dx, dy) for dx, dy in places])


def quiet(**settings):
    """A Movemeter that says nothing."""
    from movemeter import Movemeter

    return Movemeter(print_callback=None, **settings)


def movement(stack, roi, max_movement=False, **settings):
    """xs and ys of one window."""
    meter = quiet(**settings)
    meter.set_data([stack], [[roi]])
    return meter.measure_movement(0, max_movement=max_movement)[0]
