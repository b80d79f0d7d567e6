//! ImageJ's ROIs, written.

use movemeter::geometry::{Point, Rect, Size};
use movemeter::roi::{Color, Fill, Roi, RoiGroup, Shape, windows_of};

use super::{HEADER, ImageJRoi, MAGIC, SUBPIXEL, at, kind, second};

/// The version of the format that ImageJ 1.52 writes; what is new since is not used here.
const VERSION: u16 = 228;

/// The only ROI there is, as a file.
pub(in super::super) fn only(groups: &[RoiGroup], frame: Size) -> Result<Vec<u8>, String> {
    match named(groups, frame)?.as_slice() {
        [roi] => encode(roi),
        rois => Err(format!(
            "a .roi file holds one ROI, but these are {}; write .zip, which ImageJ's ROI Manager opens",
            rois.len()
        )),
    }
}

/// All ROIs as ImageJ can have them, with the name of their group and their number in it.
pub(in super::super) fn named(groups: &[RoiGroup], frame: Size) -> Result<Vec<ImageJRoi>, String> {
    // This says what is wrong with any, and how many windows are too many.
    let windows = windows_of(groups, frame).map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    for (group, color) in groups.iter().zip(windows.colors()) {
        let shapes = group.rois.iter().flat_map(|roi| shapes(roi, frame));
        all.extend(shapes.enumerate().map(|(number, shape)| {
            let name = format!("{} {number:04}", group.name);
            ImageJRoi { name, group: 0, color: Some(color), shape }
        }));
    }
    Ok(all)
}

/// The shape, if ImageJ has it and it is one window; else its windows.
fn shapes(roi: &Roi, frame: Size) -> Vec<Shape> {
    match &roi.shape {
        Shape::Ellipse { ring: None, .. }
        | Shape::Line { .. }
        | Shape::Polygon { distance: None, .. }
        | Shape::Points { .. }
            if roi.fill == Fill::Whole =>
        {
            vec![roi.shape.clone()]
        }
        _ => {
            let windows = roi.windows(frame).unwrap_or_default();
            windows.into_iter().map(|rect| Shape::Box { rect }).collect()
        }
    }
}

/// One ROI as a file.
pub(in super::super) fn encode(roi: &ImageJRoi) -> Result<Vec<u8>, String> {
    let mut bytes = header(roi)?;
    let points = coordinates(&roi.shape);
    if !points.is_empty() {
        put_coordinates(&mut bytes, &points, &roi.name)?;
    }
    let start = bytes.len();
    put(&mut bytes, at::SECOND_HEADER, (start as u32).to_be_bytes());
    bytes.resize(start + HEADER, 0);
    let letters: Vec<u16> = roi.name.encode_utf16().collect();
    put(&mut bytes, start + second::NAME, ((start + HEADER) as u32).to_be_bytes());
    put(&mut bytes, start + second::NAME_LENGTH, (letters.len() as u32).to_be_bytes());
    put(&mut bytes, start + second::STROKE_WIDTH, width(&roi.shape).to_be_bytes());
    bytes.extend(letters.into_iter().flat_map(u16::to_be_bytes));
    Ok(bytes)
}

fn header(roi: &ImageJRoi) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; HEADER];
    put(&mut bytes, 0, MAGIC.try_into().unwrap_or(*b"Iout"));
    put(&mut bytes, at::VERSION, VERSION.to_be_bytes());
    put(&mut bytes, at::TYPE, [kind(&roi.shape)]);
    put(&mut bytes, at::STROKE_WIDTH, (width(&roi.shape) as u16).to_be_bytes());
    if let Some(Color([red, green, blue])) = roi.color {
        put(&mut bytes, at::STROKE_COLOR, [255, red, green, blue]);
    }
    let Rect { x, y, width, height } = bounds(&roi.shape);
    let corners = [y, x, y + height as isize, x + width as isize];
    for (place, corner) in at::BOUNDS.into_iter().zip(corners) {
        put(&mut bytes, place, place_of(corner, &roi.name)?);
    }
    if let Shape::Line { points, .. } = &roi.shape
        && let [from, to] = points[..]
    {
        for (place, value) in at::LINE.into_iter().zip([from.x, from.y, to.x, to.y]) {
            put(&mut bytes, place, (value as f32).to_be_bytes());
        }
    }
    Ok(bytes)
}

fn kind(shape: &Shape) -> u8 {
    match shape {
        Shape::Ellipse { .. } => kind::OVAL,
        Shape::Line { points, .. } if points.len() == 2 => kind::LINE,
        Shape::Line { .. } => kind::POLYLINE,
        Shape::Polygon { .. } => kind::POLYGON,
        Shape::Points { .. } => kind::POINT,
        Shape::Frame | Shape::Box { .. } | Shape::Arc { .. } => kind::RECT,
    }
}

/// How wide a line is, px.
fn width(shape: &Shape) -> f32 {
    match shape {
        Shape::Line { distance: Some(distance), .. } => 2.0 * *distance as f32,
        _ => 0.0,
    }
}

fn bounds(shape: &Shape) -> Rect {
    let thin = match shape {
        Shape::Line { points, .. } => &Shape::Line { points: points.clone(), distance: None },
        other => other,
    };
    thin.bounds(Size::default(), Size::default())
}

/// The coordinates that are written behind the header, as ImageJ counts them.
fn coordinates(shape: &Shape) -> Vec<Point> {
    match shape {
        Shape::Line { points, .. } if points.len() == 2 => Vec::new(),
        Shape::Line { points, .. } | Shape::Points { points } => points.clone(),
        Shape::Polygon { points, .. } => {
            points.iter().map(|point| Point::new(point.x + 0.5, point.y + 0.5)).collect()
        }
        Shape::Frame | Shape::Box { .. } | Shape::Ellipse { .. } | Shape::Arc { .. } => Vec::new(),
    }
}

/// Whole numbers from the corner of the bounds, then exact ones.
fn put_coordinates(bytes: &mut Vec<u8>, points: &[Point], name: &str) -> Result<(), String> {
    let n = u16::try_from(points.len()).map_err(|_| {
        format!("ImageJ's shapes have at most 65535 points, but {name:?} has {}", points.len())
    })?;
    put(bytes, at::N_COORDINATES, n.to_be_bytes());
    put(bytes, at::OPTIONS, SUBPIXEL.to_be_bytes());
    let least = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::MAX, f64::min).floor();
    let axes = [
        (least(|point| point.x), points.iter().map(|point| point.x).collect::<Vec<f64>>()),
        (least(|point| point.y), points.iter().map(|point| point.y).collect()),
    ];
    for (start, values) in &axes {
        for value in values {
            bytes.extend(place_of((value - start).floor() as isize, name)?);
        }
    }
    let [(left, _), (top, _)] = axes;
    put(bytes, at::BOUNDS[0], place_of(top as isize, name)?);
    put(bytes, at::BOUNDS[1], place_of(left as isize, name)?);
    bytes.extend(points.iter().flat_map(|point| (point.x as f32).to_be_bytes()));
    bytes.extend(points.iter().flat_map(|point| (point.y as f32).to_be_bytes()));
    Ok(())
}

/// A coordinate as ImageJ reads it again.
fn place_of(place: isize, name: &str) -> Result<[u8; 2], String> {
    match (-5000..=60_535).contains(&place) {
        true => Ok((place as u16).to_be_bytes()),
        false => Err(format!(
            "ImageJ's files hold places from -5000 to 60535 px, but {name:?} reaches to {place}; write .json"
        )),
    }
}

fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) {
    bytes[at..at + N].copy_from_slice(&value);
}
