"""PNG, JPEG and BMP pictures."""

import imagecodecs
import numpy
from PIL import Image

import common
from common import COLUMNS, ROWS, finish, folder, luminance, stack

TABLE = "PNG, JPEG, BMP"


def expect(row, column, name, grey, allowed=0.0):
    common.expect(TABLE, row, column, name, grey, allowed)


def png():
    for dtype, bits in (("u1", "8 bit"), ("u2", "16 bit")):
        grey = stack(dtype, (ROWS, COLUMNS))
        rgb, rgba = stack(dtype, (ROWS, COLUMNS, 3)), stack(dtype, (ROWS, COLUMNS, 4))
        alpha = stack(dtype, (ROWS, COLUMNS, 2))
        for kind, data, value in (("grey", grey, grey), ("grey+alpha", alpha, alpha[..., 0]),
                                  ("RGB", rgb, luminance(rgb)), ("RGBA", rgba, luminance(rgba))):
            name = f"{kind}_{dtype}.png"
            (folder / name).write_bytes(imagecodecs.png_encode(data))
            expect(f"{kind} {bits}", "PNG", name, value)
    palette = Image.fromarray(stack("u1", (ROWS, COLUMNS, 3))).quantize(16)
    palette.save(folder / "palette.png")
    expect("palette", "PNG", "palette.png", luminance(numpy.array(palette.convert("RGB"))))


def bmp():
    grey, rgb = stack("u1", (ROWS, COLUMNS)), stack("u1", (ROWS, COLUMNS, 3))
    Image.fromarray(grey).save(folder / "grey.bmp")
    expect("grey 8 bit", "BMP", "grey.bmp", grey)
    Image.fromarray(rgb).save(folder / "rgb.bmp")
    expect("RGB 8 bit", "BMP", "rgb.bmp", luminance(rgb))


def jpeg():
    y, x = numpy.mgrid[0:ROWS, 0:COLUMNS]
    smooth = (128 + 90 * numpy.sin(x / 9) * numpy.cos(y / 7)).round().astype("u1")
    for kind, name, image in (("grey", "grey.jpg", smooth),
                              ("RGB", "rgb.jpeg", numpy.stack([smooth] * 3, -1))):
        Image.fromarray(image).save(folder / name, quality=95)
        decoded = numpy.array(Image.open(folder / name))
        # Decoders may round differently.
        expect(f"{kind} 8 bit", "JPEG", name,
               decoded if decoded.ndim == 2 else luminance(decoded), 1.0)


for part in (png, jpeg, bmp):
    part()
finish()
