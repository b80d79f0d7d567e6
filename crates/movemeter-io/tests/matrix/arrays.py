"""Arrays of numpy."""

import numpy

import common
from common import COLUMNS, ROWS, finish, folder, stack

TABLE = "npy"


def npy():
    for dtype in "b1 u1 i1 u2 i2 u4 i4 u8 i8 f4 f8".split():
        data = stack(numpy.bool_ if dtype == "b1" else dtype)
        for order, endian in (("<", "little-endian"), (">", "big-endian")):
            for fast, layout in (("C", numpy.ascontiguousarray), ("Fortran", numpy.asfortranarray)):
                ordered = layout(data.astype(data.dtype.newbyteorder(order)))
                name = f"{fast}_{endian}_{dtype}.npy"
                numpy.save(folder / name, ordered)
                common.expect(TABLE, str(data.dtype), f"{fast} order, {endian}", name, data)


def single_frames():
    plane = stack("u2", (ROWS, COLUMNS))
    numpy.save(folder / "plane.npy", plane)
    common.expect(TABLE, "one frame", "C order, little-endian", "plane.npy", plane)
    numpy.save(folder / "plane_f.npy", numpy.asfortranarray(plane))
    common.expect(TABLE, "one frame", "Fortran order, little-endian", "plane_f.npy", plane)
    with open(folder / "version3.npy", "wb") as file:
        numpy.lib.format.write_array(file, plane, version=(3, 0))
    common.expect(TABLE, "version 3 of the format", "C order, little-endian", "version3.npy", plane)


npy()
single_frames()
finish()
