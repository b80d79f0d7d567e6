"""Single pictures of the kinds that are left: portable ones, WebP, and the corners of PNG, JPEG and BMP."""

import struct
import zlib

import cv2
import numpy
from common import COLUMNS, ROWS, expect, finish, folder, luminance, random, stack
from PIL import Image


def as_grey(data):
    return luminance(data[..., :3]) if data.ndim == 3 else data


def written(table, row, column, name, data, bytes_, allowed=0.0):
    (folder / name).write_bytes(bytes_)
    expect(table, row, column, name, as_grey(data), allowed)


def netpbm(magic, data, largest, comment=b""):
    rows, columns = data.shape[:2]
    head = b"%s\n%s%d %d\n" % (magic, comment, columns, rows)
    head += b"" if magic in (b"P1", b"P4") else b"%d\n" % largest
    if magic in (b"P1", b"P2", b"P3"):
        return head + b"\n".join(b" ".join(b"%d" % v for v in row.ravel()) for row in data) + b"\n"
    if magic == b"P4":
        return head + numpy.packbits(data.astype(bool), -1).tobytes()
    return head + data.astype("u1" if largest < 256 else ">u2").tobytes()


def pnm():
    table = "Portable pictures (PBM, PGM, PPM, PFM)"
    for largest in (15, 255, 1023, 4095, 65535):
        grey = random.integers(0, largest + 1, (ROWS, COLUMNS))
        rgb = random.integers(0, largest + 1, (ROWS, COLUMNS, 3))
        for magic, data, ending in ((b"P2", grey, "pgm"), (b"P5", grey, "pgm"), (b"P3", rgb, "ppm"),
                                    (b"P6", rgb, "ppm")):
            row = f"{'grey' if ending == 'pgm' else 'colours'} up to {largest}"
            column = "text" if magic in (b"P2", b"P3") else "binary"
            written(table, row, column, f"{magic.decode()}_{largest}.{ending}", data,
                    netpbm(magic, data, largest, b"# a comment\n"))
    bits = random.integers(0, 2, (ROWS, COLUMNS))
    for magic, column in ((b"P1", "text"), (b"P4", "binary")):
        name = f"{magic.decode()}.pbm"
        (folder / name).write_bytes(netpbm(magic, bits, 1))
        # White is 1, as Pillow has it.
        held = numpy.array(Image.open(folder / name))
        assert (held == 1 - bits).all()
        expect(table, "black and white", column, name, held)
    for dtype, largest in (("u1", 255), ("u2", 65535)):
        grey, rgb = stack(dtype, (ROWS, COLUMNS)), stack(dtype, (ROWS, COLUMNS, 3))
        for data, kind, ending in ((grey, "grey", "pgm"), (rgb, "colours", "ppm")):
            name = f"opencv_{dtype}.{ending}"
            cv2.imwrite(str(folder / name), data[..., ::-1] if data.ndim == 3 else data)
            expect(table, f"{kind} up to {largest}", "by OpenCV", name, as_grey(data))
    for data, kind in ((stack("f4", (ROWS, COLUMNS)), "grey"),
                       (random.normal(0, 9, (ROWS, COLUMNS, 3)).astype("f4"), "colours")):
        name, row = f"{kind}.pfm", f"{kind}, floating point"
        cv2.imwrite(str(folder / name), data[..., ::-1] if data.ndim == 3 else data)
        expect(table, row, "by OpenCV", name, as_grey(data))
    Image.fromarray(stack("f4", (ROWS, COLUMNS))).save(folder / "pillow.pfm")
    held = numpy.array(Image.open(folder / "pillow.pfm"))
    expect(table, "grey, floating point", "by Pillow", "pillow.pfm", held)
    big = random.normal(0, 9, (ROWS, COLUMNS)).astype(">f4")
    bytes_ = b"Pf\n%d %d\n1.0\n" % (COLUMNS, ROWS) + big[::-1].tobytes()
    written(table, "grey, floating point", "binary", "big.pfm", big.astype("f4"), bytes_)
    frames = random.integers(0, 4096, (5, ROWS, COLUMNS))
    name = "sequence.pgm"
    (folder / name).write_bytes(b"".join(netpbm(b"P5", frame, 4095) for frame in frames))
    expect(table, "grey up to 4095", "several in a file", name, frames)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(data, bits, colour, interlaced=False, extra=b""):
    """A PNG file as its description says; `data` is (row, column) or (row, column, channel)."""
    rows, columns = data.shape[:2]

    def lines(part):
        if bits == 16:
            return b"".join(b"\0" + row.astype(">u2").tobytes() for row in part)
        if bits == 8:
            return b"".join(b"\0" + row.astype("u1").tobytes() for row in part)
        places = numpy.arange(bits)[::-1]
        split = (part[..., None] >> places & 1).astype("u1").reshape(part.shape[0], -1)
        return b"".join(b"\0" + row.tobytes() for row in numpy.packbits(split, -1))

    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
              (1, 0, 2, 1))
    parts = [data[y::dy, x::dx] for y, x, dy, dx in passes] if interlaced else [data]
    body = b"".join(lines(part) for part in parts if part.size)
    head = struct.pack(">IIBBBBB", columns, rows, bits, colour, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra
            + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b""))


def png():
    kinds = [(f"grey, {bits}-bit", bits, 0, (ROWS, COLUMNS)) for bits in (1, 2, 4, 8, 16)]
    kinds += [(f"colours, {bits}-bit", bits, 2, (ROWS, COLUMNS, 3)) for bits in (8, 16)]
    kinds += [(f"palette, {bits}-bit", bits, 3, (ROWS, COLUMNS)) for bits in (1, 2, 4, 8)]
    for row, bits, colour, shape in kinds:
        data = random.integers(0, 1 << bits, shape)
        palette = random.integers(0, 256, (1 << bits, 3)).astype("u1") if colour == 3 else None
        extra = chunk(b"PLTE", palette.tobytes()) if colour == 3 else b""
        for interlaced, column in ((False, "plain"), (True, "interlaced")):
            name = f"{row} {column}.png".replace(" ", "_")
            (folder / name).write_bytes(png_of(data, bits, colour, interlaced, extra))
            held = cv2.imread(str(folder / name), cv2.IMREAD_UNCHANGED)
            if colour == 3:
                assert (held[..., ::-1] == palette[data]).all()
            held = held[..., ::-1] if held.ndim == 3 else held
            # A grey level of few bits is stretched to 0 … 255, as everywhere.
            assert colour or (held == data * max(1, 255 // ((1 << bits) - 1))).all()
            expect("PNG", row, column, name, as_grey(held))
    frames = [Image.fromarray(stack("u1", (ROWS, COLUMNS))) for _ in range(3)]
    frames[0].save(folder / "animation.png", save_all=True, append_images=frames[1:])
    expect("PNG", "grey, 8-bit", "animation", "animation.png", stack("u1", (ROWS, COLUMNS)))


def smooth(*phases):
    y, x = numpy.mgrid[0:ROWS, 0:COLUMNS]
    parts = [128 + 90 * numpy.sin(x / 9 + phase) * numpy.cos(y / 7) for phase in phases]
    return numpy.squeeze(numpy.stack(parts, -1).round().astype("u1"))


def jpeg():
    kinds = (("grey", smooth(0)), ("colours", smooth(0, 0.4, 0.8)))
    for row, data in kinds:
        turned = Image.Exif()
        turned[0x0112] = 6
        for column, options in (("baseline", {}), ("progressive", {"progressive": True}),
                                ("to be turned", {"exif": turned})):
            name = f"{row}_{column}.jpg".replace(" ", "_")
            Image.fromarray(data).save(folder / name, quality=95, subsampling=0, **options)
            held = numpy.array(Image.open(folder / name))
            # Decoders may round differently.
            expect("JPEG", row, column, name, as_grey(held), 1.0)
    ink = Image.fromarray(kinds[1][1]).convert("CMYK")
    ink.save(folder / "ink.jpg")
    expect("JPEG", "ink (CMYK)", "baseline", "ink.jpg", kinds[0][1])


def bmp_of(body, bits, compression=0, palette=b"", height=ROWS, masks=b""):
    at = 14 + 40 + len(masks) + len(palette)
    head = struct.pack("<IiiHHIIiiII", 40, COLUMNS, height, 1, bits, compression, len(body), 0, 0,
                       len(palette) // 4, 0)
    return struct.pack("<2sIHHI", b"BM", at + len(body), 0, 0, at) + head + masks + palette + body


def filled(rows):
    """From the lowest row up, each filled to four bytes."""
    return b"".join(row + bytes(-len(row) % 4) for row in rows[::-1])


def bmp():
    for bits in (1, 4, 8):
        data = random.integers(0, 1 << bits, (ROWS, COLUMNS))
        colours = random.integers(0, 256, (1 << bits, 4)).astype("u1")  # blue, green, red, nothing
        places = numpy.arange(bits)[::-1]
        split = (data[..., None] >> places & 1).astype("u1").reshape(ROWS, -1)
        rows = [row.tobytes() for row in numpy.packbits(split, -1)]
        value = colours[data][..., 2::-1]
        name = f"palette_{bits}.bmp"
        written("BMP", f"palette, {bits}-bit", "lowest row first", name, value,
                bmp_of(filled(rows), bits, palette=colours.tobytes()))
        name = f"palette_{bits}_top.bmp"
        written("BMP", f"palette, {bits}-bit", "top row first", name, value,
                bmp_of(filled(rows[::-1]), bits, palette=colours.tobytes(), height=-ROWS))
        if bits == 8:
            runs = b"".join(b"".join(bytes([1, v]) for v in row) + b"\0\0" for row in data[::-1])
            written("BMP", "palette, 8-bit", "run lengths", "palette_8_runs.bmp", value,
                    bmp_of(runs + b"\0\1", 8, 1, colours.tobytes()))
    grey = numpy.repeat(numpy.arange(256), 4).reshape(256, 4).astype("u1")
    data = stack("u1", (ROWS, COLUMNS))
    written("BMP", "grey, 8-bit", "lowest row first", "grey_8.bmp", data,
            bmp_of(filled([row.tobytes() for row in data]), 8, palette=grey.tobytes()))
    for bits, channels in ((24, 3), (32, 4)):
        data = stack("u1", (ROWS, COLUMNS, channels))
        rows = [row[:, [2, 1, 0, 3][:channels]].tobytes() for row in data]
        written("BMP", f"colours, {bits}-bit", "lowest row first", f"colours_{bits}.bmp", data,
                bmp_of(filled(rows), bits))
        written("BMP", f"colours, {bits}-bit", "top row first", f"colours_{bits}_top.bmp", data,
                bmp_of(filled(rows[::-1]), bits, height=-ROWS))
    data = random.integers(0, 32, (ROWS, COLUMNS, 3))
    whole = (data[..., 0] << 10 | data[..., 1] << 5 | data[..., 2]).astype("<u2")
    name = "colours_16.bmp"
    # Five bits are stretched to eight; Pillow cuts off where this rounds.
    written("BMP", "colours, 16-bit", "lowest row first", name, numpy.round(data * 255 / 31),
            bmp_of(filled([row.tobytes() for row in whole]), 16))


def webp():
    for row, data in (("grey", smooth(0)), ("colours", smooth(0, 0.4, 0.8))):
        image = Image.fromarray(data)
        for column, options in (("lossless", {"lossless": True}), ("lossy", {"quality": 90})):
            name = f"{row}_{column}.webp"
            image.save(folder / name, **options)
            held = numpy.array(Image.open(folder / name).convert("RGB"))
            expect("WebP", row, column, name, as_grey(held))
    frames = [Image.fromarray(smooth(phase)) for phase in (0, 1, 2)]
    frames[0].save(folder / "animation.webp", save_all=True, append_images=frames[1:])
    expect("WebP", "grey", "animation", "animation.webp", smooth(0))


pnm()
png()
jpeg()
bmp()
webp()
finish()
