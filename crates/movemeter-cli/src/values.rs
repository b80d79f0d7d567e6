//! What users write for rectangles, ranges, lists and lengths.

use std::ops::RangeInclusive;
use std::time::Duration;

use movemeter::brightness::BrightnessMode;
use movemeter::error::Error;
use movemeter::geometry::{Point, Rect, Size};
use movemeter::matching::subpixel::Subpixel;
use movemeter::matching::warp::Model;
use movemeter::preprocess::background::Background;
use movemeter::recipe::{FrameRange, Reference};
use movemeter::roi::{Circle, Color};
use movemeter::stabilize::{Border, Correction};
use movemeter_io::BitDepth;

/// Beyond this no frame reaches; sums of two such numbers are still whole numbers.
const MAX_COORDINATE: i64 = 1 << 30;
/// Windows farther apart than this many of their sides are better given one by one.
const MAX_STEP: f64 = 1000.0;
/// More arcs or radial lines than have a window each.
const MAX_PARTS: usize = 10_000;
/// More threads than any machine has would only cost memory.
const MAX_THREADS: usize = 1024;

/// `X,Y,W,H` in whole pixels.
pub fn rect(text: &str) -> Result<Rect, String> {
    let parts: Vec<&str> = text.split(',').collect();
    let [x, y, width, height] = parts[..] else {
        return Err(format!(
            "four numbers X,Y,W,H are needed, separated by commas only, but there {}",
            if parts.len() == 1 { "is 1".into() } else { format!("are {}", parts.len()) }
        ));
    };
    let (width, height) = (whole(width)?, whole(height)?);
    if width < 1 || height < 1 {
        return Err(format!(
            "width and height must be at least 1 px, but are {width} and {height}"
        ));
    }
    Ok(Rect::new(whole(x)? as isize, whole(y)? as isize, width as usize, height as usize))
}

/// `X,Y,X,Y,…`: places that are joined by lines.
pub fn places(text: &str) -> Result<Vec<Point>, String> {
    let numbers = numbers(text)?;
    if numbers.len() % 2 == 1 {
        return Err(format!(
            "X,Y of each point are needed, but there are {} numbers",
            numbers.len()
        ));
    }
    Ok(numbers.chunks_exact(2).map(|pair| Point::new(pair[0], pair[1])).collect())
}

/// `X,Y,R`, or X,Y of at least three points.
pub fn circle(text: &str) -> Result<Circle, String> {
    let numbers = numbers(text)?;
    if let [x, y, radius] = numbers[..] {
        return Ok(Circle { center: Point::new(x, y), radius });
    }
    if numbers.len() < 6 {
        return Err("X,Y,R are needed: middle and radius of a circle; or X,Y of at least three points on it".into());
    }
    Circle::through(&places(text)?).map_err(|error| error.to_string())
}

fn numbers(text: &str) -> Result<Vec<f64>, String> {
    text.split(',')
        .map(|part| part.trim().parse().map_err(|_| format!("{part:?} is not a number")))
        .collect()
}

/// A number of parts.
pub fn parts(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(n) if (1..=MAX_PARTS).contains(&n) => Ok(n),
        _ => Err(format!("it must be a whole number from 1 to {MAX_PARTS}")),
    }
}

/// `#rrggbb`.
pub fn color(text: &str) -> Result<Color, String> {
    text.parse().map_err(what_is_allowed)
}

/// `W` or `WxH` in whole pixels.
pub fn window_size(text: &str) -> Result<Size, String> {
    let (width, height) = text.split_once(['x', 'X', '×']).unwrap_or((text, text));
    let side = |text| match whole(text)? {
        side if side < 1 => {
            Err(format!("the sides of a window must be at least 1 px, but one is {side}"))
        }
        side => Ok(side as usize),
    };
    Ok(Size::new(side(width)?, side(height)?))
}

/// The distance from window to window, in sides of a window.
pub fn step(text: &str) -> Result<f64, String> {
    let step = number(text)?;
    if 0.0 < step && step <= MAX_STEP {
        return Ok(step);
    }
    Err(format!("it must be more than 0 and at most {MAX_STEP}"))
}

/// Any number; which ones make sense, the recipe knows.
pub fn number(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| match text.contains(',') {
        true => "this is not a number; decimals follow a point, as in 0.5".into(),
        false => "this is not a number".into(),
    })
}

/// A time, in seconds.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = number(text)?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| "it must be a number of seconds, 0 or more".into())
}

/// A distance in a frame, px.
pub fn distance(text: &str) -> Result<f64, String> {
    let distance = number(text)?;
    if distance.is_finite() && (MAX_COORDINATE as f64) < distance {
        return Err(format!(
            "{distance} is larger than any frame; leave it out to search all of it"
        ));
    }
    Ok(distance)
}

/// A number of something, counted from 0.
pub fn counted_from_zero(text: &str) -> Result<usize, String> {
    text.trim().parse().map_err(|_| "this is not a whole number from 0".into())
}

/// How many threads.
pub fn threads(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(n) if (1..=MAX_THREADS).contains(&n) => Ok(n),
        _ => Err(format!("it must be a whole number from 1 to {MAX_THREADS}")),
    }
}

/// `first`, `previous`, `mean` or a frame number.
pub fn reference(text: &str) -> Result<Reference, String> {
    text.parse().map_err(what_is_allowed)
}

/// A way to find the position between pixels, by its name, and `resize:U` with its enlargement.
pub fn subpixel(text: &str) -> Result<Subpixel, String> {
    text.parse().map_err(what_is_allowed)
}

/// The option and its value are named by whoever reports this.
fn what_is_allowed(error: Error) -> String {
    match error {
        Error::Setting { allowed, .. } => format!("it must be {allowed}"),
        other => other.to_string(),
    }
}

/// What is taken off every frame, by its name.
pub fn background(text: &str) -> Result<Background, String> {
    let known = Background::ALL.into_iter().find(|background| background.as_str() == text);
    known.ok_or_else(|| {
        format!("it must be one of {}", Background::ALL.map(Background::as_str).join(", "))
    })
}

/// What of the motion is taken out, by its name.
pub fn correction(text: &str) -> Result<Correction, String> {
    let known = Correction::ALL.into_iter().find(|correction| correction.as_str() == text);
    known.ok_or_else(|| {
        format!("it must be one of {}", Correction::ALL.map(Correction::as_str).join(", "))
    })
}

/// What is shown beyond the frame, by its name.
pub fn border(text: &str) -> Result<Border, String> {
    let known = Border::ALL.into_iter().find(|border| border.as_str() == text);
    known.ok_or_else(|| format!("it must be one of {}", Border::ALL.map(Border::as_str).join(", ")))
}

/// How brightness is given, by its name.
pub fn brightness(text: &str) -> Result<BrightnessMode, String> {
    let known = BrightnessMode::ALL.into_iter().find(|mode| mode.as_str() == text);
    known.ok_or_else(|| {
        let words = BrightnessMode::ALL.map(BrightnessMode::as_str).join(", ");
        format!("it must be one of {words}; a recording stands before --brightness")
    })
}

/// `A..B`, two grey levels.
pub fn range(text: &str) -> Result<[f32; 2], String> {
    let (low, high) = text.split_once("..").ok_or("a range has two dots, as in 0..4095")?;
    let range = [number(low)? as f32, number(high)? as f32];
    match range[0] < range[1] && range.iter().all(|level| level.is_finite()) {
        true => Ok(range),
        false => Err("the first number must be less than the second".into()),
    }
}

/// The number of bits of a written pixel.
pub fn bit_depth(text: &str) -> Result<BitDepth, String> {
    match text.trim() {
        "8" => Ok(BitDepth::Eight),
        "16" => Ok(BitDepth::Sixteen),
        "32" => Ok(BitDepth::Float32),
        _ => Err("it must be 8, 16 or 32".into()),
    }
}

/// A model of what content does, by its name.
pub fn model(text: &str) -> Result<Model, String> {
    let known = Model::ALL.into_iter().find(|model| model.as_str() == text);
    known.ok_or_else(|| format!("it must be one of {}", Model::ALL.map(Model::as_str).join(", ")))
}

/// A length with its unit, in µm.
pub fn pixel_size(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let unit_at = text.find(|c: char| c.is_alphabetic() && !"eE".contains(c));
    let (value, unit) = text.split_at(unit_at.unwrap_or(text.len()));
    // Both signs for micro are in use: the one of its own, and the Greek letter.
    let um = match unit {
        "nm" => 1e-3,
        "" | "um" | "\u{b5}m" | "\u{3bc}m" => 1.0,
        "mm" => 1e3,
        _ => return Err(format!("the unit {unit} is not known; use nm, um or mm, as in 0.8um")),
    };
    Ok(number(value)? * um)
}

/// One of several things by its name.
pub fn by_name<T: Copy>(
    text: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    let known = all.iter().copied().find(|&one| name(one) == text.trim());
    known.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|&one| name(one)).collect();
        format!("it must be one of {}", names.join(", "))
    })
}

/// How wide and high a picture is; the height may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PageSize {
    sides: [Option<f64>; 2],
    is_px: bool,
}

impl PageSize {
    /// Width and height, mm, if a picture has so many pixels an inch.
    pub fn mm(self, dpi: f64) -> [Option<f64>; 2] {
        let unit = if self.is_px { MM_PER_INCH / dpi } else { 1.0 };
        self.sides.map(|side| side.map(|side| side * unit))
    }
}

const MM_PER_INCH: f64 = 25.4;
/// Of pictures: larger ones are posters, smaller ones are stamps.
const PAGE_SIDES_MM: RangeInclusive<f64> = 20.0..=2000.0;

/// `W` or `WxH`, in mm or px.
pub fn page_size(text: &str) -> Result<PageSize, String> {
    let text = text.trim();
    let (text, is_px) = match text.strip_suffix("px") {
        Some(text) => (text, true),
        None => (text.strip_suffix("mm").unwrap_or(text), false),
    };
    let (width, height) = match text.split_once(['x', 'X', '\u{d7}']) {
        Some((width, height)) => (number(width)?, Some(number(height)?)),
        None => (number(text)?, None),
    };
    let sides = [Some(width), height];
    let is_known = |side: &f64| {
        is_px && (50.0..=20_000.0).contains(side) || !is_px && PAGE_SIDES_MM.contains(side)
    };
    match sides.iter().flatten().all(is_known) {
        true => Ok(PageSize { sides, is_px }),
        false => {
            Err("sides must be 20 to 2000 mm, or 50 to 20000 px, as in 85x60mm or 800px".into())
        }
    }
}

/// Pixels of an inch.
pub fn dpi(text: &str) -> Result<f64, String> {
    let dpi = number(text)?;
    match (30.0..=1200.0).contains(&dpi) {
        true => Ok(dpi),
        false => Err("it must be 30 to 1200".into()),
    }
}

/// Numbers of frames from one to another, both included; open ends reach to the ends of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    first: usize,
    last: Option<usize>,
}

impl Span {
    /// `N`, `A..B`, `A..` or `..B`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((first, last)) = text.split_once("..") else {
            let only = frame_number(text)?;
            return Ok(Self { first: only, last: Some(only) });
        };
        let number = |text: &str| match text.trim() {
            "" => Ok(None),
            text => frame_number(text).map(Some),
        };
        let (first, last) = (number(first)?.unwrap_or(0), number(last)?);
        match last {
            Some(last) if last < first => {
                Err(format!("{first}..{last} ends before it begins; write {last}..{first}"))
            }
            _ => Ok(Self { first, last }),
        }
    }

    /// The numbers themselves, in a stack of `n_frames`.
    pub fn within(self, n_frames: usize) -> Result<RangeInclusive<usize>, String> {
        let end = n_frames.saturating_sub(1);
        let farthest = self.last.unwrap_or(self.first).max(self.first);
        if end < farthest {
            return Err(format!(
                "there is no frame {farthest}: the recording has {n_frames}, numbered 0 to {end}; \
                 an open end, as in {}.., goes to the last",
                self.first.min(end)
            ));
        }
        Ok(self.first..=self.last.unwrap_or(end))
    }
}

/// Frames to be measured: `A..B[:STEP]`.
pub fn frame_range(text: &str) -> Result<FrameRange, String> {
    let (span, step) = text.split_once(':').unwrap_or((text, "1"));
    if !span.contains("..") {
        return Err("a range has two dots, as in 0..99, 10.. or ..99".into());
    }
    let step = match step.trim().parse() {
        Ok(step) if 1 <= step => step,
        _ => return Err(format!("the step must be a whole number from 1 on, but is {step:?}")),
    };
    let Span { first, last } = Span::parse(span)?;
    Ok(FrameRange { first, last, step })
}

fn frame_number(text: &str) -> Result<usize, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("{text:?} is not the number of a frame; they count from 0"))
}

fn whole(text: &str) -> Result<i64, String> {
    let text = text.trim();
    match text.parse::<i64>() {
        Ok(n) if (-MAX_COORDINATE..=MAX_COORDINATE).contains(&n) => Ok(n),
        Ok(n) => Err(format!("{n} is larger than any frame")),
        Err(_) => Err(format!("{text:?} is not a whole number of pixels")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_is_four_whole_numbers() {
        assert_eq!(rect("1, 2,30,40"), Ok(Rect::new(1, 2, 30, 40)));
        assert_eq!(rect("-5,0,10,10"), Ok(Rect::new(-5, 0, 10, 10)));
        assert!(rect("1,2,3").unwrap_err().contains("there are 3"));
        assert!(rect("7").unwrap_err().contains("there is 1"));
        assert!(rect("1,2,3,0").unwrap_err().contains("at least 1 px, but are 3 and 0"));
        assert!(rect("1,2,3.5,4").unwrap_err().contains("\"3.5\" is not a whole number"));
        assert!(rect("1,2,3,99999999999").unwrap_err().contains("larger than any frame"));
        assert!(rect("1,2,3,-9223372036854775808").unwrap_err().contains("larger than any frame"));
    }

    #[test]
    fn a_window_is_square_unless_two_sides_are_given() {
        assert_eq!(window_size("32"), Ok(Size::new(32, 32)));
        assert_eq!(window_size("32x16"), Ok(Size::new(32, 16)));
        assert!(window_size("0").unwrap_err().contains("at least 1 px, but one is 0"));
        assert!(window_size("8x-2").unwrap_err().contains("but one is -2"));
    }

    #[test]
    fn both_ends_of_a_range_are_included_and_may_be_open() {
        let numbers =
            |text: &str| frame_range(text).unwrap().numbers(10).map_err(|error| error.to_string());
        assert_eq!(numbers("2..5"), Ok(vec![2, 3, 4, 5]));
        assert_eq!(numbers("7.."), Ok(vec![7, 8, 9]));
        assert_eq!(numbers("..1"), Ok(vec![0, 1]));
        assert_eq!(numbers("..:4"), Ok(vec![0, 4, 8]));
        assert_eq!(numbers("1..9:4"), Ok(vec![1, 5, 9]));
        assert!(numbers("5..10").unwrap_err().starts_with("there is no frame 10"));
        assert!(numbers("10..").unwrap_err().starts_with("there is no frame 10"));
        for wrong in ["5", "5..2", "1..5:0", "1..5:-1", "a..b", "-1..4", "1..2..3", ""] {
            assert!(frame_range(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_length_without_unit_is_in_micrometres() {
        for (text, um) in
            [("0.8", 0.8), ("0.8um", 0.8), ("0.8 µm", 0.8), ("0.8μm", 0.8), ("0.002mm", 2.0)]
        {
            assert_eq!(pixel_size(text), Ok(um), "{text}");
        }
        assert!((pixel_size("650nm").unwrap() - 0.65).abs() < 1e-12);
        assert_eq!(pixel_size("1e-1um"), Ok(0.1));
        assert!(pixel_size("3 inch").unwrap_err().contains("nm, um or mm"));
        assert!(pixel_size("um").is_err());
    }

    #[test]
    fn a_decimal_comma_is_recognised() {
        assert!(number("0,5").unwrap_err().contains("as in 0.5"));
        assert_eq!(number("-1"), Ok(-1.0));
        assert!(distance("1e30").unwrap_err().contains("larger than any frame"));
    }

    #[test]
    fn names_and_counts_that_are_not_known_say_what_is() {
        assert!(reference("last").unwrap_err().contains("first, previous, mean"));
        assert!(subpixel("best").unwrap_err().contains("gauss-newton, parabola"));
        assert!(subpixel("resize:0").unwrap_err().contains("resize:U with U from 0.1 to 32"));
        assert!(threads("0").unwrap_err().contains("from 1"));
        assert!(step("0").is_err() && step("nan").is_err() && step("-1").is_err());
    }
}
