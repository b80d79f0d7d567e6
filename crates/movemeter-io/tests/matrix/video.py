"""Videos of many containers and codecs, written and decoded by the ffmpeg of imageio-ffmpeg.

Its truth is decoded in another way than ours: all planes as they are stored, of which the first is Y; colours as they are stored, of
which numpy makes luminance.
"""

import subprocess
import sys

import imageio_ffmpeg
import numpy

from common import expect, finish, folder, luminance

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
FRAMES, ROWS, COLUMNS = 12, 52, 72
(folder / "ffmpeg.txt").write_text(FFMPEG)


def run(*words):
    command = [FFMPEG, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *map(str, words)]
    done = subprocess.run(command, capture_output=True, cwd=folder)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.decode()}")
    return done.stdout


def source():
    """Frames of smooth colours that move, with some noise: 16 bit, RGB."""
    random = numpy.random.default_rng(3)
    y, x = numpy.mgrid[0:ROWS, 0:COLUMNS]
    frames = []
    for k in range(FRAMES):
        waves = [numpy.sin((x + 2 * k) / 7 + c) * numpy.cos((y - k) / 5 + 2 * c) for c in range(3)]
        frame = 32768 + 26000 * numpy.stack(waves, -1) + random.normal(0, 900, (ROWS, COLUMNS, 3))
        frames.append(frame.clip(0, 65535).astype("<u2"))
    return numpy.stack(frames)


source().tofile(folder / "source.raw")
SOURCE = ["-f", "rawvideo", "-pixel_format", "rgb48le", "-video_size", f"{COLUMNS}x{ROWS}", "-framerate", "25"]


def planes(name, pixel_format, dtype, n_per_pixel, size=(ROWS, COLUMNS)):
    """All stored numbers of every frame, one row a frame."""
    data = run("-i", name, "-map", "0:v:0", "-fps_mode", "passthrough", "-pix_fmt", pixel_format,
               "-f", "rawvideo", "-")
    n_numbers = int(size[0] * size[1] * n_per_pixel)
    return numpy.frombuffer(data, dtype).reshape(-1, n_numbers)


# For one pixel: numbers that are stored, and their type. Sizes are even.
PER_PIXEL = {"yuv420p": 1.5, "yuvj420p": 1.5, "yuv422p": 2, "yuvj422p": 2, "yuv444p": 3, "yuv440p": 2, "yuva444p": 4,
             "yuv410p": 1.125, "yuv411p": 1.5, "gray": 1, "ya": 2}


def split(pixel_format):
    """Layout and bits: yuv420p10le is ("yuv420p", 10)."""
    for bits in (9, 10, 12, 14, 16):
        for order in ("le", "be"):
            if pixel_format.endswith(f"{bits}{order}"):
                return pixel_format[:-len(f"{bits}{order}")], bits, "<" if order == "le" else ">"
    return pixel_format, 8, "<"


def grey_of(name, pixel_format, size=(ROWS, COLUMNS)):
    layout, bits, order = split(pixel_format)
    dtype = "u1" if bits == 8 else f"{order}u2"
    if layout in PER_PIXEL:
        numbers = planes(name, pixel_format, dtype, PER_PIXEL[layout], size)
        return numbers[:, :size[0] * size[1]].reshape(-1, *size)
    if layout in ("yuyv422", "uyvy422"):
        numbers = planes(name, pixel_format, dtype, 2, size)
        return numbers[:, (layout == "uyvy422")::2].reshape(-1, *size)
    if layout == "gbrp":
        numbers = planes(name, pixel_format, dtype, 3, size).reshape(-1, 3, *size)
        return luminance(numpy.stack([numbers[:, 2], numbers[:, 0], numbers[:, 1]], -1))
    orders = {"rgb": "rgb", "bgr": "bgr", "rgb24": "rgb", "bgr24": "bgr", "rgb48": "rgb", "rgba": "rgba",
              "bgra": "bgra", "argb": "argb", "bgr0": "bgr0"}
    order = orders[layout]
    numbers = planes(name, pixel_format, dtype, len(order), size).reshape(-1, *size, len(order))
    return luminance(numpy.stack([numbers[..., order.index(c)] for c in "rgb"], -1))


def codecs():
    """Every codec in the containers that hold it."""
    h264, hevc = ["-c:v", "libx264", "-bf", "2", "-g", "6"], ["-c:v", "libx265", "-x265-params", "log-level=error"]
    everywhere = ("mp4", "mov", "mkv", "avi", "ts")
    rows = [
        ("H.264", "yuv420p", h264, ("mp4", "mov", "mkv", "avi", "ts", "flv")),
        ("H.264, 10 bit", "yuv422p10le", h264, ("mp4", "mov", "mkv", "ts")),
        ("H.264, lossless RGB", "bgr24", ["-c:v", "libx264rgb", "-qp", "0"], ("mp4", "mkv")),
        ("H.264, fields", "yuv420p", [*h264, "-flags", "+ildct+ilme", "-x264-params", "tff=1"], ("mp4", "mkv", "ts")),
        ("HEVC", "yuv420p", hevc, ("mp4", "mov", "mkv", "ts")),
        ("HEVC, 12 bit", "yuv444p12le", hevc, ("mp4", "mkv")),
        ("AV1", "yuv420p", ["-c:v", "libaom-av1", "-cpu-used", "8"], ("mp4", "mkv", "webm")),
        ("VP9", "yuv420p", ["-c:v", "libvpx-vp9", "-b:v", "60k", "-auto-alt-ref", "1", "-lag-in-frames", "10", "-cpu-used", "5"], ("mkv", "webm", "mp4")),
        ("VP8", "yuv420p", ["-c:v", "libvpx", "-b:v", "60k", "-auto-alt-ref", "1", "-lag-in-frames", "10"], ("mkv", "webm")),
        ("MPEG-4 with B frames", "yuv420p", ["-c:v", "mpeg4", "-bf", "2", "-q:v", "3"], everywhere),
        ("MPEG-2", "yuv420p", ["-c:v", "mpeg2video", "-bf", "2", "-q:v", "3"], ("mpg", "mkv", "ts", "mxf")),
        ("MPEG-1", "yuv420p", ["-c:v", "mpeg1video", "-q:v", "3"], ("mpg",)),
        ("MJPEG", "yuvj422p", ["-c:v", "mjpeg", "-q:v", "3"], ("avi", "mov", "mkv")),
        ("ProRes 422", "yuv422p10le", ["-c:v", "prores_ks"], ("mov", "mkv")),
        ("FFV1", "yuv420p", ["-c:v", "ffv1"], ("mkv", "avi", "mov")),
        ("FFV1, 16 bit", "gray16le", ["-c:v", "ffv1"], ("mkv", "avi")),
        ("FFV1, 10 bit RGB", "gbrp10le", ["-c:v", "ffv1"], ("mkv", "avi")),
        ("uncompressed grey", "gray", ["-c:v", "rawvideo"], ("avi", "mov", "mkv")),
        ("uncompressed YUY2", "yuyv422", ["-c:v", "rawvideo"], ("avi", "mov")),
        ("uncompressed UYVY", "uyvy422", ["-c:v", "rawvideo"], ("avi", "mov")),
        ("uncompressed RGB", "bgr24", ["-c:v", "rawvideo"], ("avi",)),
        ("v210, 10 bit", "yuv422p10le", ["-c:v", "v210"], ("mov", "avi")),
        ("HuffYUV", "yuv422p", ["-c:v", "huffyuv"], ("avi", "mkv")),
        ("Ut Video, RGB", "gbrp", ["-c:v", "utvideo"], ("avi", "mkv")),
        ("PNG", "rgb24", ["-c:v", "png"], ("mov", "avi")),
        ("Animation", "rgb24", ["-c:v", "qtrle"], ("mov",)),
        ("Windows Media 2", "yuv420p", ["-c:v", "wmv2", "-q:v", "3"], ("wmv", "avi")),
        ("Theora", "yuv420p", ["-c:v", "libtheora", "-q:v", "7"], ("ogv",)),
        ("GIF", "bgra", [], ("gif",)),
    ]
    for number, (row, pixel_format, settings, endings) in enumerate(rows):
        for ending in endings:
            # There grey is written as a palette of greys.
            stored = "rgb24" if (row, ending) == ("uncompressed grey", "mov") else pixel_format
            name = f"codec_{number}.{ending}"
            run(*SOURCE, "-i", "source.raw", *settings, *([] if ending == "gif" else ["-pix_fmt", pixel_format]), name)
            expect("Videos: codecs and containers", row, ending, name, grey_of(name, stored))


def pixels():
    """Every way to store pixels that a lossless codec can hold."""
    formats = ["yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "yuva444p", "yuv420p9le", "yuv420p10le",
               "yuv422p12le", "yuv444p14le", "yuv420p16le", "gray", "gray10le", "gray12le", "gray16le", "gbrp",
               "gbrp9le", "gbrp10le", "gbrp12le", "gbrp14le", "gbrp16le", "bgr0", "bgra"]
    for pixel_format in formats:
        name = f"pixels_{pixel_format}.mkv"
        run(*SOURCE, "-i", "source.raw", "-c:v", "ffv1", "-strict", "-2", "-pix_fmt", pixel_format, name)
        expect("Videos: pixels, in FFV1", pixel_format, "mkv", name, grey_of(name, pixel_format))


def times():
    """Frames at uneven times, hidden by an edit list, turned, of odd size."""
    table = "Videos: times, edits and turns"
    h264 = ["-c:v", "libx264", "-bf", "2"]
    uneven = ["-vf", "select=not(mod(n\\,3))+eq(n\\,7)", "-fps_mode", "vfr"]
    for ending in ("mp4", "mkv"):
        name = f"uneven.{ending}"
        run(*SOURCE, "-i", "source.raw", *uneven, *h264, "-pix_fmt", "yuv420p", name)
        expect(table, "uneven times", ending, name, grey_of(name, "yuv420p"))
    for ending in ("mp4", "mov"):
        whole, name = f"whole.{ending}", f"edited.{ending}"
        run(*SOURCE, "-i", "source.raw", *h264, "-pix_fmt", "yuv420p", whole)
        run("-ss", "0.16", "-i", whole, "-c", "copy", name)
        expect(table, "begins within, by an edit list", ending, name, grey_of(whole, "yuv420p")[4:])
    for ending in ("mp4", "mov"):
        for angle, turned in ((90, 1), (180, 2), (270, 3)):
            name = f"turned_{angle}.{ending}"
            run("-display_rotation", angle, "-i", f"whole.{ending}", "-c", "copy", name)
            grey = numpy.rot90(grey_of(f"whole.{ending}", "yuv420p"), turned, (1, 2))
            expect(table, f"turned by {angle}°", ending, name, grey)
    for ending, pixel_format, codec in (("mp4", "yuv444p", h264), ("mkv", "yuv420p", ["-c:v", "ffv1"]), ("avi", "bgr24", ["-c:v", "rawvideo"])):
        name = f"odd.{ending}"
        run(*SOURCE, "-i", "source.raw", "-vf", "crop=53:37:0:0:exact=1", *codec, "-pix_fmt", pixel_format, name)
        if pixel_format == "yuv420p":
            # Half of an odd size is rounded up.
            numbers = planes(name, pixel_format, "u1", 1 + 2 * 27 * 19 / (53 * 37), (37, 53))
            grey = numbers[:, :37 * 53].reshape(-1, 37, 53)
        else:
            grey = grey_of(name, pixel_format, (37, 53))
        expect(table, "odd size", ending, name, grey)


for part in (codecs, pixels, times):
    part()
finish()
