"""Zarr and OME-Zarr of both versions."""

import json

import sys

import numpy

import common
from common import COLUMNS, FRAMES, ROWS, finish, folder, stack

if sys.version_info < (3, 11):
    common.skip("zarr of version 3 needs Python 3.11")

import numcodecs
import zarr

TYPES = common.TYPES
CHUNKS = (2, 16, 20)  # the last of each axis reaches beyond the array

V2 = {
    "none": None,
    "blosc": numcodecs.Blosc("lz4", shuffle=1),
    "zstd": numcodecs.Zstd(),
    "gzip": numcodecs.GZip(),
    "zlib": numcodecs.Zlib(),
    "lz4": numcodecs.LZ4(),
    "bz2": numcodecs.BZ2(),
}
V3 = {
    "none": {"compressors": None},
    "default": {},
    "blosc": {"compressors": zarr.codecs.BloscCodec(cname="zstd")},
    "gzip": {"compressors": zarr.codecs.GzipCodec()},
    "zstd, checked": {"compressors": [zarr.codecs.ZstdCodec(checksum=True), zarr.codecs.Crc32cCodec()]},
    "sharded": {"shards": (4, 32, 40)},
}


def save(name, data, version, chunks, fill=0, **options):
    """An array with zarr-python. Chunks that hold nothing but the fill value are not stored."""
    array = zarr.create_array(folder / name, shape=data.shape, dtype=data.dtype, chunks=chunks, fill_value=fill,
                              zarr_format=version, **options)
    array[:] = data
    return array


def types():
    for dtype in TYPES:
        data = stack(dtype)
        for column, compressor in V2.items():
            name = f"{dtype}_{column}.v2.zarr"
            save(name, data, 2, CHUNKS, compressors=compressor)
            common.expect("Zarr of version 2", dtype, column, name, data)
        if data.dtype.itemsize > 1:
            name = f"{dtype}_be.v2.zarr"
            save(name, data.astype(data.dtype.newbyteorder(">")), 2, CHUNKS)
            common.expect("Zarr of version 2", dtype, "big-endian", name, data)
    for dtype in TYPES:
        data = stack(dtype)
        for column, options in V3.items():
            name = f"{dtype}_{column}.v3.zarr".replace(", ", "_")
            save(name, data, 3, CHUNKS, **options)
            common.expect("Zarr of version 3", dtype, column, name, data)
        if data.dtype.itemsize > 1:
            name = f"{dtype}_be.v3.zarr"
            save(name, data, 3, CHUNKS, serializer=zarr.codecs.BytesCodec(endian="big"))
            common.expect("Zarr of version 3", dtype, "big-endian", name, data)


def blosc():
    # Long rows that repeat themselves, so that every way to store a block occurs.
    data = numpy.cumsum(stack("uint16", (FRAMES, 200, 300)) % 5, axis=-1)
    for dtype in ("uint8", "uint16", "float32", "float64"):
        values = data.astype(dtype)
        for compressor in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
            for shuffle, words in enumerate(("as they are", "bytes shuffled", "bits shuffled")):
                for level in (1, 9):
                    name = f"{dtype}_{compressor}_{shuffle}_{level}.v2.zarr"
                    codec = numcodecs.Blosc(compressor, clevel=level, shuffle=shuffle)
                    save(name, values, 2, (2, 150, 299), compressors=codec)
                    common.expect("Blosc in Zarr", f"{dtype}, {words}", compressor, name, values)


def layouts():
    def expect(row, name, data, column="read", **chosen):
        common.expect("Zarr in other ways", row, column, name, data, **chosen)

    data = stack("uint16")
    for version in (2, 3):
        end = f".v{version}.zarr"
        save("plane" + end, data[0], version, (16, 20))
        expect("(row, column)", "plane" + end, data[0], f"version {version}")
        save("one_chunk" + end, data, version, (50, 50, 100))
        expect("one chunk larger than the array", "one_chunk" + end, data, f"version {version}")
        separator = {"name": "v2" if version == 2 else "default", "separator": "/" if version == 2 else "."}
        save("separator" + end, data, version, CHUNKS, chunk_key_encoding=separator)
        expect("the other names of chunks", "separator" + end, data, f"version {version}")
        holes = data.copy()
        holes[1:, 16:] = 7
        save("holes" + end, holes, version, (1, 16, 20), fill=7)
        expect("chunks that are not there", "holes" + end, holes, f"version {version}")
        expect("four axes without names", "four" + end, data, f"version {version}")
        save("four" + end, data[None], version, (1, *CHUNKS))
    save("fortran.v2.zarr", data, 2, CHUNKS, order="F")
    expect("columns first", "fortran.v2.zarr", data, "version 2")
    transpose = zarr.codecs.TransposeCodec(order=(2, 0, 1))
    save("transposed.v3.zarr", data, 3, CHUNKS, filters=transpose)
    expect("columns first", "transposed.v3.zarr", data, "version 3")
    save("delta.v2.zarr", data, 2, CHUNKS, filters=[numcodecs.Delta("<u2")])
    expect("differences (delta)", "delta.v2.zarr", data, "version 2")
    save("complex.v2.zarr", data.astype("c8"), 2, CHUNKS)
    expect("complex numbers", "complex.v2.zarr", data, "version 2")


def image(name, data, version, axes, scale=None):
    """An OME-Zarr of two levels, the second of every other pixel."""
    units = {"t": ("time", "second"), "c": ("channel", None), "z": ("space", "micrometer"),
             "y": ("space", "micrometer"), "x": ("space", "micrometer")}
    about = [{"name": axis, "type": units[axis][0], "unit": units[axis][1]} for axis in axes]
    about = [{key: value for key, value in axis.items() if value} for axis in about]
    datasets = []
    for path, values in (("0", data), ("1", data[..., ::2, ::2])):
        transformation = {"type": "scale", "scale": [1.0] * len(axes)}
        datasets.append({"path": path, "coordinateTransformations": [transformation]})
    multiscales = {"multiscales": [{"name": name, "axes": about, "datasets": datasets}]}
    attributes = {"ome": {"version": "0.5", **multiscales}} if version == 3 else multiscales
    group = zarr.create_group(folder / name, zarr_format=version, attributes=attributes)
    for path, values in (("0", data), ("1", data[..., ::2, ::2])):
        chunks = (1,) * (len(axes) - 2) + (16, 20)
        encoding = {"name": "v2" if version == 2 else "default", "separator": "/"}
        level = group.create_array(path, shape=values.shape, dtype=values.dtype, chunks=chunks,
                                   chunk_key_encoding=encoding)
        level[:] = values


def images():
    whole = stack("uint16", (FRAMES, 2, 4, ROWS, COLUMNS))  # t, c, z, y, x
    for version, column in ((2, "0.4"), (3, "0.5")):
        end = f".v{version}.ome.zarr"

        def expect(row, name, data, **chosen):
            common.expect("OME-Zarr", row, column, name + end, data, **chosen)

        image("tczyx" + end, whole, version, "tczyx")
        expect("tczyx: first channel and plane", "tczyx", whole[:, 0, 0])
        image("chosen" + end, whole, version, "tczyx")
        expect("tczyx: channel 1, plane 2", "chosen", whole[:, 1, 2], channel=1, z=2)
        image("few" + end, whole, version, "tczyx")
        expect("tczyx: channel 2 of two", "few", whole[:, 0, 0], channel=2)
        image("tyx" + end, whole[:, 0, 0], version, "tyx")
        expect("tyx", "tyx", whole[:, 0, 0])
        image("yx" + end, whole[0, 0, 0], version, "yx")
        expect("yx", "yx", whole[0, 0, 0])
        image("zyx" + end, whole[0, 0], version, "zyx")
        expect("zyx: slices taken as frames", "zyx", whole[0, 0])
        image("plane" + end, whole[0, 0], version, "zyx")
        expect("zyx: plane 3", "plane", whole[0, 0, 3], z=3)
        image("cyx" + end, whole[0, :, 0], version, "cyx")
        expect("cyx: channel 1", "cyx", whole[0, 1, 0], channel=1)


for part in (types, blosc, layouts, images):
    part()
finish()
