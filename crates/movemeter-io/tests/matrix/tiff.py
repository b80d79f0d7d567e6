"""TIFF files of many kinds: what is in a pixel, how it is packed, and who wrote the recording."""

import uuid

import imagecodecs
import numpy
import tifffile
from PIL import Image

from common import COLUMNS, FRAMES, ROWS, expect, finish, folder, luminance, random, stack

PACKED = "TIFF: pixels and compressions"
LAID_OUT = "TIFF: pixels and layouts"
RECORDINGS = "TIFF: recordings"
OTHERS = "TIFF: other compressions"
GREY = {"photometric": "minisblack"}
TYPES = "uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64".split()
COMPRESSIONS = {"none": {}, "LZW": {"compression": "lzw"}, "Deflate": {"compression": "zlib"},
                "Zstd": {"compression": "zstd"}, "PackBits": {"compression": "packbits"}}
LAYOUTS = {"one strip": {}, "strips": {"rowsperstrip": 5}, "tiles": {"tile": (16, 32)},
           "tiles, big-endian, Deflate, predictor":
               {"tile": (16, 16), "byteorder": ">", "compression": "zlib", "predictor": True},
           "big-endian": {"byteorder": ">"}, "BigTIFF": {"bigtiff": True},
           "BigTIFF, big-endian": {"bigtiff": True, "byteorder": ">"},
           "BigTIFF, tiles, Zstd": {"bigtiff": True, "tile": (16, 16), "compression": "zstd"}}


def name_of(*words):
    letters = "_".join(words).lower()
    return "".join(letter if letter.isalnum() else "_" for letter in letters) + ".tif"


def try_one(table, row, column, data, grey, **options):
    name = name_of(row, column)
    tifffile.imwrite(folder / name, data, **options)
    expect(table, row, column, name, grey)


def try_packed(row, data, grey, **options):
    for column, packing in COMPRESSIONS.items():
        try_one(PACKED, row, column, data, grey, **options, **packing)
        # tifffile has no predictor for 64-bit integers, and there is none for indices.
        if packing and column != "PackBits" and data.dtype.name not in ("int64", "uint64") \
                and options["photometric"] != "palette":
            try_one(PACKED, row, column + ", predictor", data, grey, predictor=True,
                    **options, **packing)


def try_laid_out(row, data, grey, **options):
    for column, layout in LAYOUTS.items():
        if "predictor" in layout and data.dtype.name in ("int64", "uint64"):
            layout = {**layout, "predictor": None}
        try_one(LAID_OUT, row, column, data, grey, **options, **layout)


def grey_types():
    for dtype in TYPES:
        data = stack(dtype)
        try_packed(dtype, data, data, **GREY)
        try_laid_out(dtype, data, data, **GREY)
    for dtype in ("uint8", "uint16", "float32"):
        data = stack(dtype)
        try_packed(dtype + ", white is zero", data, data, photometric="miniswhite")


def colours():
    for dtype in ("uint8", "uint16", "float32"):
        rgb = numpy.nan_to_num(stack(dtype, (FRAMES, ROWS, COLUMNS, 3)), posinf=1)
        row = f"RGB {dtype}"
        try_packed(row, rgb, luminance(rgb), photometric="rgb")
        try_laid_out(row, rgb, luminance(rgb), photometric="rgb")
        planes = numpy.moveaxis(rgb[0], -1, 0)
        separate = {"photometric": "rgb", "planarconfig": "separate"}
        try_one(LAID_OUT, row, "separate planes", planes, luminance(rgb[0]), **separate)
        try_one(LAID_OUT, row, "separate planes, tiles, Deflate", planes, luminance(rgb[0]),
                tile=(16, 16), compression="zlib", **separate)
    rgba = stack("u1", (ROWS, COLUMNS, 4))
    for alpha in ("unassalpha", "assocalpha", "unspecified"):
        row, options = f"RGBA uint8, {alpha}", {"photometric": "rgb", "extrasamples": [alpha]}
        try_packed(row, rgba, luminance(rgba), **options)
        try_one(LAID_OUT, row, "separate planes", numpy.moveaxis(rgba, -1, 0), luminance(rgba),
                planarconfig="separate", **options)
    alpha = stack("u1", (ROWS, COLUMNS, 2))
    options = {"extrasamples": ["unassalpha"], **GREY}
    try_packed("grey+alpha uint8", alpha, alpha[..., 0], planarconfig="contig", **options)
    try_one(LAID_OUT, "grey+alpha uint8", "separate planes", numpy.moveaxis(alpha, -1, 0),
            alpha[..., 0], planarconfig="separate", **options)
    indices, colours = stack("u1"), stack("u2", (3, 256))
    mapped = luminance(numpy.moveaxis(colours, 0, -1))[indices] / 257
    options = {"photometric": "palette", "colormap": colours}
    try_packed("palette uint8", indices, mapped, **options)
    try_one(LAID_OUT, "palette uint8", "big-endian", indices, mapped, byteorder=">", **options)


def smooth_picture():
    y, x = numpy.mgrid[0:ROWS, 0:COLUMNS]
    waves = [128 + 90 * numpy.sin(x / 9 + k) * numpy.cos(y / 7) for k in range(3)]
    return numpy.stack(waves).round().astype("u1")


def jpeg():
    smooth = smooth_picture()
    for column, tile in (("JPEG", None), ("JPEG, tiles", (16, 16))):
        name = name_of("uint8", column)
        tifffile.imwrite(folder / name, smooth, compression="jpeg", tile=tile, **GREY)
        # Decoders may round differently.
        expect(PACKED, "uint8", column, name, tifffile.imread(folder / name), 1.0)
    rgb = numpy.moveaxis(smooth, 0, -1)
    for row, subsampling in (("YCbCr uint8", (1, 1)), ("YCbCr uint8, fewer colours", (2, 2))):
        name = name_of(row)
        tifffile.imwrite(folder / name, rgb, photometric="ycbcr", compression="jpeg",
                         subsampling=subsampling)
        with tifffile.TiffFile(folder / name) as file:
            page = file.pages[0]
            segment = (folder / name).read_bytes()[page.dataoffsets[0]:][:page.databytecounts[0]]
            assert len(page.dataoffsets) == 1
            decoded = imagecodecs.jpeg8_decode(segment, tables=page.jpegtables,
                                               colorspace="YCBCR", outcolorspace="YCBCR")
        expect(PACKED, row, "JPEG", name, decoded[..., 0], 1.0)


def few_bits():
    """Written as bytes, with tags that say what they are afterwards; one bit by Pillow."""
    bits = random.integers(0, 2, (ROWS, COLUMNS)).astype("u1")
    for column, compression in (("none", "raw"), ("LZW", "tiff_lzw"), ("PackBits", "packbits"),
                                ("Deflate", "tiff_deflate")):
        name = name_of("one bit", column)
        Image.fromarray(bits * 255).convert("1").save(folder / name, compression=compression)
        expect(PACKED, "1 bit", column, name, bits)
    for n_bits in (2, 4, 6, 10, 12, 14):
        data = random.integers(0, 1 << n_bits, (ROWS, COLUMNS))
        places = numpy.arange(n_bits)[::-1]
        places = (data[..., None] >> places & 1).astype(bool)
        packed = numpy.packbits(places.reshape(ROWS, -1), -1)
        for column, packing in COMPRESSIONS.items():
            name = name_of(f"{n_bits} bit", column)
            tifffile.imwrite(folder / name, packed, rowsperstrip=9, **GREY, **packing)
            with tifffile.TiffFile(folder / name, mode="r+b") as file:
                tags = file.pages[0].tags
                tags["BitsPerSample"].overwrite(n_bits)
                tags["ImageWidth"].overwrite(COLUMNS)
            expect(PACKED, f"{n_bits} bit", column, name, data)


def pillow_palette():
    image = Image.fromarray(stack("u1", (ROWS, COLUMNS, 3))).quantize(31)
    name = name_of("pillow palette")
    image.save(folder / name)
    map_of = numpy.array(image.getpalette() + [0] * 768, dtype="f8")[:768].reshape(256, 3)
    # Pillow writes 256 v where 257 v would be the whole scale.
    grey = luminance(map_of)[numpy.array(image)] * 256 / 257
    expect(PACKED, "palette uint8", "none", name, grey, 1e-4)


def other_compressions():
    data = stack("u2", (ROWS, COLUMNS))
    smooth = smooth_picture()[0]
    for column, compression in (("LZMA", "lzma"), ("LERC", "lerc"), ("JPEG 2000", "jpeg2000"),
                                ("JPEG XL", "jpegxl"), ("PNG", "png"), ("JPEG XR", "jpegxr")):
        try_one(OTHERS, "uint16", column, data, data, compression=compression, **GREY)
    rgb = numpy.stack([smooth] * 3, -1)
    try_one(OTHERS, "RGB uint8", "WebP", rgb, smooth, compression="webp", photometric="rgb")
    bits = random.integers(0, 2, (ROWS, COLUMNS)).astype("u1")
    for column, compression in (("CCITT group 4", "group4"), ("CCITT group 3", "group3"),
                                ("CCITT RLE", "tiff_ccitt")):
        name = name_of("one bit", column)
        Image.fromarray(bits * 255).convert("1").save(folder / name, compression=compression)
        expect(OTHERS, "1 bit", column, name, bits)


def chosen(row, name, data, channels=True, depths=True):
    """`data` is (frame, depth, channel, row, column)."""
    n_depths, n_channels = data.shape[1:3]
    expect(RECORDINGS, row, "as it comes", name, data[:, 0, 0])
    last = n_channels - 1, n_depths - 1
    if channels:
        expect(RECORDINGS, row, "--channel", name, data[:, 0, last[0]], channel=last[0])
    if depths:
        expect(RECORDINGS, row, "--z", name, data[:, last[1], 0], z=last[1])
    if channels and depths:
        expect(RECORDINGS, row, "--channel --z", name, data[:, last[1], last[0]], channel=last[0],
               z=last[1])


def imagej():
    data = stack("u2")
    hyper = stack("u2", (FRAMES, 4, 2, ROWS, COLUMNS))
    # Of slices and one frame, slices are the frames.
    for row, name, axes, array in (("ImageJ stack", "imagej.tif", "TYX", data),
                                   ("ImageJ slices", "slices.tif", "ZYX", data),
                                   ("ImageJ float32", "imagej_f4.tif", "TYX", stack("f4"))):
        tifffile.imwrite(folder / name, array, imagej=True, metadata={"axes": axes})
        expect(RECORDINGS, row, "as it comes", name, array)
    tifffile.imwrite(folder / "hyper.tif", hyper, imagej=True, metadata={"axes": "TZCYX"})
    chosen("ImageJ hyperstack", "hyper.tif", hyper)
    slices = hyper[:1]
    tifffile.imwrite(folder / "slices_of_two.tif", slices, imagej=True, metadata={"axes": "TZCYX"})
    row = "ImageJ slices of two channels"
    expect(RECORDINGS, row, "as it comes", "slices_of_two.tif", slices[0, :, 0])
    expect(RECORDINGS, row, "--channel", "slices_of_two.tif", slices[0, :, 1], channel=1)
    expect(RECORDINGS, row, "--z", "slices_of_two.tif", slices[0, 2:3, 0], z=2)
    for row, name, options in (("ImageJ, one directory", "imagej_one.tif", {"imagej": True}),
                               ("tifffile, one directory", "truncated.tif", GREY),
                               ("tifffile, one directory, big-endian", "truncated_be.tif",
                                {"byteorder": ">", **GREY})):
        tifffile.imwrite(folder / name, data, truncate=True, metadata={"axes": "TYX"}, **options)
        expect(RECORDINGS, row, "as it comes", name, data)
    tifffile.imwrite(folder / "hyper_one.tif", hyper, imagej=True, truncate=True,
                     metadata={"axes": "TZCYX"})
    chosen("ImageJ hyperstack, one directory", "hyper_one.tif", hyper)
    film = stack("u1", (FRAMES, ROWS, COLUMNS, 3))
    tifffile.imwrite(folder / "film_one.tif", film, imagej=True, truncate=True,
                     metadata={"axes": "TYXS"})
    expect(RECORDINGS, "ImageJ RGB, one directory", "as it comes", "film_one.tif", luminance(film))


def pages():
    data = stack("u2")
    with tifffile.TiffWriter(folder / "page_by_page.tif") as writer:
        for page in data:
            writer.write(page, contiguous=False, **GREY)
    expect(RECORDINGS, "page by page", "as it comes", "page_by_page.tif", data)
    many = stack("u1", (2, 3, 2, ROWS, COLUMNS))
    tifffile.imwrite(folder / "five.tif", many, **GREY)
    expect(RECORDINGS, "tifffile, five dimensions", "as it comes", "five.tif",
           many.reshape(-1, ROWS, COLUMNS))
    with tifffile.TiffWriter(folder / "preview.tif") as writer:
        writer.write(data[0], **GREY)
        writer.write(data[0, ::2, ::2], subfiletype=1, **GREY)
    expect(RECORDINGS, "with a preview", "as it comes", "preview.tif", data[0])
    samples = stack("u2", (FRAMES, ROWS, COLUMNS, 5))
    for row, name, config in (("channels in pixels", "contig.tif", "contig"),
                              ("channels in planes", "separate.tif", "separate")):
        array = samples if config == "contig" else numpy.moveaxis(samples, -1, 1)
        tifffile.imwrite(folder / name, array, planarconfig=config, compression="zlib", **GREY)
        chosen(row, name, numpy.moveaxis(samples, -1, 1)[:, None], depths=False)


def ome():
    data = stack("u2")
    tifffile.imwrite(folder / "ome.ome.tif", data, metadata={"axes": "TYX"})
    expect(RECORDINGS, "OME-TIFF", "as it comes", "ome.ome.tif", data)
    hyper = stack("u2", (FRAMES, 4, 2, ROWS, COLUMNS))
    for order in ("TZCYX", "TCZYX", "ZTCYX", "ZCTYX", "CTZYX", "CZTYX"):
        # The axes of the array, slowest first; OME names them fastest first.
        array = hyper.transpose(*("TZCYX".index(axis) for axis in order))
        name = f"order_{order.lower()}.ome.tif"
        tifffile.imwrite(folder / name, array, metadata={"axes": order})
        chosen(f"OME-TIFF, {order[::-1]}", name, hyper)
    row, name = "OME-TIFF, pyramid of tiles", "pyramid.ome.tif"
    with tifffile.TiffWriter(folder / name, bigtiff=True) as writer:
        options = {"tile": (16, 16), "compression": "zstd"}
        writer.write(hyper, subifds=1, metadata={"axes": "TZCYX"}, **options)
        writer.write(hyper[..., ::2, ::2], subfiletype=1, **options)
    chosen(row, name, hyper)
    film = stack("u1", (FRAMES, ROWS, COLUMNS, 3))
    tifffile.imwrite(folder / "rgb.ome.tif", film, photometric="rgb", metadata={"axes": "TYXS"})
    expect(RECORDINGS, "OME-TIFF, RGB", "as it comes", "rgb.ome.tif", luminance(film))


def ome_files():
    """One file for each frame; and the same with all that is said in a file of its own."""
    hyper = stack("u2", (FRAMES, 4, 2, ROWS, COLUMNS))
    ids = [f"urn:uuid:{uuid.UUID(int=k + 1)}" for k in range(FRAMES)]
    for row, stem, companion in (("OME-TIFF, a file for each frame", "set", ""),
                                 ("OME-TIFF, with a companion", "with", "with.companion.ome")):
        names = [f"{stem}_{k}.ome.tif" for k in range(FRAMES)]
        places = "".join(
            f'<TiffData IFD="0" PlaneCount="8" FirstT="{k}"><UUID FileName="{name}">{ids[k]}</UUID>'
            f"</TiffData>" for k, name in enumerate(names))
        body = (f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" '
                f'SizeX="{COLUMNS}" SizeY="{ROWS}" SizeC="2" SizeZ="4" SizeT="{FRAMES}">{places}'
                f"</Pixels></Image>")
        start = '<?xml version="1.0" encoding="UTF-8"?><OME xmlns=' \
                '"http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{}">'
        for k, name in enumerate(names):
            said = f'<BinaryOnly MetadataFile="{companion}" UUID="urn:uuid:0"/>' if companion else body
            tifffile.imwrite(folder / name, hyper[k].reshape(-1, ROWS, COLUMNS), metadata=None,
                             description=start.format(ids[k]) + said + "</OME>", **GREY)
        if companion:
            (folder / companion).write_text(start.format("urn:uuid:0") + body + "</OME>")
        for name in names[:1] if companion else names[1:2]:
            chosen(row, name, hyper)


for part in (grey_types, colours, few_bits, jpeg, pillow_palette, other_compressions, pages, imagej,
             ome, ome_files):
    part()
finish()
