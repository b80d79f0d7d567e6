//! Reading the reference frame before the run, where it is not the first.

use crate::error::Error;
use crate::frame::Frame;
use crate::monitor::{Monitor, Stage};
use crate::recipe::{Recipe, Reference};
use crate::source::FrameSource;

/// A reference read ahead, and its number if it is one of the recording's frames.
pub struct Ahead {
    /// Its pixels.
    pub frame: Frame,
    /// Its number in the recording; `None` for the mean.
    pub number: Option<usize>,
    /// How many frames it is the mean of.
    pub n_frames: usize,
}

/// Reads the reference if it must be known before the first frame is measured.
pub fn read_ahead(
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    monitor: &dyn Monitor,
) -> Result<Option<Ahead>, Error> {
    match recipe.reference {
        Reference::First | Reference::Previous => Ok(None),
        Reference::Mean => {
            let (frame, n_frames) = mean(recipe, source, monitor)?;
            Ok(Some(Ahead { frame, number: None, n_frames }))
        }
        Reference::Frame(number) => {
            let frame = frame(number, source)?;
            Ok(Some(Ahead { frame, number: Some(number), n_frames: 1 }))
        }
    }
}

fn frame(number: usize, source: &mut dyn FrameSource) -> Result<Frame, Error> {
    let info = source.info();
    let index = (0..info.n_frames)
        .find(|&index| info.number(index) == number)
        .expect("the recipe was checked against this stack");
    let mut frame = Frame::default();
    source.read(index, &mut frame).map_err(|source| Error::Read { frame: number, source })?;
    Ok(frame)
}

/// The mean of all frames that are measured, and their number; one at a time: memory does not grow with their number.
fn mean(
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    monitor: &dyn Monitor,
) -> Result<(Frame, usize), Error> {
    let (size, n_frames) = (source.info().size, source.info().n_frames);
    let mut sums = vec![0.0f64; size.area()];
    let (mut frame, mut n_summed) = (Frame::default(), 0usize);
    for index in 0..n_frames {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let number = source.info().number(index);
        if !recipe.exclude.contains(&number) {
            source
                .read(index, &mut frame)
                .map_err(|source| Error::Read { frame: number, source })?;
            for (sum, &pixel) in sums.iter_mut().zip(frame.pixels()) {
                *sum += f64::from(pixel);
            }
            n_summed += 1;
        }
        monitor.progress(Stage::Averaging, index + 1, n_frames);
    }
    if n_summed == 0 {
        return Err(Error::NoFrames { excluded: 0 < n_frames });
    }
    let pixels = sums.into_iter().map(|sum| (sum / n_summed as f64) as f32).collect();
    Ok((Frame::from_pixels(size, pixels).expect("there is a sum for each pixel"), n_summed))
}
