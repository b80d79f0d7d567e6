"""numpy's archives of arrays, and colours in its files."""

import numpy

import common
from common import COLUMNS, FRAMES, ROWS, TYPES, finish, folder, luminance, stack


def archives():
    def expect(row, column, name, data, grey=None):
        save = numpy.savez if column == "savez" else numpy.savez_compressed
        save(folder / name, **data)
        common.expect("npz", row, column, name, grey)

    for column in ("savez", "savez_compressed"):
        for dtype in TYPES:
            data = stack(dtype)
            expect(dtype, column, f"{dtype}_{column}.npz", {"a": data}, data)
        data = stack("uint16")
        many = {"times": numpy.arange(FRAMES), "mean": data[0], "frames": data}
        expect("one array of frames among others", column, f"many_{column}.npz", many, data)
        expect("columns first", column, f"fortran_{column}.npz", {"a": numpy.asfortranarray(data)}, data)
        expect("two arrays of frames", column, f"two_{column}.npz", {"a": data, "b": data}, data)
        expect("two pictures", column, f"pictures_{column}.npz", {"a": data[0], "b": data[0]}, data)
        expect("one picture", column, f"picture_{column}.npz", {"a": data[0]}, data[0])


def colours():
    for dtype in ("uint8", "uint16", "float16", "float32", "float64"):
        for n, column in ((3, "(frame, row, column, 3)"), (4, "(frame, row, column, 4)")):
            data = stack(dtype, (FRAMES, ROWS, COLUMNS, n))
            with numpy.errstate(invalid="ignore"):
                grey = luminance(data)
            for order, layout in (("C", numpy.ascontiguousarray), ("Fortran", numpy.asfortranarray)):
                name = f"{dtype}_{n}_{order}.npy"
                numpy.save(folder / name, layout(data))
                common.expect("Colours in npy", f"{dtype}, {order} order", column, name, grey)
    data = stack("uint8", (FRAMES, ROWS, COLUMNS, 2))
    numpy.save(folder / "two.npy", data)
    common.expect("Colours in npy", "uint8, C order", "(frame, row, column, 2)", "two.npy", data[..., 0])


for part in (archives, colours):
    part()
finish()
