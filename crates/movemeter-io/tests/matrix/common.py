"""What the scripts beside this one share: where files go, and what is expected of them.

    python SCRIPT.py FOLDER

writes files with other people's programs into the folder. Beside every file (or folder of files) stands its truth:
`NAME.CHANNEL.Z.f32`, the grey pixels (frame, row, column) as little-endian float32, as those programs hold them.
`manifest.tsv` has a line for each: table, row and column of `docs/formats.md`, name, frames, rows, columns, the
difference that is allowed, channel and z to be opened (empty: as they come).
"""

import sys
from pathlib import Path

import numpy

folder = Path(sys.argv[1])
manifest = []
random = numpy.random.default_rng(7)
TYPES = "bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64".split()
FRAMES, ROWS, COLUMNS = 3, 37, 53  # odd, so that no row, strip or tile fits by chance


def luminance(rgb):
    rgb = rgb.astype(numpy.float64)
    return (299 * rgb[..., 0] + 587 * rgb[..., 1] + 114 * rgb[..., 2]) / 1000


def expect(table, row, column, name, grey, allowed=0.0, channel="", z=""):
    """File `name` must be read as `grey`, (frame, row, column) or (row, column)."""
    grey = numpy.asarray(grey)
    grey = grey.reshape(-1, *grey.shape[-2:])
    with numpy.errstate(over="ignore"):
        grey.astype("<f4").tofile(folder / f"{name}.{channel}.{z}.f32")
    cells = table, row, column, name, *grey.shape, allowed, channel, z
    manifest.append("\t".join(map(str, cells)))


def stack(dtype, shape=(FRAMES, ROWS, COLUMNS)):
    dtype = numpy.dtype(dtype)
    if dtype.kind == "f":
        values = random.normal(0, 1000, shape).astype(dtype)
        values[..., 0, 0] = numpy.nan
        values[..., 0, 1] = numpy.inf
        return values
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(bool)
    # Neighbours differ little, as in pictures, and both ends of the type occur.
    limits = numpy.iinfo(dtype)
    values = random.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    values[..., 0, 0], values[..., 0, 1] = limits.min, limits.max
    return values


def finish():
    (folder / "manifest.tsv").write_text("".join(line + "\n" for line in manifest))
    print(len(manifest), "files")


def skip(reason):
    """Ends a script whose packages are not there for this Python. Tables are not compared then."""
    (folder / "skipped").write_text(reason + "\n")
    print("skipped:", reason)
    finish()
    sys.exit()
