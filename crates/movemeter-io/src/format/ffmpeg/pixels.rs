//! How ffmpeg is asked for pixels, and how they become grey.
//!
//! Videos mostly store brightness by itself, as Y beside two differences of colour. Then grey is Y as it is stored, in
//! its own depth: nothing is stretched, even where black is 16 and white 235 of 255. Colours (RGB, palettes) are
//! taken as they are and become luminance here, as everywhere. What is asked of ffmpeg before that only moves numbers.

use movemeter::geometry::Size;

use crate::format::Cause;
use crate::format::grey::{luminance, luminance_of};
use crate::format::raw::{Kind, Numbers};

/// How frames come from ffmpeg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pixels {
    /// Filters that leave what is wanted.
    pub(super) filters: String,
    /// What then comes, in ffmpeg's words.
    pub(super) output: String,
    /// As messages call it.
    pub(super) pixel_type: String,
    layout: Layout,
    numbers: Numbers,
}

/// Where the numbers of a pixel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// One number a pixel.
    Grey,
    /// Red, green, blue of a pixel, then the next.
    Chunky,
    /// All green, all blue, all red, and perhaps something more.
    Planes(usize),
}

impl Layout {
    const fn n_numbers(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Chunky => 3,
            Self::Planes(n) => n,
        }
    }
}

/// Formats with Y that have first to be laid out as planes.
const PLANES_OF: [(&str, &str); 17] = [
    ("yuyv422", "yuv422p"),
    ("uyvy422", "yuv422p"),
    ("yvyu422", "yuv422p"),
    ("uyyvyy411", "yuv411p"),
    ("nv12", "yuv420p"),
    ("nv21", "yuv420p"),
    ("nv16", "yuv422p"),
    ("nv24", "yuv444p"),
    ("nv42", "yuv444p"),
    ("nv20le", "yuv422p10le"),
    ("p010le", "yuv420p10le"),
    ("p210le", "yuv422p10le"),
    ("p410le", "yuv444p10le"),
    ("p016le", "yuv420p16le"),
    ("y210le", "yuv422p10le"),
    ("vuya", "yuva444p"),
    ("vuyx", "yuv444p"),
];

/// Colours of 8 bit or less, in any order.
const CHUNKY_8: [&str; 20] = [
    "rgb24",
    "bgr24",
    "rgba",
    "bgra",
    "argb",
    "abgr",
    "0rgb",
    "rgb0",
    "0bgr",
    "bgr0",
    "pal8",
    "rgb8",
    "bgr8",
    "rgb4_byte",
    "bgr4_byte",
    "rgb565le",
    "rgb555le",
    "bgr565le",
    "bgr555le",
    "rgb444le",
];

const CHUNKY_16: [&str; 8] =
    ["rgb48le", "rgb48be", "bgr48le", "bgr48be", "rgba64le", "rgba64be", "bgra64le", "bgra64be"];

impl Pixels {
    /// How to ask for pixels that are stored in this format of ffmpeg.
    pub(super) fn of(format: &str) -> Result<Self, Cause> {
        if let Some((_, planes)) = PLANES_OF.iter().find(|(packed, _)| *packed == format) {
            let first = format!("format={planes},");
            return Self::of(planes).map(|pixels| pixels.after(&first));
        }
        if CHUNKY_8.contains(&format) {
            return Ok(Self::new("format=rgb24", "rgb24", Layout::Chunky, Depth::EIGHT));
        }
        if CHUNKY_16.contains(&format) {
            return Ok(Self::new("format=rgb48le", "rgb48le", Layout::Chunky, Depth::SIXTEEN));
        }
        match format {
            // One bit a pixel becomes black, 0, and white, 255.
            "monow" | "monob" => {
                return Ok(Self::new("format=gray", "gray", Layout::Grey, Depth::EIGHT));
            }
            "ya8" => return Ok(Self::new(LUMA, "gray", Layout::Grey, Depth::EIGHT)),
            _ => {}
        }
        Self::of_planes(format).ok_or_else(|| {
            format!(
                "its pixels are of the type {format}, which is not supported; convert it first: \
                 ffmpeg -i IN -pix_fmt gbrp16le -c:v ffv1 OUT.mkv"
            )
        })
    }

    fn of_planes(format: &str) -> Option<Self> {
        let depth_after = |prefix: &str| format.strip_prefix(prefix).and_then(Depth::parse);
        let luma = |filters: &str, depth: Depth| {
            Self::new(filters, &depth.name_after("gray"), Layout::Grey, depth)
        };
        if let Some(depth) = depth_after("gray") {
            return Some(luma("null", depth));
        }
        if let Some(depth) = depth_after("ya").filter(|depth| depth.bits == 16) {
            return Some(luma(LUMA, depth));
        }
        for (prefix, n_planes) in [("gbrp", 3), ("gbrap", 4)] {
            if let Some(depth) = depth_after(prefix) {
                return Some(Self::new("null", format, Layout::Planes(n_planes), depth));
            }
        }
        // yuv420p, yuvj422p, yuva444p10le …
        let rest = format.strip_prefix("yuv")?.trim_start_matches(['j', 'a']);
        let (sampling, depth) = rest.split_once('p')?;
        let is_known = ["410", "411", "420", "422", "440", "444"].contains(&sampling);
        let depth = Depth::parse(depth).filter(|depth| is_known && !depth.is_float)?;
        Some(luma(LUMA, depth))
    }

    fn new(filters: &str, output: &str, layout: Layout, depth: Depth) -> Self {
        let name = depth.pixel_type();
        let is_grey = layout == Layout::Grey;
        let pixel_type = if is_grey { name } else { format!("rgb {name}") };
        Self {
            filters: filters.into(),
            output: output.into(),
            pixel_type,
            layout,
            numbers: depth.numbers(),
        }
    }

    fn after(mut self, filters: &str) -> Self {
        self.filters.insert_str(0, filters);
        self
    }

    /// How many bytes a frame has.
    pub(super) fn frame_bytes(&self, size: Size) -> Option<usize> {
        let n_numbers =
            size.width.checked_mul(size.height)?.checked_mul(self.layout.n_numbers())?;
        n_numbers.checked_mul(self.numbers.kind.n_bytes())
    }

    /// The grey pixels of a frame; `numbers` is memory that is used again.
    pub(super) fn to_grey(&self, bytes: &[u8], numbers: &mut Vec<f32>, grey: &mut [f32]) {
        if self.layout == Layout::Grey {
            return self.numbers.decode(bytes, grey);
        }
        if self.layout == Layout::Chunky && self.numbers.kind == Kind::U8 {
            return luminance_of(bytes, 3, grey);
        }
        numbers.resize(bytes.len() / self.numbers.kind.n_bytes(), 0.0);
        self.numbers.decode(bytes, numbers);
        if self.layout == Layout::Chunky {
            return luminance_of(numbers, 3, grey);
        }
        let n = grey.len();
        let (green, rest) = numbers.split_at(n);
        for (index, pixel) in grey.iter_mut().enumerate() {
            let [red, blue] = [rest[n + index], rest[index]].map(f64::from);
            *pixel = luminance(red, green[index].into(), blue) as f32;
        }
    }
}

const LUMA: &str = "extractplanes=y";

/// How many bits a number has, and their order.
#[derive(Clone, Copy, Debug)]
struct Depth {
    bits: u8,
    is_float: bool,
    big_endian: bool,
}

impl Depth {
    const EIGHT: Self = Self { bits: 8, is_float: false, big_endian: false };
    const SIXTEEN: Self = Self { bits: 16, is_float: false, big_endian: false };

    /// From the end of a format's name: nothing for 8 bit, `10le`, `16be`, `f32le` …
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::EIGHT);
        }
        let big_endian = text.ends_with("be");
        let number = text.strip_suffix("le").or_else(|| text.strip_suffix("be"))?;
        let is_float = number == "f32";
        let bits = number.trim_start_matches('f').parse().ok()?;
        let is_known =
            is_float || matches!(bits, 9 | 10 | 12 | 14 | 16) && !number.starts_with('f');
        is_known.then_some(Self { bits, is_float, big_endian })
    }

    fn name_after(self, prefix: &str) -> String {
        let order = if self.big_endian { "be" } else { "le" };
        match (self.bits, self.is_float) {
            (8, _) => prefix.into(),
            (bits, false) => format!("{prefix}{bits}{order}"),
            (bits, true) => format!("{prefix}f{bits}{order}"),
        }
    }

    fn pixel_type(self) -> String {
        let kind = if self.is_float { "float" } else { "uint" };
        format!("{kind}{}", self.bits)
    }

    fn numbers(self) -> Numbers {
        let kind = match (self.bits, self.is_float) {
            (8, _) => Kind::U8,
            (_, false) => Kind::U16,
            (_, true) => Kind::F32,
        };
        Numbers { kind, big_endian: self.big_endian }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(format: &str) -> (String, String, String) {
        let pixels = Pixels::of(format).unwrap();
        (pixels.filters, pixels.output, pixels.pixel_type)
    }

    fn words(filters: &str, output: &str, pixel_type: &str) -> (String, String, String) {
        (filters.into(), output.into(), pixel_type.into())
    }

    #[test]
    fn luma_keeps_its_depth() {
        assert_eq!(asked("yuv420p"), words("extractplanes=y", "gray", "uint8"));
        assert_eq!(asked("yuvj422p"), words("extractplanes=y", "gray", "uint8"));
        assert_eq!(asked("yuva444p12le"), words("extractplanes=y", "gray12le", "uint12"));
        assert_eq!(asked("yuv422p10be"), words("extractplanes=y", "gray10be", "uint10"));
        assert_eq!(asked("gray16be"), words("null", "gray16be", "uint16"));
        assert_eq!(asked("grayf32le"), words("null", "grayf32le", "float32"));
        assert_eq!(asked("yuyv422"), words("format=yuv422p,extractplanes=y", "gray", "uint8"));
        assert_eq!(
            asked("p010le"),
            words("format=yuv420p10le,extractplanes=y", "gray10le", "uint10")
        );
    }

    #[test]
    fn colours_keep_their_depth() {
        assert_eq!(asked("pal8"), words("format=rgb24", "rgb24", "rgb uint8"));
        assert_eq!(asked("gbrp10le"), words("null", "gbrp10le", "rgb uint10"));
        assert_eq!(asked("gbrapf32be"), words("null", "gbrapf32be", "rgb float32"));
        assert_eq!(asked("rgba64be"), words("format=rgb48le", "rgb48le", "rgb uint16"));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for format in [
            "bayer_rggb8",
            "yuv420p7le",
            "grayf16le",
            "yuv444p10msble",
            "xyz12le",
            "",
            "yuv",
            "vaapi",
        ] {
            let error = Pixels::of(format).unwrap_err();
            assert!(
                error.contains(&format!("of the type {format}, which is not supported")),
                "{error}"
            );
        }
    }

    #[test]
    fn planes_of_green_blue_and_red_become_luminance() {
        let pixels = Pixels::of("gbrap16be").unwrap();
        let size = Size::new(2, 1);
        let bytes = [0, 200, 0, 1, 0, 0, 0, 2, 1, 0, 0, 3, 9, 9, 9, 9];
        assert_eq!(pixels.frame_bytes(size), Some(bytes.len()));
        let mut grey = [0.0; 2];
        pixels.to_grey(&bytes, &mut vec![5.0; 99], &mut grey);
        let [first, second] = [luminance(256.0, 200.0, 0.0), luminance(3.0, 1.0, 2.0)];
        assert_eq!(grey, [first as f32, second as f32]);
    }

    #[test]
    fn a_size_beyond_memory_is_no_number() {
        let pixels = Pixels::of("gbrp10le").unwrap();
        assert_eq!(pixels.frame_bytes(Size::new(usize::MAX / 2, 2)), None);
    }
}
