"""The windows of movemeter 0.7, by its formulas, for the comparison in main.rs.

Reads cases (a JSON list) from one file and writes a list of windows for each to another. Written from the description of
what movemeter 0.7 does, in numbers of Python, exact ones where a line is near or not: it shares nothing with the program.
"""

import json
import math
import sys


def gen_grid(rect, block, step):
    gx, gy, gw, gh = rect
    bw, bh = block
    columns, rows = int(gw / (bw * step)), int(gh / (bh * step))
    return [
        (int(gx + i * bw * step), int(gy + j * bh * step), bw, bh) for j in range(rows) for i in range(columns)
    ]


def centre(window):
    x, y, w, h = window
    return x + w / 2, y + h / 2


def ellipse(rect, block, step, ring, filled):
    x, y, w, h = rect
    middle, rx, ry = (x + w / 2, y + h / 2), w / 2, h / 2
    lower = 0 if filled else rx - (1.1 * block[0] if ring is None else ring)

    def holds(window):
        cx, cy = centre(window)
        return lower**2 <= (cx - middle[0]) ** 2 + ((cy - middle[1]) * rx / ry) ** 2 <= rx**2

    return [window for window in gen_grid(rect, block, step) if holds(window)]


def line(p0, p1, distance, block, step):
    x, y = min(p0[0], p1[0]), min(p0[1], p1[1])
    w, h = max(abs(p1[0] - p0[0]), distance), max(abs(p1[1] - p0[1]), distance)
    grid = gen_grid((x - int(w / 2), y - int(h / 2), 2 * w, 2 * h), block, step)
    axis = 0 if abs(p1[0] - p0[0]) >= abs(p1[1] - p0[1]) else 1
    # Places are multiples of a quarter, and centres of a half: eight times them are whole numbers, and exact.
    a, b, d = ([round(8 * v) for v in p0], [round(8 * v) for v in p1], round(8 * distance))
    along = [b[0] - a[0], b[1] - a[1]]

    def holds(window):
        c = [round(8 * v) for v in centre(window)]
        area = abs(along[0] * (a[1] - c[1]) - along[1] * (a[0] - c[0]))
        is_near = area**2 < d**2 * (along[0] ** 2 + along[1] ** 2)
        return is_near and min(a[axis], b[axis]) <= c[axis] <= max(a[axis], b[axis])

    return [window for window in grid if holds(window)]


def path(points, distance, block, step):
    along = [line(p, q, distance, block, step) for p, q in zip(points, points[1:])]
    return list(dict.fromkeys(window for windows in along for window in windows))


def arc(rect, block, step, circle, ring, sector=None):
    cx, cy, radius = circle

    def holds(window):
        dx, dy = centre(window)[0] - cx, centre(window)[1] - cy
        if not radius - ring <= math.hypot(dx, dy) <= radius:
            return False
        if sector is None:
            return True
        i, n = sector
        return i * 2 * math.pi / n < math.atan2(dy, dx) + math.pi <= (i + 1) * 2 * math.pi / n

    return [window for window in gen_grid(rect, block, step) if holds(window)]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)
    functions = {"gen_grid": gen_grid, "ellipse": ellipse, "line": line, "path": path, "arc": arc}
    answers = [functions[case.pop("of")](**case) for case in cases]
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(answers, file)


if __name__ == "__main__":
    main()
