"""Writes TIFF files with tifffile, and says what they say of themselves as tifffile reads it.

    python peer.py FOLDER

`said.tsv`: name of a file, name of a tag or of what is known of the recording, value.
"""

import sys
from pathlib import Path

import numpy
import tifffile

folder = Path(sys.argv[1])
said = []
stack = numpy.arange(4 * 5 * 7, dtype="u2").reshape(4, 5, 7)
TAGS = ("ImageWidth", "ImageLength", "BitsPerSample", "ImageDescription", "SamplesPerPixel", "RowsPerStrip",
        "Software", "DateTime", "Artist", "XResolution", "YResolution", "DocumentName")


def write(name, data, **options):
    tifffile.imwrite(folder / name, data, software="a program", datetime="2026:01:02 03:04:05", **options)
    with tifffile.TiffFile(folder / name) as file:
        tags = file.pages[0].tags
        for key in TAGS:
            if key in tags:
                value = tags[key].value
                if key in ("XResolution", "YResolution"):
                    value = float(numpy.float64(value[0]) / value[1])
                    value = int(value) if value == int(value) else value
                said.append((name, key, str(value)))
        say(name, "n_frames", len(file.series[0].asarray().reshape(-1, *data.shape[-2:])))
        if file.is_imagej:
            about = file.imagej_metadata
            say(name, "frame_rate_hz", 1 / about["finterval"])
            say(name, "pixel_size_um", tags["XResolution"].value[1] / tags["XResolution"].value[0])
            said.append((name, "ImageJ info", about["Info"]))
        if file.is_ome:
            pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
            say(name, "frame_rate_hz", 1000 / pixels["TimeIncrement"])
            say(name, "pixel_size_um", pixels["PhysicalSizeX"])
            planes = pixels["Plane"]
            assert len(planes) == len(data)
            say(name, "exposure_s", planes[0]["ExposureTime"])


def say(name, key, value):
    said.append((name, key, repr(float(value))))


write("plain.tif", stack, photometric="minisblack", description="what it is", metadata=None,
      extratags=[(315, 2, 0, "someone", True), (269, 2, 0, "the document", True)])
write("scaled.tif", stack[0], resolution=(40000, 40000), resolutionunit="CENTIMETER")
write("big.tif", stack, bigtiff=True, byteorder=">", photometric="minisblack")
write("imagej.tif", stack, imagej=True, resolution=(8, 8),
      metadata={"axes": "TYX", "unit": "um", "finterval": 0.125, "Info": "Exposure: 20 ms"})
write("imagej_be.tif", stack, imagej=True, resolution=(8, 8), byteorder=">",
      metadata={"axes": "TYX", "unit": "um", "finterval": 0.125, "Info": "Exposure: 20 ms"})
write("ome.ome.tif", stack,
      metadata={"axes": "TYX", "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.25,
                "PhysicalSizeYUnit": "µm", "TimeIncrement": 40.0, "TimeIncrementUnit": "ms",
                "Plane": {"ExposureTime": [0.5] * 4, "DeltaT": [0.0, 0.04, 0.08, 0.12]}})
lines = ("\t".join((name, key, value.replace("\n", "\\n"))) for name, key, value in said)
(folder / "said.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
