//! How many times a picture is enlarged, and enlarging it as OpenCV does.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::error::Error;
use crate::frame::{Frame, View};
use crate::geometry::Size;

/// How many times wider and higher a picture is made.
///
/// From [`Self::MIN`] to [`Self::MAX`], and not only whole numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enlargement {
    factor: f64,
}

impl Enlargement {
    /// Below this most windows have no pixel left.
    pub const MIN: f64 = 0.1;
    /// Above this one step is far finer than what bilinear interpolation can tell apart.
    pub const MAX: f64 = 32.0;
    /// As large as before.
    pub const ONE: Self = Self { factor: 1.0 };
    /// Twice as wide and high.
    pub const TWO: Self = Self { factor: 2.0 };

    /// This many times; an error where that is out of range.
    pub fn new(factor: f64) -> Result<Self, Error> {
        if (Self::MIN..=Self::MAX).contains(&factor) {
            return Ok(Self { factor });
        }
        Err(out_of_range(factor.to_string()))
    }

    /// How many times.
    pub fn factor(self) -> f64 {
        self.factor
    }

    /// A length in the enlarged picture, in pixels of the picture itself.
    pub fn reduced(self, length: usize) -> f64 {
        length as f64 / self.factor
    }

    /// The size enlarged: each side times the factor without its fraction, but at least 1.
    pub fn of(self, size: Size) -> Size {
        let side = |side: usize| ((side as f64 * self.factor) as usize).max(1);
        Size::new(side(size.width), side(size.height))
    }
}

// Never NaN and never zero: equal numbers have equal bits.
impl Eq for Enlargement {}

impl Hash for Enlargement {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.factor.to_bits().hash(state);
    }
}

impl fmt::Display for Enlargement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.factor.fmt(f)
    }
}

impl FromStr for Enlargement {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let factor = text.trim().parse().map_err(|_| out_of_range(format!("{text:?}")))?;
        Self::new(factor)
    }
}

fn out_of_range(value: String) -> Error {
    let allowed = format!("a number from {} to {}", Enlargement::MIN, Enlargement::MAX);
    Error::Setting { name: "enlargement", value, allowed }
}

/// Working memory of [`enlarge`].
#[derive(Clone, Debug, Default)]
pub struct EnlargeScratch {
    across: Vec<Tap>,
    rows: Vec<f32>,
}

/// Between which two pixels a pixel of the enlarged picture lies, and how far from the first.
#[derive(Clone, Copy, Debug)]
struct Tap {
    first: usize,
    second: usize,
    part: f32,
}

/// Enlarges a picture by bilinear interpolation: `cv2.resize(picture, size, INTER_LINEAR)` of `float32`.
///
/// Pixel i of the enlarged picture has its centre at (i + ½)·n/m − ½ of the picture, for n pixels made
/// m; beyond the outermost centres the outermost pixel is repeated. Where the picture is reduced,
/// pixels in between are passed over, not averaged.
///
/// Rounded where OpenCV's usual build on x86 rounds (across, then down; (1 − w) a + w b as a + w (b − a)
/// with one rounding at the end): the same bits, but for one pixel in many millions.
pub fn enlarge(
    picture: View<'_>,
    enlargement: Enlargement,
    scratch: &mut EnlargeScratch,
    enlarged: &mut Frame,
) {
    let (from, to) = (picture.size(), enlargement.of(picture.size()));
    enlarged.reset(to);
    let EnlargeScratch { across, rows } = scratch;
    across.clear();
    across.extend((0..to.width).map(|x| Tap::of(x, from.width, to.width)));
    rows.clear();
    for row in picture.rows() {
        rows.extend(across.iter().map(|tap| between(row[tap.first], row[tap.second], tap.part)));
    }
    let row = |y: usize| &rows[y * to.width..][..to.width];
    for y in 0..to.height {
        let Tap { first, second, part } = Tap::of(y, from.height, to.height);
        let pairs = row(first).iter().zip(row(second));
        for (pixel, (&a, &b)) in enlarged.row_mut(y).iter_mut().zip(pairs) {
            *pixel = between(a, b, part);
        }
    }
}

impl Tap {
    /// Of pixel `i` of `n_to` made from `n_from`.
    fn of(i: usize, n_from: usize, n_to: usize) -> Self {
        let step = 1.0 / (n_to as f64 / n_from as f64);
        let (at, last) = ((i as f64 + 0.5) * step - 0.5, n_from - 1);
        if at < 0.0 {
            return Self { first: 0, second: 0, part: 0.0 };
        }
        let first = at as usize;
        if last <= first {
            return Self { first: last, second: last, part: 0.0 };
        }
        Self { first, second: first + 1, part: (at - first as f64) as f32 }
    }
}

/// Rounded twice: the difference, and the sum. The product in `f64` is exact.
#[inline(always)]
fn between(a: f32, b: f32, part: f32) -> f32 {
    (f64::from(b - a) * f64::from(part) + f64::from(a)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enlarged(picture: &[f32], width: usize, factor: f64) -> Frame {
        let mut frame = Frame::new(Size::new(3, 3));
        let view = View::new(Size::new(width, picture.len() / width), picture);
        let scratch = &mut EnlargeScratch { rows: vec![f32::NAN; 5], ..EnlargeScratch::default() };
        enlarge(view, Enlargement::new(factor).unwrap(), scratch, &mut frame);
        frame
    }

    #[test]
    fn twice_as_wide_lies_a_quarter_pixel_to_each_side_of_the_centres() {
        let frame = enlarged(&[0.0, 4.0], 2, 2.0);
        assert_eq!(frame.size(), Size::new(4, 2));
        assert_eq!(frame.pixels(), [0.0, 1.0, 3.0, 4.0, 0.0, 1.0, 3.0, 4.0]);
    }

    #[test]
    fn a_picture_enlarged_once_is_itself_to_the_last_bit() {
        let picture: Vec<f32> = (0..15).map(|i| (i as f32 * 0.7).sin() * 1e5).collect();
        assert_eq!(enlarged(&picture, 5, 1.0).pixels(), picture);
    }

    #[test]
    fn half_as_wide_is_the_mean_of_two() {
        assert_eq!(
            enlarged(&[1.0, 3.0, 8.0, 10.0, 1.0, 3.0, 8.0, 10.0], 4, 0.5).pixels(),
            [2.0, 9.0]
        );
    }

    #[test]
    fn sides_lose_their_fraction_and_the_step_is_that_of_the_sides() {
        // int(3 · 2.5) = 7: steps of 3/7 px, not of 0.4 px.
        let frame = enlarged(&[0.0, 7.0, 14.0], 3, 2.5);
        assert_eq!(frame.size(), Size::new(7, 2));
        // Centres at 3/14 + 3/7 i − 1/2, and nothing beyond 0 and 2.
        let expected = [0.0, 1.0, 4.0, 7.0, 10.0, 13.0, 14.0];
        for (found, expected) in frame.row(0).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{:?}", frame.row(0));
        }
    }

    #[test]
    fn no_side_is_lost_altogether() {
        assert_eq!(Enlargement::new(0.1).unwrap().of(Size::new(4, 30)), Size::new(1, 3));
        assert_eq!(enlarged(&[5.0], 1, 0.3).pixels(), [5.0]);
    }

    #[test]
    fn a_factor_out_of_range_is_refused_with_what_is_allowed() {
        for wrong in ["0", "-2", "0.09", "32.1", "inf", "nan", "", "two", "1,5"] {
            let said = wrong.parse::<Enlargement>().err().map(|error| error.to_string());
            let says = said.as_ref().is_some_and(|said| said.contains("a number from 0.1 to 32"));
            assert!(says, "{wrong}: {said:?}");
        }
        for right in ["0.1", "1", "2.5", "32"] {
            assert_eq!(right.parse::<Enlargement>().unwrap().to_string(), right);
        }
    }
}
