"""Videos of the kinds that cameras and phones write, as ffmpeg writes and reads them: the luma as it is stored."""

import io
import re
import struct
import subprocess

import imageio_ffmpeg
import numpy
from PIL import Image

from common import expect, finish, folder, luminance, stack

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
# Moving, noisy, and with sizes that fill no block.
SCENE = "testsrc2=size=162x118:rate=25,noise=alls=9:allf=t:all_seed=3"


def ffmpeg(*arguments):
    command = [FFMPEG, "-hide_banner", "-nostdin", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(" ".join(command) + "\n" + done.stderr.decode())
    return done.stdout, done.stderr.decode()


def luma(path):
    """The luma of every frame, (frame, row, column), as ffmpeg decodes it."""
    out, said = ffmpeg("-i", path, "-map", "0:v:0", "-vf", "extractplanes=y", "-fps_mode", "passthrough",
                       "-f", "rawvideo", "-")
    bits, width, height = re.search(r"Video: rawvideo .*? gray(\d*)\w*.*?, (\d+)x(\d+)", said.split("Output #0")[1]).groups()
    return numpy.frombuffer(out, "<u2" if bits else "u1").reshape(-1, int(height), int(width))


def write(name, *arguments, frames=9, scene=SCENE):
    ffmpeg("-f", "lavfi", "-i", scene, "-frames:v", frames, *arguments, "-threads", 1, folder / name)
    return folder / name


def h264(row, *arguments, column="mp4", frames=9, scene=SCENE, pixels="yuv420p", x264=""):
    name = f"{row} {column}".translate(str.maketrans(" ,:.", "____")) + "." + column
    options = ["-x264-params", x264] if x264 else []
    path = write(name, "-c:v", "libx264", "-pix_fmt", pixels, *options, *arguments, frames=frames, scene=scene)
    expect("H.264", row, column, name, luma(path))


def profiles():
    for column in ("mp4", "mov"):
        h264("Baseline", "-profile:v", "baseline", column=column)
        h264("Main", "-profile:v", "main", column=column)
        h264("High", column=column)
    h264("High 10, 10 bits", pixels="yuv420p10le")
    h264("High 4:2:2", pixels="yuv422p")
    h264("High 4:2:2, 10 bits", pixels="yuv422p10le")
    h264("every frame by itself", "-g", 1)
    h264("every frame by itself, High 10", "-g", 1, pixels="yuv420p10le")
    h264("4:4:4", pixels="yuv444p")
    h264("without colour", pixels="gray")
    h264("without loss", "-qp", 0)
    h264("full range", "-color_range", "pc", pixels="yuvj420p")


def tools():
    h264("many references, B-frames in pyramids", x264="bframes=6:b-pyramid=normal:ref=8:keyint=100", frames=20)
    h264("weighted prediction", x264="weightp=2:weightb=1:bframes=3",
         scene=SCENE + ",fade=in:0:12", frames=14)
    h264("temporal direct prediction", x264="direct=temporal:bframes=3:b-adapt=0")
    h264("CAVLC with B-frames", x264="cabac=0:bframes=3:b-adapt=0")
    h264("without B-frames", "-bf", 0)
    h264("no 8 x 8 transform", x264="8x8dct=0")
    h264("own quantisation matrices", x264="cqm=jvt")
    h264("without deblocking", x264="no-deblock=1")
    h264("constrained intra prediction", x264="constrained-intra=1")
    h264("four slices", x264="slices=4:bframes=2")
    h264("four slices, CAVLC", x264="slices=4:cabac=0")
    h264("slices of 300 bytes", x264="slice-max-size=300")
    h264("finest quantisation", "-qp", 1)
    h264("coarsest quantisation", "-qp", 51)
    h264("interlaced, MBAFF", scene="testsrc2=size=160x128:rate=25,noise=alls=9:allf=t", x264="tff=1:bframes=2")
    h264("interlaced, MBAFF, CAVLC", scene="testsrc2=size=160x128:rate=25", x264="bff=1:cabac=0")
    h264("progressive called interlaced", scene="testsrc2=size=160x128:rate=25", x264="fake-interlaced=1")


def groups():
    h264("several groups of pictures", x264="keyint=5:bframes=2", frames=17)
    h264("open groups of pictures", x264="keyint=5:open-gop=1:bframes=2:b-adapt=0", frames=23)
    h264("intra refresh", x264="intra-refresh=1:keyint=6", frames=17)
    h264("one frame", frames=1)
    h264("two frames", frames=2)
    h264("16 x 16 px", scene="testsrc2=size=16x16:rate=25")
    h264("2 x 2 px", scene="testsrc2=size=2x2:rate=25")
    h264("one row of blocks more", scene="testsrc2=size=640x2:rate=25")
    h264("1920 x 1080 px", scene="testsrc2=size=1920x1080:rate=25", frames=2)
    h264("3840 x 2160 px, black", scene="color=black:size=3840x2160:rate=25", frames=2)
    h264("frames dropped", "-vf", "select=not(mod(n\\,3))+not(mod(n\\,5))", "-fps_mode", "vfr", frames=9)


def containers():
    h264("parameters in the samples (avc3)", "-tag:v", "avc3", "-bsf:v", "dump_extra=freq=keyframe")
    h264("index first", "-movflags", "+faststart")
    for row, flags in {"fragments": "+frag_keyframe+empty_moov", "fragments, the first in the index": "+frag_keyframe",
                       "fragments counted from each": "+frag_keyframe+empty_moov+default_base_moof",
                       "fragments for streaming (dash)": "+dash+delay_moov"}.items():
        h264(row, "-movflags", flags, x264="keyint=5:bframes=2", frames=17)
    h264("fragments, every frame one", "-movflags", "+frag_every_frame+empty_moov", x264="keyint=5:bframes=2", frames=9)
    h264("negative delays", "-movflags", "+negative_cts_offsets")
    h264("no list of edits", "-use_editlist", 0)
    source = write("source.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-x264-params", "keyint=6:bframes=2", frames=20)
    cuts = {"cut at the beginning": ["-ss", 0.4], "cut at the end": ["-t", 0.4], "cut at both ends": ["-ss", 0.4, "-t", 0.2]}
    for row, options in cuts.items():
        name = row.replace(" ", "_") + ".mp4"
        ffmpeg(*options, "-i", source, "-c", "copy", folder / name)
        expect("H.264", row, "mp4", name, luma(folder / name))
    name = "sound.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=0.5", "-i", source, "-map", "0:a", "-map", "1:v", "-c:a", "aac", "-c:v", "copy",
           folder / name)
    expect("H.264", "sound before it", "mp4", name, luma(folder / name))
    for degrees in (90, 180, 270):
        name = f"turned_{degrees}.mp4"
        ffmpeg("-display_rotation", degrees, "-i", source, "-c", "copy", folder / name)
        expect("H.264", f"turned by {degrees}°", "mp4", name, luma(folder / name))
    path = write("h264.avi", "-c:v", "libx264", "-pix_fmt", "yuv420p", frames=3)
    expect("H.264", "High", "avi", path.name, luma(path))
    for codec, row in {"libx265": "HEVC", "mpeg4": "MPEG-4 Visual", "libaom-av1": "AV1"}.items():
        name = codec + ".mp4"
        options = ["-cpu-used", 8] if "aom" in codec else []
        path = write(name, "-c:v", codec, "-pix_fmt", "yuv420p", *options, frames=3)
        expect("H.264", row, "mp4", name, luma(path))


def jpeg():
    for column in ("avi", "mov", "mp4"):
        for sampling, pixels in {"4:2:0": "yuvj420p", "4:2:2": "yuvj422p", "4:4:4": "yuvj444p"}.items():
            for quality in (2, 20):
                name = f"jpeg_{pixels}_{quality}.{column}"
                path = write(name, "-c:v", "mjpeg", "-pix_fmt", pixels, "-q:v", quality, frames=4)
                expect("Motion JPEG", sampling, column, name, luma(path), allowed=1.0)
    path = write("no_codes.avi", "-c:v", "mjpeg", "-huffman", "default", "-pix_fmt", "yuvj422p", frames=4)
    data = path.read_bytes()
    # Cameras leave out the tables of codes; here they become a comment of the same length.
    assert b"\xff\xc4" in data
    path.write_bytes(data.replace(b"\xff\xc4", b"\xff\xfe"))
    expect("Motion JPEG", "without tables of codes", "avi", path.name, luma(path), allowed=1.0)
    path = write("noise.avi", "-c:v", "mjpeg", "-q:v", 1, "-pix_fmt", "yuvj420p", frames=4,
                 scene="nullsrc=size=256x256,geq=random(1)*255:128:128")
    expect("Motion JPEG", "noise", "avi", path.name, luma(path), allowed=1.0)


def pillow_jpeg():
    """Single JPEG files in AVI, as ImageJ writes them."""
    scene = luma(folder / "High_mov.mov")[:3]
    kinds = {"grey (ImageJ)": ("L", {}), "progressive": ("YCbCr", {"progressive": True}),
             "red, green and blue": ("RGB", {"keep_rgb": True})}
    for row, (mode, options) in kinds.items():
        frames = []
        for frame in scene:
            file = io.BytesIO()
            picture = numpy.stack([frame, frame[::-1], frame[:, ::-1]], axis=-1)
            Image.fromarray(frame if mode == "L" else picture).convert(mode).save(file, "jpeg", quality=85, **options)
            frames.append(file.getvalue())
        name = f"pillow_{mode}.avi"
        avi(name, frames, scene.shape[1:], 24, coding=b"MJPG")
        grey = scene if mode == "RGB" else luma(folder / name)
        expect("Motion JPEG", row, "avi", name, grey, allowed=1.0)


def plain():
    kinds = {"Y800": "gray", "YUY2": "yuyv422", "UYVY": "uyvy422", "I420": "yuv420p",
             "NV12": "nv12", "YV12": "yuv420p"}
    for tag, pixels in kinds.items():
        for width in (160, 162):
            name = f"{tag.strip()}_{width}.avi"
            path = write(name, "-c:v", "rawvideo", "-pix_fmt", pixels, "-vtag", tag, "-vf", f"scale={width}:118", frames=4)
            expect("AVI, without loss", tag.strip(), f"{width} px wide", name, first_plane(path, pixels))
    for pixels, row in {"bgr24": "RGB, 24 bits", "bgra": "RGB, 32 bits", "rgb555le": "RGB, 15 bits"}.items():
        for width in (160, 162):
            name = f"{pixels}_{width}.avi"
            path = write(name, "-c:v", "rawvideo", "-pix_fmt", pixels, "-vf", f"scale={width}:118", frames=4)
            out, _ = ffmpeg("-i", path, "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
            expect("AVI, without loss", row, f"{width} px wide", name,
                   luminance(numpy.frombuffer(out, "u1").reshape(-1, 118, width, 3)))


    for pixels in ("gray", "gray16be", "rgb24"):
        name = f"png_{pixels}.avi"
        path = write(name, "-c:v", "png", "-pix_fmt", pixels, frames=3)
        kind = {"gray": "gray", "gray16be": "gray16le", "rgb24": "rgb24"}[pixels]
        out, _ = ffmpeg("-i", path, "-pix_fmt", kind, "-f", "rawvideo", "-")
        truth = numpy.frombuffer(out, "<u2" if kind == "gray16le" else "u1")
        truth = luminance(truth.reshape(-1, 118, 162, 3)) if kind == "rgb24" else truth.reshape(-1, 118, 162)
        expect("AVI, without loss", f"PNG, {pixels}", "162 px wide", name, truth)


def first_plane(path, pixels):
    """The grey levels of uncompressed video as ffmpeg hands them on."""
    out, said = ffmpeg("-i", path, "-fps_mode", "passthrough", "-f", "rawvideo", "-")
    assert f"{pixels}(" in said or f"{pixels}," in said, said
    width, height = map(int, re.search(r", (\d+)x(\d+)", said.split("Output #0")[1]).groups())
    data = numpy.frombuffer(out, "u1")
    if pixels == "gray":
        return data.reshape(-1, height, width)
    if pixels in ("yuyv422", "uyvy422"):
        return data.reshape(-1, height, width, 2)[..., int(pixels == "uyvy422")]
    return data.reshape(-1, height * width * 3 // 2)[:, : height * width].reshape(-1, height, width)


def chunk(kind, body):
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def avi(name, frames, shape, depth, palette=b"", coding=b"\0\0\0\0", upside_down=True, index=True, lists=False):
    """An AVI file with these chunks, as microscopes and ImageJ write them."""
    height, width = shape
    head = struct.pack("<IIIIIIIIII16x", 40000, 0, 0, 16, len(frames), 0, 1, 0, width, height)
    stream = b"vids" + b"\0" * 16 + struct.pack("<IIIIIIIHHHH", 1, 25, 0, len(frames), 0, 0, 0, 0, 0, width, height)
    bitmap = struct.pack("<IiiHH4sIiiII", 40, width, height if upside_down else -height, 1, depth, coding, 0, 0, 0,
                         len(palette) // 4, 0) + palette
    strl = chunk(b"LIST", b"strl" + chunk(b"strh", stream) + chunk(b"strf", bitmap))
    hdrl = chunk(b"LIST", b"hdrl" + chunk(b"avih", head) + strl)
    entries, movie = b"", b"movi"
    for frame in frames:
        part = chunk(b"00db", frame)
        part = chunk(b"LIST", b"rec " + part) if lists else part
        entries += b"00db" + struct.pack("<III", 16, len(movie) + (12 if lists else 0), len(frame))
        movie += part
    body = b"AVI " + hdrl + chunk(b"LIST", movie) + (chunk(b"idx1", entries) if index else b"")
    (folder / name).write_bytes(chunk(b"RIFF", body))


def written():
    """What ffmpeg does not write; it reads them alike, which is asked too."""
    grey = stack("u1", (5, 29, 37))
    rows = numpy.pad(grey, ((0, 0), (0, 0), (0, 3)))
    chunks = [frame[::-1].tobytes() for frame in rows]
    palette = b"".join(bytes([level] * 3 + [0]) for level in range(256))
    colours = numpy.random.default_rng(5).integers(0, 256, (256, 4), "u1")

    def case(row, name, truth, *arguments, **options):
        avi(name, *arguments, **options)
        out, _ = ffmpeg("-i", folder / name, "-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
        read = luminance(numpy.frombuffer(out, "u1").reshape(-1, *truth.shape[1:], 3))
        assert numpy.array_equal(read, truth), f"ffmpeg reads {name} as something else"
        expect("AVI, without loss", row, "as written", name, truth)

    case("grey palette, rows from below (ImageJ)", "grey_palette.avi", grey, chunks, (29, 37), 8, palette)
    deep = stack("u2", (5, 29, 37))
    avi("y16.avi", [frame.tobytes() for frame in deep], (29, 37), 16, coding=b"Y16 ")  # unknown to ffmpeg
    expect("AVI, without loss", "grey, 16 bits (Y16)", "as written", "y16.avi", deep)
    case("rows from above", "from_above.avi", grey, [frame.tobytes() for frame in rows], (29, 37), 8, palette,
         upside_down=False)
    case("colours of a palette", "palette.avi", luminance(colours[:, 2::-1])[grey], chunks, (29, 37), 8, colours.tobytes())
    case("without an index", "no_index.avi", grey, chunks, (29, 37), 8, palette, index=False)
    case("in lists", "lists.avi", grey, chunks, (29, 37), 8, palette, lists=True)
    case("frames left out", "left_out.avi", grey, [chunks[0], b"", *chunks[1:3], b"", b"", *chunks[3:]], (29, 37), 8, palette)


profiles()
tools()
groups()
containers()
jpeg()
pillow_jpeg()
plain()
written()
finish()
