//! What is done to frames before they are matched.

pub mod blur;

use crate::error::BoxError;
use crate::frame::Frame;
use crate::simd::Level;
use crate::source::{FrameSource, StackInfo};

/// A source whose frames are blurred as they are read: what the matcher is given.
pub struct Preprocessed<S> {
    source: S,
    taps: Vec<f32>,
    raw: Frame,
    work: Frame,
}

impl<S: FrameSource> Preprocessed<S> {
    /// `source`, blurred by a Gaussian of this standard deviation; 0 leaves it as it is.
    pub fn new(source: S, blur_sigma_px: f64) -> Self {
        let taps = blur::taps(blur_sigma_px);
        Self { source, taps, raw: Frame::default(), work: Frame::default() }
    }
}

impl<S: FrameSource> FrameSource for Preprocessed<S> {
    fn info(&self) -> &StackInfo {
        self.source.info()
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        if self.taps.len() == 1 {
            return self.source.read(index, frame);
        }
        self.source.read(index, &mut self.raw)?;
        blur::blur(Level::new(), &self.raw, &self.taps, &mut self.work, frame);
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
        let read = |sigma| {
            let mut frame = Frame::default();
            Preprocessed::new(stack.clone(), sigma).read(1, &mut frame).unwrap();
            frame
        };
        assert_eq!(read(0.0), raw);
        let roughness = |frame: &Frame| -> f32 {
            frame.pixels().windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum()
        };
        assert!(roughness(&read(1.5)) < 0.5 * roughness(&raw));
    }
}
