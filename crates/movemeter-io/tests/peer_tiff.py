"""Writes stacks of many kinds with other people's programs, and what numpy holds of them.

    python peer_tiff.py FOLDER

needs numpy, tifffile, imagecodecs and Pillow. Beside every file stands its truth: `FILE.f32`, the
grey pixels (frame, row, column) as little-endian float32. `manifest.tsv` lists file, frames, rows,
columns and the difference that is allowed.
"""

import sys
from pathlib import Path

import imagecodecs
import numpy
import tifffile
from PIL import Image

folder = Path(sys.argv[1])
manifest = []
random = numpy.random.default_rng(7)
FRAMES, ROWS, COLUMNS = 3, 37, 53  # odd, so that no row, strip or tile fits by chance


def luminance(rgb):
    rgb = rgb.astype(numpy.float64)
    return (299 * rgb[..., 0] + 587 * rgb[..., 1] + 114 * rgb[..., 2]) / 1000


def expect(name, grey, allowed=0.0):
    grey = numpy.asarray(grey)
    grey = grey.reshape(-1, *grey.shape[-2:])
    with numpy.errstate(over="ignore"):
        grey.astype("<f4").tofile(folder / (name + ".f32"))
    manifest.append(f"{name}\t{grey.shape[0]}\t{grey.shape[1]}\t{grey.shape[2]}\t{allowed}")


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


def tiff(name, data, grey=None, allowed=0.0, **options):
    name += ".tif"
    tifffile.imwrite(folder / name, data, **options)
    expect(name, data if grey is None else grey, allowed)


def tiff_types():
    for dtype in "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8".split():
        data = stack(dtype)
        for order in "<>":
            tiff(f"plain_{dtype}_{'le' if order == '<' else 'be'}", data,
                 byteorder=order, photometric="minisblack")
        for compression in ("lzw", "zlib", "zstd"):
            tiff(f"{compression}_{dtype}", data, compression=compression, photometric="minisblack")
            if dtype not in ("u8", "i8"):  # tifffile has no predictor for 64-bit integers
                tiff(f"{compression}_predictor_{dtype}", data, compression=compression,
                     predictor=True, photometric="minisblack")


def tiff_layouts():
    data = stack("u2")
    common = {"photometric": "minisblack"}
    tiff("big", data, bigtiff=True, **common)
    tiff("big_be", data, bigtiff=True, byteorder=">", **common)
    tiff("big_tiled_zstd", data, bigtiff=True, tile=(16, 16), compression="zstd", **common)
    tiff("tiled", data, tile=(16, 32), **common)
    tiff("tiled_be_predictor", data, tile=(16, 16), compression="zlib", predictor=True,
         byteorder=">", **common)
    tiff("tiled_float_predictor", stack("f4"), tile=(16, 16), compression="zlib", predictor=True,
         **common)
    tiff("strips", data, rowsperstrip=5, **common)
    tiff("strips_lzw", data, rowsperstrip=5, compression="lzw", **common)
    tiff("packbits", stack("u1"), compression="packbits", **common)
    tiff("packbits_u2", data, compression="packbits", **common)
    tiff("be_predictor", data, byteorder=">", compression="lzw", predictor=True, **common)
    tiff("one_page", data[0], **common)
    tiff("white_is_zero", stack("u1"), photometric="miniswhite")
    tiff("white_is_zero_u2_lzw", data, photometric="miniswhite", compression="lzw")
    tiff("white_is_zero_f4", stack("f4"), photometric="miniswhite")
    tiff("white_is_zero_i2", stack("i2"), photometric="miniswhite")
    tiff("imagej", data, imagej=True)
    tiff("imagej_f4", stack("f4"), imagej=True)
    tiff("imagej_one_directory", data, imagej=True, metadata={"axes": "TYX"}, truncate=True)
    tiff("truncated", data, truncate=True, **common)
    tiff("truncated_be", data, truncate=True, byteorder=">", **common)
    tiff("ome", data, ome=True, metadata={"axes": "TYX"})
    with tifffile.TiffWriter(folder / "page_by_page.tif") as writer:
        for page in data:
            writer.write(page, contiguous=False, **common)
    expect("page_by_page.tif", data)
    with tifffile.TiffWriter(folder / "preview.tif") as writer:
        writer.write(data[0], **common)
        writer.write(data[0, ::2, ::2], subfiletype=1, **common)
    expect("preview.tif", data[0])


def tiff_colours():
    for dtype in ("u1", "u2", "f4"):
        rgb = stack(dtype, (ROWS, COLUMNS, 3))
        rgb = numpy.nan_to_num(rgb, posinf=1)
        grey = luminance(rgb)
        tiff(f"rgb_{dtype}", rgb, grey, photometric="rgb")
        tiff(f"rgb_lzw_predictor_{dtype}", rgb, grey, photometric="rgb", compression="lzw",
             predictor=True)
        tiff(f"rgb_tiled_{dtype}", rgb, grey, photometric="rgb", tile=(16, 16))
        planes = numpy.moveaxis(rgb, -1, 0)
        tiff(f"rgb_planar_{dtype}", planes, grey, photometric="rgb", planarconfig="separate")
        tiff(f"rgb_planar_tiled_zlib_{dtype}", planes, grey, photometric="rgb",
             planarconfig="separate", tile=(16, 16), compression="zlib")
    rgba = stack("u1", (ROWS, COLUMNS, 4))
    for extra in ("unassalpha", "assocalpha", "unspecified"):
        tiff(f"rgba_{extra}", rgba, luminance(rgba), photometric="rgb", extrasamples=[extra])
        tiff(f"rgba_{extra}_predictor", rgba, luminance(rgba), photometric="rgb",
             extrasamples=[extra], compression="zlib", predictor=True)
        tiff(f"rgba_{extra}_planar", numpy.moveaxis(rgba, -1, 0), luminance(rgba),
             photometric="rgb", extrasamples=[extra], planarconfig="separate")
    film = stack("u2", (FRAMES, ROWS, COLUMNS, 3))
    tiff("rgb_film", film, luminance(film), photometric="rgb")
    alpha = stack("u1", (ROWS, COLUMNS, 2))
    tiff("grey_alpha", alpha, alpha[..., 0], photometric="minisblack", planarconfig="contig",
         extrasamples=["unassalpha"])
    tiff("grey_alpha_planar", numpy.moveaxis(alpha, -1, 0), alpha[..., 0],
         photometric="minisblack", planarconfig="separate", extrasamples=["unassalpha"])
    indices = stack("u1")
    colours = stack("u2", (3, 256))
    mapped = luminance(numpy.moveaxis(colours, 0, -1))[indices] / 257
    for compression in (None, "lzw", "zlib"):
        tiff(f"palette_{compression}", indices, mapped, photometric="palette", colormap=colours,
             compression=compression)
    tiff("palette_be", indices, mapped, photometric="palette", colormap=colours, byteorder=">")


def tiff_jpeg():
    y, x = numpy.mgrid[0:ROWS, 0:COLUMNS]
    smooth = numpy.stack([(128 + 90 * numpy.sin(x / 9 + k) * numpy.cos(y / 7)) for k in range(3)])
    smooth = smooth.round().astype("u1")
    for tile in (None, (16, 16)):
        name = "jpeg_tiled" if tile else "jpeg"
        options = {"photometric": "minisblack", "compression": "jpeg", "tile": tile}
        tifffile.imwrite(folder / (name + ".tif"), smooth, **options)
        # Decoders may round differently.
        expect(name + ".tif", tifffile.imread(folder / (name + ".tif")), 1.0)
    rgb = numpy.moveaxis(smooth, 0, -1)
    for subsampling in ((1, 1), (2, 2)):
        name = f"jpeg_ycbcr_{subsampling[0]}.tif"
        tifffile.imwrite(folder / name, rgb, photometric="ycbcr", compression="jpeg",
                         subsampling=subsampling)
        with tifffile.TiffFile(folder / name) as file:
            page = file.pages[0]
            segment = (folder / name).read_bytes()[page.dataoffsets[0]:][:page.databytecounts[0]]
            assert len(page.dataoffsets) == 1
            decoded = imagecodecs.jpeg8_decode(segment, tables=page.jpegtables,
                                               colorspace="YCBCR", outcolorspace="YCBCR")
        expect(name, decoded[..., 0], 1.0)


def tiff_pillow():
    bits = random.integers(0, 2, (ROWS, COLUMNS)).astype("u1")
    for compression in ("raw", "tiff_lzw", "packbits", "tiff_deflate"):
        name = f"one_bit_{compression}.tif"
        Image.fromarray(bits * 255).convert("1").save(folder / name, compression=compression)
        expect(name, bits)
    image = Image.fromarray(stack("u1", (ROWS, COLUMNS, 3))).quantize(31)
    image.save(folder / "pillow_palette.tif")
    map_of = numpy.array(image.getpalette() + [0] * 768, dtype="f8")[:768].reshape(256, 3)
    # Pillow writes 256 v where 257 v would be the whole scale.
    grey = luminance(map_of)[numpy.array(image)] * 256 / 257
    expect("pillow_palette.tif", grey, 1e-4)


def tiff_packed():
    for bits in (2, 4, 6, 10, 12, 14):
        data = random.integers(0, 1 << bits, (ROWS, COLUMNS))
        places = numpy.arange(bits)[::-1]
        packed = numpy.packbits((data[..., None] >> places & 1).astype(bool).reshape(ROWS, -1), -1)
        for compression in (None, "lzw", "zlib"):
            name = f"packed_{bits}_{compression}.tif"
            # Written as bytes, with tags that say what they are afterwards.
            tifffile.imwrite(folder / name, packed, photometric="minisblack", rowsperstrip=9,
                             compression=compression)
            with tifffile.TiffFile(folder / name, mode="r+b") as file:
                tags = file.pages[0].tags
                tags["BitsPerSample"].overwrite(bits)
                tags["ImageWidth"].overwrite(COLUMNS)
            expect(name, data)


def pictures():
    for dtype, mode in (("u1", "8"), ("u2", "16")):
        grey = stack(dtype, (ROWS, COLUMNS))
        rgb, rgba = stack(dtype, (ROWS, COLUMNS, 3)), stack(dtype, (ROWS, COLUMNS, 4))
        alpha = stack(dtype, (ROWS, COLUMNS, 2))
        for name, data, value in (("grey", grey, grey), ("alpha", alpha, alpha[..., 0]),
                                  ("rgb", rgb, luminance(rgb)), ("rgba", rgba, luminance(rgba))):
            name = f"{name}{mode}.png"
            (folder / name).write_bytes(imagecodecs.png_encode(data))
            expect(name, value)
    grey, rgb = stack("u1", (ROWS, COLUMNS)), stack("u1", (ROWS, COLUMNS, 3))
    Image.fromarray(grey).save(folder / "grey.bmp")
    expect("grey.bmp", grey)
    Image.fromarray(rgb).save(folder / "rgb.bmp")
    expect("rgb.bmp", luminance(rgb))
    palette = Image.fromarray(rgb).quantize(16)
    palette.save(folder / "palette.png")
    expect("palette.png", luminance(numpy.array(palette.convert("RGB"))))
    y, x = numpy.mgrid[0:ROWS, 0:COLUMNS]
    smooth = (128 + 90 * numpy.sin(x / 9) * numpy.cos(y / 7)).round().astype("u1")
    for name, image in (("grey.jpg", smooth), ("rgb.jpeg", numpy.stack([smooth] * 3, -1))):
        Image.fromarray(image).save(folder / name, quality=95)
        decoded = numpy.array(Image.open(folder / name))
        # Decoders may round differently.
        expect(name, decoded if decoded.ndim == 2 else luminance(decoded), 1.0)


def arrays():
    for dtype in "b1 u1 i1 u2 i2 u4 i4 u8 i8 f4 f8".split():
        data = stack(numpy.bool_ if dtype == "b1" else dtype)
        for order in "<>":
            for name, layout in (("c", numpy.ascontiguousarray), ("f", numpy.asfortranarray)):
                ordered = layout(data.astype(data.dtype.newbyteorder(order)))
                name = f"{name}_{'le' if order == '<' else 'be'}_{dtype}.npy"
                numpy.save(folder / name, ordered)
                expect(name, data)
    plane = stack("u2", (ROWS, COLUMNS))
    numpy.save(folder / "plane.npy", plane)
    expect("plane.npy", plane)
    numpy.save(folder / "plane_f.npy", numpy.asfortranarray(plane))
    expect("plane_f.npy", plane)
    with open(folder / "version3.npy", "wb") as file:
        numpy.lib.format.write_array(file, plane, version=(3, 0))
    expect("version3.npy", plane)


for part in (tiff_types, tiff_layouts, tiff_colours, tiff_jpeg, tiff_pillow, tiff_packed, pictures,
             arrays):
    part()
(folder / "manifest.tsv").write_text("\n".join(manifest) + "\n")
print(len(manifest), "files")
