"""Looks for thousands of windows with OpenCV, enlarged: what `resize:U` is to find as well.

    python peer_resize.py FOLDER

needs numpy and opencv-python-headless. For each texture k `FOLDER/k.f32` holds two frames (frame, row,
column) as little-endian float32. `windows.tsv` lists texture, enlargement, window (x, y, w, h),
search (x, y, w, h) and the lag that OpenCV finds: columns and rows of the enlarged search.
"""

import sys
from pathlib import Path

import cv2
import numpy

folder = Path(sys.argv[1])
random = numpy.random.default_rng(11)
ROWS, COLUMNS = 184, 208

# Enlargement, how many windows, largest window, farthest search. Large enlargements take long, so
# that they get fewer and smaller ones.
PLAN = [
    (1, 2600, 64, 20),
    (2, 2000, 64, 20),
    (3, 1500, 48, 16),
    (5, 900, 32, 10),
    (10, 500, 24, 6),
    (0.5, 1500, 64, 20),
    (2.5, 1000, 48, 16),
]


def frequencies():
    return numpy.meshgrid(numpy.fft.fftfreq(COLUMNS), numpy.fft.fftfreq(ROWS))


def texture(smoothness, shift, phases):
    """Noise without frequencies beyond half the sampling rate, smoothed, moved by `shift`."""
    fx, fy = frequencies()
    gain = numpy.exp(-2 * (numpy.pi * smoothness) ** 2 * (fx**2 + fy**2)) * (abs(fx) < 0.45) * (abs(fy) < 0.45)
    turn = numpy.exp(-2j * numpy.pi * (fx * shift[0] + fy * shift[1]))
    field = numpy.fft.ifft2(phases * gain * turn).real
    return field / field.std()


def speckle(shift, spots):
    """White discs with soft rims, one by one."""
    y, x = numpy.mgrid[:ROWS, :COLUMNS]
    field = numpy.zeros((ROWS, COLUMNS))
    for sx, sy in spots:
        field += 1 / (1 + numpy.exp((numpy.hypot(x - sx - shift[0], y - sy - shift[1]) - 2.5) / 0.4))
    return numpy.minimum(field, 1) * 4 - 2


def pair(kind, shift):
    phases = numpy.fft.fft2(random.normal(size=(ROWS, COLUMNS)))
    spots = random.uniform((-5, -5), (COLUMNS + 5, ROWS + 5), (1800, 2))
    frames = []
    for moved in ((0, 0), shift):
        smooth = {"fine": 0.4, "smooth": 2.0, "coarse": 5.0, "bright": 1.0, "noisy": 1.0}
        field = speckle(moved, spots) if kind == "speckle" else texture(smooth[kind], moved, phases)
        noise = random.normal(size=field.shape)
        if kind == "noisy":
            grey = numpy.clip(110 + 25 * field + 12 * noise, 0, 255)
        elif kind == "bright":  # 16 bit, a weak texture on a bright ground
            grey = 40000 + 800 * field + 40 * noise
        elif kind == "coarse":  # 16 bit
            grey = 9000 + 2000 * field + 10 * noise
        else:
            grey = numpy.clip(120 + 45 * field + noise, 0, 255)
        frames.append(numpy.rint(grey).astype(numpy.float32))
    return frames


def search_of(x, y, w, h, m):
    """The original's region: a negative start is moved to 0 with the length kept, the rest clipped."""
    left, top = max(x - m, 0), max(y - m, 0)
    return left, top, min(w + 2 * m, COLUMNS - left), min(h + 2 * m, ROWS - top)


def crop(frame, x, y, w, h):
    return frame[y : y + h, x : x + w]


def enlarged(image, u):
    rows, columns = image.shape
    if u == 1:
        return image
    return cv2.resize(image, (int(columns * u), int(rows * u)), interpolation=cv2.INTER_LINEAR)


def best(reference, current, window, search, u):
    template, region = enlarged(crop(current, *window), u), enlarged(crop(reference, *search), u)
    scores = cv2.matchTemplate(region, template, cv2.TM_CCOEFF_NORMED)
    row, column = numpy.unravel_index(numpy.argmax(scores), scores.shape)
    return column, row


def main():
    kinds = ["fine", "speckle", "smooth", "coarse", "bright", "noisy"]
    pairs = []
    for kind in kinds * 2:
        pairs.append(pair(kind, random.uniform(-2.9, 2.9, 2)))
        numpy.stack(pairs[-1]).astype("<f4").tofile(folder / f"{len(pairs) - 1}.f32")
    lines = []
    for u, n_windows, largest, farthest in PLAN:
        for _ in range(n_windows):
            k = random.integers(len(pairs))
            # Small windows are tried more often than large ones.
            w, h = (8 + (largest - 8) * random.random(2) ** 2).astype(int)
            m = random.integers(3, farthest + 1)
            x, y = random.integers(0, COLUMNS - w + 1), random.integers(0, ROWS - h + 1)
            window, search = (x, y, w, h), search_of(x, y, w, h, m)
            lag = best(*pairs[k], window, search, u)
            lines.append("\t".join(map(str, (k, u, *window, *search, *lag))))
    (folder / "windows.tsv").write_text("\n".join(lines) + "\n")


main()
