"""ROIs of ImageJ through `roifile`, for the comparison in main.rs.

`write FOLDER` makes theirs.zip and theirs.json, which says what is in it; `read ZIP JSON` says what roifile finds in ours.
"""

import json
import sys
from pathlib import Path

import numpy as np
from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi, roiread, roiwrite

POINTS = [(20, 30), (60, 32), (58, 70), (25, 64)]
EXACT = [(20.25, 30.5), (60.75, 32.125), (58.5, 70.0)]


def polygon(kind, name, points=POINTS, exact=False):
    """A ROI with these corners; roifile writes them between pixels if they are not whole numbers."""
    roi = ImagejRoi.frompoints(np.array(points, dtype="float32" if exact else "int32"), name=name)
    roi.roitype = kind
    return roi


def box(kind, name, left, top, right, bottom, color=None, group=0):
    roi = ImagejRoi()
    roi.roitype, roi.name, roi.group, roi.version = kind, name, group, 228
    roi.left, roi.top, roi.right, roi.bottom = left, top, right, bottom
    if color:
        roi.stroke_color = bytes([255, *color])
    return roi


def line(name, x1, y1, x2, y2, width):
    roi = ImagejRoi()
    roi.roitype, roi.name, roi.stroke_width, roi.version = ROI_TYPE.LINE, name, width, 228
    roi.x1, roi.y1, roi.x2, roi.y2 = x1, y1, x2, y2
    roi.left, roi.top, roi.right, roi.bottom = int(x1), int(y1), int(x2), int(y2)
    return roi


def write(folder):
    inner = [[x - 0.5, y - 0.5] for x, y in POINTS]
    exact_inner = [[x - 0.5, y - 0.5] for x, y in EXACT]
    whole = [[float(x), float(y)] for x, y in POINTS]
    exact = [[float(x), float(y)] for x, y in EXACT]
    made = [
        (box(ROI_TYPE.RECT, "box", 10, 20, 52, 84, (255, 128, 0)), {"box": {"rect": [10, 20, 42, 64]}}),
        (box(ROI_TYPE.RECT, "left of it", -30, -20, 52, 84), {"box": {"rect": [-30, -20, 82, 104]}}),
        (box(ROI_TYPE.RECT, "far", 40000, 20, 40052, 84), {"box": {"rect": [40000, 20, 52, 64]}}),
        (box(ROI_TYPE.OVAL, "ö val", 10, 20, 52, 84, None, 3), {"ellipse": {"rect": [10, 20, 42, 64]}}),
        (line("line", 3.5, 4.25, 40, 50, 0), {"line": {"points": [[3.5, 4.25], [40.0, 50.0]]}}),
        (line("wide", 3, 4, 40, 50, 9), {"line": {"points": [[3.0, 4.0], [40.0, 50.0]], "distance": 4.5}}),
        (polygon(ROI_TYPE.POLYGON, "polygon"), {"polygon": {"points": inner}}),
        (polygon(ROI_TYPE.POLYGON, "exact", EXACT, True), {"polygon": {"points": exact_inner}}),
        (polygon(ROI_TYPE.FREEHAND, "freehand"), {"polygon": {"points": inner}}),
        (polygon(ROI_TYPE.TRACED, "traced"), {"polygon": {"points": inner}}),
        (polygon(ROI_TYPE.POLYLINE, "polyline"), {"line": {"points": whole}}),
        (polygon(ROI_TYPE.FREELINE, "freeline", EXACT, True), {"line": {"points": exact}}),
        (polygon(ROI_TYPE.ANGLE, "angle", POINTS[:3]), {"line": {"points": whole[:3]}}),
        (polygon(ROI_TYPE.POINT, "points"), {"points": {"points": whole}}),
        (polygon(ROI_TYPE.POINT, "point", POINTS[:1]), {"points": {"points": whole[:1]}}),
    ]
    roiwrite(folder / "theirs.zip", [roi for roi, _ in made], mode="w")
    said = [
        {
            "name": f"group {roi.group}" if roi.group else roi.name,
            "color": "#ff8000" if roi.stroke_color[1:] == b"\xff\x80\x00" else None,
            "shape": shape,
        }
        for roi, shape in made
    ]
    (folder / "theirs.json").write_text(json.dumps(said))


def read(archive, answer):
    said = [
        {
            "name": roi.name,
            "kind": roi.roitype.name,
            "bounds": [roi.left, roi.top, roi.right, roi.bottom],
            "color": "#" + roi.stroke_color[1:].hex(),
            "width": float(roi.stroke_width),
            "points": [] if roi.coordinates() is None else [[float(x), float(y)] for x, y in roi.coordinates()],
            "is_exact": bool(roi.options & ROI_OPTIONS.SUB_PIXEL_RESOLUTION),
        }
        for roi in roiread(archive)
    ]
    Path(answer).write_text(json.dumps(said))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]))
    else:
        read(sys.argv[2], sys.argv[3])
