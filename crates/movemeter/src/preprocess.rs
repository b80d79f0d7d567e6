//! What is done to frames before they are matched.
//!
//! In this order: filled where a mask covers them, inverted, less the background, blurred. Each step is the same for every frame, so
//! frames may be prepared in any order and on any thread.

pub mod invert;
pub mod background;
pub mod blur;

use std::sync::Arc;

use crate::error::BoxError;
use crate::filter::Lines;
use crate::frame::Frame;
use crate::mask::Mask;
use crate::simd::Level;
use crate::source::{FrameSource, StackInfo};

/// What is done to every frame before it is matched.
///
/// The default does nothing.
///
/// ```
/// use movemeter::frame::Frame;
/// use movemeter::geometry::Size;
/// use movemeter::preprocess::{Preparation, Work};
/// use movemeter::simd::Level;
///
/// let frame = Frame::from_fn(Size::new(4, 3), |x, y| (x + y) as f32);
/// let preparation = Preparation::default().inverted(255.0).blurred(0.8);
/// let mut work = Work::default();
/// let prepared = preparation.apply(Level::new(), &frame, &mut work);
/// assert!(250.0 < prepared.row(1)[1]);
/// ```
#[derive(Clone, Debug)]
pub struct Preparation {
    /// What is filled.
    mask: Option<Mask>,
    /// What black becomes.
    white: Option<f32>,
    background: Option<Arc<Frame>>,
    /// The blur's weights; a single one is no blur.
    taps: Vec<f32>,
}

impl Default for Preparation {
    fn default() -> Self {
        Self { mask: None, white: None, background: None, taps: blur::taps(0.0) }
    }
}

/// Working memory of a [`Preparation`].
#[derive(Debug, Default)]
pub struct Work {
    plain: Frame,
    lines: Lines,
    blurred: Frame,
}

impl Preparation {
    /// The same, with what a mask covers filled before anything else; see [`Mask::fill`].
    pub fn filled(self, mask: Mask) -> Self {
        Self { mask: Some(mask).filter(Mask::covers_any), ..self }
    }

    /// The same, with each pixel replaced by `white` − pixel first; see [`invert::white`].
    pub fn inverted(self, white: f32) -> Self {
        Self { white: Some(white), ..self }
    }

    /// The same, with this taken off each frame, as it is after inversion and before the blur.
    pub fn less(self, background: Frame) -> Self {
        Self { background: Some(Arc::new(background)), ..self }
    }

    /// What is taken off each frame.
    pub fn background(&self) -> Option<&Frame> {
        self.background.as_deref()
    }

    /// The same, with a Gaussian blur of this standard deviation at the end; 0: none.
    pub fn blurred(self, sigma_px: f64) -> Self {
        Self { taps: blur::taps(sigma_px), ..self }
    }

    /// A frame as recorded, made into what the matcher sees; the frame itself if nothing is done.
    ///
    /// # Panics
    ///
    /// If the background or the mask has another size than the frame.
    pub fn apply<'a>(&self, level: Level, raw: &'a Frame, work: &'a mut Work) -> &'a Frame {
        let Work { plain, lines, blurred } = work;
        let plain = self.before_blur(raw, plain);
        self.blur(level, plain, lines, blurred)
    }

    /// What backgrounds are made of: a frame filled and inverted.
    pub fn apply_inversion<'a>(&self, raw: &'a Frame, work: &'a mut Work) -> &'a Frame {
        let inversion = Self { mask: self.mask.clone(), white: self.white, ..Self::default() };
        inversion.before_blur(raw, &mut work.plain)
    }

    /// The background as it is taken off blurred frames: blurred itself.
    pub fn blurred_background(&self, level: Level) -> Option<Frame> {
        let background = self.background.as_ref()?;
        let (mut lines, mut blurred) = (Lines::default(), Frame::default());
        Some(self.blur(level, background, &mut lines, &mut blurred).clone())
    }

    fn before_blur<'a>(&self, raw: &'a Frame, plain: &'a mut Frame) -> &'a Frame {
        if self.mask.is_none() && self.white.is_none() && self.background.is_none() {
            return raw;
        }
        plain.reset(raw.size());
        plain.pixels_mut().copy_from_slice(raw.pixels());
        if let Some(mask) = &self.mask {
            mask.fill(plain);
        }
        if let Some(white) = self.white {
            invert::invert(plain, white);
        }
        if let Some(background) = &self.background {
            background::subtract(plain, background);
        }
        plain
    }

    fn blur<'a>(
        &self,
        level: Level,
        plain: &'a Frame,
        lines: &mut Lines,
        blurred: &'a mut Frame,
    ) -> &'a Frame {
        if self.taps.len() == 1 {
            return plain;
        }
        blur::blur(level, plain, &self.taps, lines, blurred);
        blurred
    }
}

/// A source whose frames are prepared as they are read: what the matcher sees.
pub struct Preprocessed<S> {
    source: S,
    preparation: Preparation,
    raw: Frame,
    work: Work,
}

impl<S: FrameSource> Preprocessed<S> {
    /// `source`, with this done to each of its frames.
    pub fn new(source: S, preparation: Preparation) -> Self {
        Self { source, preparation, raw: Frame::default(), work: Work::default() }
    }
}

impl<S: FrameSource> FrameSource for Preprocessed<S> {
    fn info(&self) -> &StackInfo {
        self.source.info()
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.source.read(index, &mut self.raw)?;
        let prepared = self.preparation.apply(Level::new(), &self.raw, &mut self.work);
        frame.reset(prepared.size());
        frame.pixels_mut().copy_from_slice(prepared.pixels());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::synth;

    #[test]
    fn without_blur_frames_are_untouched_and_with_it_they_are_smoother() {
        let mut stack = synth::speckle(Size::new(40, 30)).noise(0.1).frames(2);
        let raw = stack.to_frames().remove(1);
        let read = |sigma_px| {
            let mut frame = Frame::default();
            let preparation = Preparation::default().blurred(sigma_px);
            Preprocessed::new(stack.clone(), preparation).read(1, &mut frame).unwrap();
            frame
        };
        assert_eq!(read(0.0), raw);
        let roughness = |frame: &Frame| -> f32 {
            frame.pixels().windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum()
        };
        assert!(roughness(&read(1.5)) < 0.5 * roughness(&raw));
    }

    #[test]
    fn inversion_comes_before_the_background_and_the_background_before_the_blur() {
        let size = Size::new(9, 7);
        let raw = Frame::from_fn(size, |x, y| ((37 * x + 61 * y) % 200) as f32);
        let background = Frame::from_fn(size, |x, y| (3 * x + y) as f32);
        let preparation =
            Preparation::default().inverted(255.0).less(background.clone()).blurred(0.8);
        let plain = Frame::from_fn(size, |x, y| 255.0 - raw.row(y)[x] - background.row(y)[x]);
        let (level, taps) = (Level::new(), blur::taps(0.8));
        let mut expected = Frame::default();
        blur::blur(level, &plain, &taps, &mut Lines::default(), &mut expected);
        let mut dirty = Work::default();
        preparation.apply(level, &background, &mut dirty);
        assert_eq!(preparation.apply(level, &raw, &mut dirty), &expected);
    }
}
