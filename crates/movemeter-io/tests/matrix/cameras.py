"""Recordings of high-speed cameras: Photron's and Phantom's.

Nobody's program writes them all; they are put together here by the descriptions of the formats. The truth of cine files
is what pycine holds of them, otherwise the numbers that were put in.
"""

import struct

import numpy
from common import expect, finish, folder, luminance, random
from pycine import raw
from pycine.linLUT import linLUT

FRAMES, ROWS, COLUMNS = 4, 22, 48


def levels(bits, *channels):
    shape = (FRAMES, ROWS, COLUMNS, *channels)
    data = random.integers(0, 1 << bits, shape)
    data[:, 0, 0], data[:, 0, 1] = 0, (1 << bits) - 1
    return data


def pack(data, bits):
    """Bit after bit, the highest first."""
    places = numpy.arange(bits)[::-1]
    return numpy.packbits((data[..., None] >> places & 1).astype("u1").ravel()).tobytes()


def stored(data, bits):
    if bits in (8, 16):
        return data.astype(f"<u{bits // 8}").tobytes()
    return pack(data, bits)


# Photron

CIH = """#Camera Information Header\r
Date : 2016/4/21\r
Time : 00:11\r
Camera Type : FASTCAM SA-Z type 2100K-M-64GB\r
Record Rate(fps) : 60000\r
Shutter Speed(s) : 1/800000\r
Total Frame : {frames}\r
Start Frame : -2\r
Image Width : {columns}\r
Image Height : {rows}\r
Color Type : {colour}\r
Color Bit : {bits}\r
File Format : MRaw\r
EffectiveBit Depth : {depth}\r
EffectiveBit Side : {side}\r
Comment Text : a b: c\r
\r
END\r
"""

CIHX = """<?xml version="1.0" encoding="utf-8"?>\r
<cih>\r
<fileInfo><date>2023/10/4</date><time>14:29:21</time></fileInfo>\r
<basicInfo><comment>a &amp; b</comment></basicInfo>\r
<deviceInfo><deviceName>FASTCAM Nova S12</deviceName></deviceInfo>\r
<recordInfo><recordRate>60000</recordRate><shutterSpeed>800000</shutterSpeed>
<shutterSpeedNsec>1250</shutterSpeedNsec></recordInfo>\r
<frameInfo><totalFrame>{frames}</totalFrame><recordedFrame>{frames}</recordedFrame>
<startFrame>-2</startFrame><skipFrame>1</skipFrame></frameInfo>\r
<imageDataInfo><resolution><width>{columns}</width><height>{rows}</height></resolution>
<colorInfo><type>{colour}</type><bit>{bits}</bit></colorInfo>
<effectiveBit><depth>{depth}</depth><side>{side}</side></effectiveBit></imageDataInfo>\r
<imageFileInfo><fileFormat>MRaw</fileFormat></imageFileInfo>\r
</cih>\r
"""


def photron(name, data, bits, depth=None, side="Lower", row=None):
    colour = data.ndim == 4
    facts = dict(frames=FRAMES, rows=ROWS, columns=COLUMNS, side=side, depth=depth or bits,
                 colour="Color" if colour else "Mono", bits=bits * 3 if colour else bits)
    truth = luminance(data) if colour else data
    for form, column in (("cihx", "`.cihx` + `.mraw`"), ("cih", "`.cih` + `.mraw`")):
        stem = f"{name}_{form}"
        text = (CIH if form == "cih" else CIHX).format(**facts).encode()
        # What stands around the XML is not documented.
        around = (b"", b"") if form == "cih" else (b"\x00\x10\xff\xfe CIHX \n", b"\n\x00\x00\xff")
        (folder / f"{stem}.{form}").write_bytes(around[0] + text + around[1])
        (folder / f"{stem}.mraw").write_bytes(stored(data, bits))
        for ending in (form, "mraw"):
            expect("Photron", row or name, column, f"{stem}.{ending}", truth)


def all_photron():
    photron("8 bits", levels(8), 8)
    photron("10 bits, packed", levels(10), 10)
    photron("12 bits, packed", levels(12), 12)
    photron("12 bits in 16, lower side", levels(12), 16, 12)
    photron("12 bits in 16, higher side", levels(12) << 4, 16, 12, "Higher")
    photron("16 bits", levels(16), 16)
    for bits in (8, 10, 12, 16):
        photron(f"colours of {bits} bits", levels(bits, 3), bits)
    photron("12 bits, packed, higher side", levels(12), 12, 12, "Higher")


# Phantom


def setup(bits, mosaic, rate_hz, n_bytes=13484):
    block = bytearray(n_bytes)

    def put(place, form, *values):
        struct.pack_into("<" + form, block, place, *values)

    put(140, "2sH", b"ST", n_bytes)
    put(737, "HH", COLUMNS, ROWS)
    put(743, "I", 12345)  # serial number
    put(768, "II", rate_hz, 250)  # frame rate, exposure in microseconds
    put(808, "I", 3 if mosaic else 0)
    put(896, "I", bits)
    put(1568, "I", 250_000)  # exposure in nanoseconds
    put(1596, "4096s", b"a description")
    put(5732, "ii", 0, (1 << bits) - 1)  # black and white
    if n_bytes > 13480:
        put(13472, "d", rate_hz)
    return bytes(block)


def cine(path, frames, depth, storage, packing=0, version=1, mosaic=False, height=ROWS, notes=b""):
    """Frames are the bytes as stored; `depth` bits are used of `storage`."""
    rate_hz, trigger = 1000, 1_500_000_000 << 32
    picture = struct.pack("<IiiHHIIiiII", 40, COLUMNS, height, 1, storage, packing, len(frames[0]),
                          45454, 45454, 0, 1 << depth)
    about = setup(depth, mosaic, rate_hz)
    times = [trigger + int((k - 2) / rate_hz * (1 << 32)) for k in range(len(frames))]
    times = struct.pack(f"<IHH{len(times)}Q", 8 + 8 * len(times), 1002, 0, *times)
    exposures = struct.pack(f"<IHH{len(frames)}I", 8 + 4 * len(frames), 1003, 0,
                            *[1 << 20] * len(frames))
    places_at = 44 + 40 + len(about) + len(times) + len(exposures)
    head = struct.pack("<2sHHHiIiIIIIQ", b"CI", 44, 2 if mosaic else 0, version, -2, 100, -2,
                       len(frames), 44, 84, places_at, trigger)
    each = 4 if version == 0 else 8
    place, places, pictures = places_at + each * len(frames), [], []
    for frame in frames:
        picture_bytes = struct.pack("<I", 8 + len(notes)) + notes
        picture_bytes += struct.pack("<I", len(frame)) + frame
        places.append(place)
        pictures.append(picture_bytes)
        place += len(picture_bytes)
    places = struct.pack(f"<{len(frames)}{'I' if version == 0 else 'Q'}", *places)
    path.write_bytes(b"".join([head, picture, about, times, exposures, places, *pictures]))


def decoded(path):
    frames, _, _ = raw.read_frames(path)
    return numpy.stack(list(frames))


def phantom(row, data, depth, storage, column="as now", packing=0, by_pycine=True, **how):
    name = f"{row} {column}.cine".replace(" ", "_")
    grey = data if data.ndim == 3 else luminance(data)
    rows = data if packing or how.get("height", ROWS) < 0 else data[:, ::-1]
    if data.ndim == 4:
        rows = rows[..., ::-1]  # blue comes first
    bits = {256: 10, 1024: 12}.get(packing, storage // (3 if data.ndim == 4 else 1))
    cine(folder / name, [stored(frame, bits) for frame in rows], depth, storage, packing, **how)
    if packing == 256:
        # pycine goes on to scale from black to white; here the numbers of its curve are given.
        assert (raw.unpack_10bit(stored(rows[0], 10), COLUMNS, ROWS) == data[0]).all()
        grey = linLUT[data]
    elif by_pycine:
        assert (decoded(folder / name) == grey).all(), f"{name}: pycine holds something else"
    expect("Phantom (cine)", row, column, name, grey)


def all_phantom():
    for row, depth, storage, packing in (("8 bits", 8, 8, 0), ("10 bits in 16", 10, 16, 0),
                                         ("12 bits in 16", 12, 16, 0), ("14 bits in 16", 14, 16, 0),
                                         ("16 bits", 16, 16, 0), ("10 bits, packed", 10, 16, 256),
                                         ("12 bits, packed", 12, 16, 1024)):
        data = levels(depth)
        phantom(row, data, depth, storage, packing=packing)
        phantom(row, data, depth, storage, "colour filter mosaic", packing=packing, mosaic=True)
        phantom(row, data, depth, storage, "notes at frames", packing=packing,
                notes=b"12345678" * 3, by_pycine=False)
        phantom(row, data, depth, storage, "32-bit places", packing=packing, version=0,
                by_pycine=False)
        if not packing:
            phantom(row, data, depth, storage, "top row first", height=-ROWS, by_pycine=False)
    phantom("colours of 8 bits", levels(8, 3), 8, 24, by_pycine=False)
    phantom("colours of 16 bits", levels(16, 3), 16, 48, by_pycine=False)
    name = "compressed.cine"
    cine(folder / name, [b"\xff\xd8"] * FRAMES, 8, 8)
    bytes_ = bytearray((folder / name).read_bytes())
    bytes_[4] = 1
    (folder / name).write_bytes(bytes_)
    expect("Phantom (cine)", "compressed", "as now", name, levels(8))


all_photron()
all_phantom()
finish()
