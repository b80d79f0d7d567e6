//! ROIs of ImageJ and Fiji, one a file.
//!
//! The format is that of ImageJ's `RoiDecoder` and `RoiEncoder` (public domain): a header of 64 bytes, coordinates, a second
//! header of 64 bytes, the name. Numbers are big-endian. What is an area has its coordinates at the corners of pixels there,
//! so that half a pixel is between them and ours; those of lines and points are the middles of pixels, as here.

mod decoded;
mod encoded;

pub(super) use decoded::decode;
pub(super) use encoded::{encode, named, only};

use movemeter::roi::{Color, Fill, Roi, RoiGroup, Shape, Windows, join_groups};

use super::Cause;

const FORMAT: &str = "an ImageJ ROI";

/// How every file begins.
pub(super) const MAGIC: &[u8] = b"Iout";

/// Both headers have so many bytes.
const HEADER: usize = 64;

/// A ROI as ImageJ has it.
pub(super) struct ImageJRoi {
    pub(super) name: String,
    /// ImageJ's number of a group; 0 is none.
    group: u8,
    color: Option<Color>,
    shape: Shape,
}

/// Where things are in the first header.
mod at {
    pub(super) const VERSION: usize = 4;
    pub(super) const TYPE: usize = 6;
    /// Top, left, bottom, right.
    pub(super) const BOUNDS: [usize; 4] = [8, 10, 12, 14];
    pub(super) const N_COORDINATES: usize = 16;
    /// The same if there are more than 65535.
    pub(super) const LARGE_N_COORDINATES: usize = 18;
    /// x1, y1, x2, y2 of a straight line.
    pub(super) const LINE: [usize; 4] = [18, 22, 26, 30];
    pub(super) const STROKE_WIDTH: usize = 34;
    pub(super) const COMPOSITE_SIZE: usize = 36;
    pub(super) const STROKE_COLOR: usize = 40;
    pub(super) const SUBTYPE: usize = 48;
    pub(super) const OPTIONS: usize = 50;
    pub(super) const SECOND_HEADER: usize = 60;
}

/// Where things are in the second header.
mod second {
    pub(super) const NAME: usize = 16;
    pub(super) const NAME_LENGTH: usize = 20;
    pub(super) const GROUP: usize = 30;
    pub(super) const STROKE_WIDTH: usize = 36;
}

/// What a ROI is.
mod kind {
    pub(super) const POLYGON: u8 = 0;
    pub(super) const RECT: u8 = 1;
    pub(super) const OVAL: u8 = 2;
    pub(super) const LINE: u8 = 3;
    pub(super) const FREE_LINE: u8 = 4;
    pub(super) const POLYLINE: u8 = 5;
    pub(super) const FREEHAND: u8 = 7;
    pub(super) const TRACED: u8 = 8;
    pub(super) const ANGLE: u8 = 9;
    pub(super) const POINT: u8 = 10;
}

/// Coordinates are there a second time, as floating point numbers.
const SUBPIXEL: u16 = 128;

/// ROIs in groups: by the names that we write, by ImageJ's groups, by names that a person gave.
pub(super) fn groups(rois: impl IntoIterator<Item = ImageJRoi>) -> Vec<RoiGroup> {
    let group = |ImageJRoi { name, group, color, shape }: ImageJRoi| RoiGroup {
        name: group_name(&name, group),
        color,
        rois: vec![Roi { shape, fill: Fill::Whole }],
    };
    let mut groups = Vec::new();
    join_groups(&mut groups, rois.into_iter().map(group));
    groups
}

fn group_name(name: &str, group: u8) -> String {
    let is_number = |text: &str| 4 <= text.len() && text.bytes().all(|byte| byte.is_ascii_digit());
    match name.rsplit_once(' ') {
        // As we write them: `wing 0012`.
        Some((of, number)) if is_number(number) && !of.is_empty() => of.into(),
        _ if 0 < group => format!("group {group}"),
        // As ImageJ calls what nobody named, after its place: `0012-0345-0678`.
        _ if name.split('-').all(is_number) || name.is_empty() => Windows::UNNAMED.into(),
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_known_by_names_and_numbers() {
        for (name, group, expected) in [
            ("left wing 0012", 0, "left wing"),
            ("left wing 0012", 3, "left wing"),
            ("left wing 12", 3, "group 3"),
            ("left wing 12", 0, "left wing 12"),
            ("0123-0456", 0, "roi"),
            ("0003-0123-0456", 2, "group 2"),
            ("", 0, "roi"),
            (" 0001", 0, " 0001"),
        ] {
            assert_eq!(group_name(name, group), expected, "{name}");
        }
    }
}
