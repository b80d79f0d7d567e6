//! What stays the same in all frames, so that it can be taken off.
//!
//! A feature that is faint against a static, textured surrounding is not what correlation sees:
//! it finds the surrounding, at rest. Less the background, only what moves is left.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::Frame;
use crate::geometry::Size;

/// What is taken off every frame before it is matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Background {
    /// Nothing.
    #[default]
    None,
    /// The darkest value of each pixel in all frames that are measured: for bright features, each of
    /// which leaves every place it covers in at least one frame.
    Min,
    /// The mean of each pixel over all frames that are measured: for features that are anywhere only
    /// for a small part of the frames. They leave a faint trail where they pass.
    Mean,
}

impl Background {
    /// All, in the order documented.
    pub const ALL: [Self; 3] = [Self::None, Self::Min, Self::Mean];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Min => "min",
            Self::Mean => "mean",
        }
    }
}

impl fmt::Display for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Takes a background off a frame.
///
/// # Panics
///
/// If it has another size.
pub fn subtract(frame: &mut Frame, background: &Frame) {
    assert_eq!(frame.size(), background.size(), "a background is as large as the frames");
    for (pixel, background) in frame.pixels_mut().iter_mut().zip(background.pixels()) {
        *pixel -= background;
    }
}

/// A background in the making, frame by frame: memory does not grow with their number.
#[derive(Clone, Debug)]
pub enum Gathering {
    /// The darkest values so far.
    Min(Frame),
    /// The sums so far.
    Mean(Mean),
}

impl Gathering {
    /// Nothing gathered yet, for frames of this size; `None` if there is no background.
    pub fn new(background: Background, size: Size) -> Option<Self> {
        match background {
            Background::None => None,
            Background::Min => Some(Self::Min(Frame::from_fn(size, |_, _| f32::INFINITY))),
            Background::Mean => Some(Self::Mean(Mean::new(size))),
        }
    }

    /// Adds the next frame.
    pub fn add(&mut self, frame: &Frame) {
        match self {
            Self::Mean(mean) => mean.add(frame),
            Self::Min(min) => {
                for (min, &pixel) in min.pixels_mut().iter_mut().zip(frame.pixels()) {
                    *min = min.min(pixel);
                }
            }
        }
    }

    /// The background of what was added: of one frame at least.
    pub fn finish(self) -> Frame {
        match self {
            Self::Min(min) => min,
            Self::Mean(mean) => mean.finish(),
        }
    }
}

/// The mean of frames in the making; sums are `f64`.
#[derive(Clone, Debug)]
pub struct Mean {
    size: Size,
    sums: Vec<f64>,
    n_frames: usize,
}

impl Mean {
    /// Of no frame yet.
    pub fn new(size: Size) -> Self {
        Self { size, sums: vec![0.0; size.area()], n_frames: 0 }
    }

    /// Adds the next frame.
    pub fn add(&mut self, frame: &Frame) {
        for (sum, &pixel) in self.sums.iter_mut().zip(frame.pixels()) {
            *sum += f64::from(pixel);
        }
        self.n_frames += 1;
    }

    /// Takes this off every frame that was added.
    pub fn subtract(&mut self, background: &Frame) {
        for (sum, &pixel) in self.sums.iter_mut().zip(background.pixels()) {
            *sum -= self.n_frames as f64 * f64::from(pixel);
        }
    }

    /// The mean of what was added: of one frame at least.
    pub fn finish(self) -> Frame {
        let n_frames = self.n_frames as f64;
        let pixels = self.sums.into_iter().map(|sum| (sum / n_frames) as f32).collect();
        Frame::from_pixels(self.size, pixels).expect("there is a sum for each pixel")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_darkest_or_the_mean_of_each_pixel() {
        let size = Size::new(3, 2);
        let frames = [[5.0, 1.0, 9.0], [4.0, 2.0, 9.0], [9.0, 0.0, 9.0]]
            .map(|row| Frame::from_fn(size, |x, y| row[x] + 10.0 * y as f32));
        let of = |background| {
            let mut gathering = Gathering::new(background, size).unwrap();
            frames.iter().for_each(|frame| gathering.add(frame));
            gathering.finish()
        };
        let min = of(Background::Min);
        assert_eq!((min.row(0), min.row(1)), (&[4.0, 0.0, 9.0][..], &[14.0, 10.0, 19.0][..]));
        assert_eq!(of(Background::Mean).row(1), &[16.0, 11.0, 19.0]);
        assert!(Gathering::new(Background::None, size).is_none());
        let mut left = frames[0].clone();
        subtract(&mut left, &min);
        assert_eq!(left.row(1), &[1.0, 1.0, 0.0]);
    }

    #[test]
    fn a_mean_less_a_background_is_the_mean_of_frames_less_it() {
        let size = Size::new(2, 1);
        let frames = [[7.0, 1.0], [9.0, 2.0]].map(|row| Frame::from_fn(size, |x, _| row[x]));
        let background = Frame::from_fn(size, |x, _| 0.5 + x as f32);
        let mut mean = Mean::new(size);
        frames.iter().for_each(|frame| mean.add(frame));
        mean.subtract(&background);
        assert_eq!(mean.finish().row(0), &[7.5, 0.0]);
    }

    #[test]
    fn each_is_written_as_its_word() {
        for background in Background::ALL {
            let text = serde_json::to_string(&background).unwrap();
            assert_eq!(text, format!("\"{background}\""));
        }
    }
}
