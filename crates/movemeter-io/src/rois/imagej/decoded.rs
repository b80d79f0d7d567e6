//! ImageJ's ROIs, read.

use movemeter::geometry::{Point, Rect};
use movemeter::roi::{Color, Shape};

use super::{Cause, FORMAT, HEADER, ImageJRoi, MAGIC, SUBPIXEL, at, kind, second};

/// Reads one ROI; `name` is its name if it has none of its own.
///
/// No length of the file is believed: all are compared with the bytes that are there.
pub(in super::super) fn decode(bytes: &[u8], name: &str) -> Result<ImageJRoi, Cause> {
    let bytes = Bytes(bytes);
    let refused = |cause: String| (FORMAT, cause);
    if !bytes.0.starts_with(MAGIC) || bytes.0.len() < HEADER {
        return Err(refused("it does not begin as one, or ends within its header".into()));
    }
    let header = SecondHeader::of(bytes);
    let name = header.name().unwrap_or_else(|| name.into());
    let shape = shape(bytes, header).ok_or_else(|| ENDS.into()).flatten();
    let shape = shape.map_err(|cause: String| refused(format!("{cause}; its name is {name:?}")))?;
    shape.check().map_err(|error| refused(format!("{error}; its name is {name:?}")))?;
    Ok(ImageJRoi { name, group: header.group(), color: color(bytes), shape })
}

const ENDS: &str = "the file ends before its coordinates do";

/// The shape, or why there is none; nothing if the file ends before.
fn shape(bytes: Bytes<'_>, header: SecondHeader<'_>) -> Option<Result<Shape, String>> {
    if 0 < bytes.u32(at::COMPOSITE_SIZE)? {
        return Some(Err(
            "it is made of several parts (a composite selection); in ImageJ's ROI Manager, \
             \"More » Split\" makes one ROI of each"
                .into(),
        ));
    }
    let corners = || Some(points(bytes)?.into_iter().map(to_middles).collect::<Vec<Point>>());
    let line = |points| Shape::Line { points, distance: header.half_width(bytes) };
    Some(Ok(match bytes.u8(at::TYPE)? {
        kind::RECT if 0 < bytes.u16(at::SUBTYPE)? => {
            return Some(Err("it is a text or a picture, no place to measure; delete it".into()));
        }
        kind::RECT => Shape::Box { rect: bounds(bytes)? },
        kind::OVAL => Shape::Ellipse { rect: bounds(bytes)?, ring: None },
        kind::LINE => {
            let [x1, y1, x2, y2] = at::LINE.map(|place| bytes.f32(place));
            line(vec![Point::new(x1?, y1?), Point::new(x2?, y2?)])
        }
        kind::POLYLINE | kind::FREE_LINE | kind::ANGLE => line(points(bytes)?),
        kind::POLYGON | kind::FREEHAND | kind::TRACED => {
            Shape::Polygon { points: corners()?, distance: None }
        }
        kind::POINT => Shape::Points { points: points(bytes)? },
        other => return Some(Err(format!("its type {other} is not known"))),
    }))
}

/// From the corners of pixels to their middles.
fn to_middles(Point { x, y }: Point) -> Point {
    Point::new(x - 0.5, y - 0.5)
}

fn bounds(bytes: Bytes<'_>) -> Option<Rect> {
    let [top, left, bottom, right] = at::BOUNDS.map(|place| bytes.place(place));
    let side = |from: i32, to: i32| usize::try_from(to - from).unwrap_or_default();
    let (top, left) = (top?, left?);
    let (width, height) = (side(left, right?), side(top, bottom?));
    Some(Rect::new(left as isize, top as isize, width, height))
}

/// All coordinates, between pixels if they are there.
fn points(bytes: Bytes<'_>) -> Option<Vec<Point>> {
    let n = match bytes.u16(at::N_COORDINATES)? {
        0 => bytes.u32(at::LARGE_N_COORDINATES)? as usize,
        n => usize::from(n),
    };
    let (whole, exact) = (HEADER, HEADER.checked_add(n.checked_mul(4)?)?);
    // All must be there before memory is given for them.
    if bytes.0.len() < exact {
        return None;
    }
    if bytes.u16(at::OPTIONS)? & SUBPIXEL != 0 && 222 <= bytes.u16(at::VERSION)? {
        let at =
            |i: usize| Some(Point::new(bytes.f32(exact + 4 * i)?, bytes.f32(exact + 4 * (n + i))?));
        return (0..n).map(at).collect();
    }
    let (top, left) = (bytes.place(at::BOUNDS[0])?, bytes.place(at::BOUNDS[1])?);
    let at = |i: usize| {
        let x = left + bytes.place(whole + 2 * i)?.max(0);
        let y = top + bytes.place(whole + 2 * (n + i))?.max(0);
        Some(Point::new(f64::from(x), f64::from(y)))
    };
    (0..n).map(at).collect()
}

fn color(bytes: Bytes<'_>) -> Option<Color> {
    match bytes.u32(at::STROKE_COLOR)? {
        0 => None,
        argb => {
            let [_, red, green, blue] = argb.to_be_bytes();
            Some(Color([red, green, blue]))
        }
    }
}

/// The second header, if there is one.
#[derive(Clone, Copy)]
struct SecondHeader<'a> {
    bytes: Bytes<'a>,
    start: Option<usize>,
}

impl<'a> SecondHeader<'a> {
    fn of(bytes: Bytes<'a>) -> Self {
        let start = bytes.u32(at::SECOND_HEADER).map(|start| start as usize);
        let is_there = |start: &usize| {
            HEADER <= *start && start.checked_add(HEADER).is_some_and(|end| end <= bytes.0.len())
        };
        Self { bytes, start: start.filter(is_there) }
    }

    fn name(self) -> Option<String> {
        let start = self.start?;
        let from = self.bytes.u32(start + second::NAME)? as usize;
        let n = self.bytes.u32(start + second::NAME_LENGTH)? as usize;
        let text = self.bytes.0.get(from..from.checked_add(n.checked_mul(2)?)?)?;
        let letters = text.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let name = String::from_utf16_lossy(&letters.collect::<Vec<u16>>());
        Some(name).filter(|name| 0 < from && !name.is_empty())
    }

    fn group(self) -> u8 {
        self.start.and_then(|start| self.bytes.u8(start + second::GROUP)).unwrap_or_default()
    }

    /// Half the width of a wide line; nothing for a thin one.
    fn half_width(self, bytes: Bytes<'_>) -> Option<f64> {
        let exact = self.start.and_then(|start| self.bytes.f32(start + second::STROKE_WIDTH));
        let width = exact.filter(|width| 0.0 < *width);
        let width = width.or_else(|| bytes.u16(at::STROKE_WIDTH).map(f64::from));
        width.filter(|width| 1.0 < *width).map(|width| width / 2.0)
    }
}

/// Big-endian numbers, where there are any.
#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn u8(self, at: usize) -> Option<u8> {
        self.array(at).map(|[byte]| byte)
    }

    fn u16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    fn u32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    fn f32(self, at: usize) -> Option<f64> {
        self.array(at).map(|bytes| f64::from(f32::from_be_bytes(bytes)))
    }

    /// A coordinate: of 16 bits, and negative only down to -5000; ImageJ takes what is less for what is more than 32767.
    fn place(self, at: usize) -> Option<i32> {
        let place = self.array(at).map(i16::from_be_bytes)?;
        Some(if place < -5000 { i32::from(place as u16) } else { i32::from(place) })
    }
}
