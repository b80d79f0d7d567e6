//! Where frames come from: the trait every stack, file and folder fulfils, and sources over sources.

use std::collections::BTreeSet;

use crate::error::BoxError;
use crate::frame::Frame;
use crate::geometry::Size;

/// The name under which metadata say what is wrong with a recording that can be read all the same.
pub const DAMAGE: &str = "damage";
/// The name under which metadata say that a recording contradicts itself, and what was believed.
pub const CONTRADICTION: &str = "contradiction";

/// What is known of a stack before its pixels are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackInfo {
    /// File or folder name, for messages.
    pub name: String,
    /// Width and height of every frame.
    pub size: Size,
    /// How many frames.
    pub n_frames: usize,
    /// How pixels are stored, in the words of the field: `uint8`, `uint16`, `float32`, `rgb uint8` …
    pub pixel_type: String,
    /// Each frame's number in the recording, where frames were left out; otherwise 0, 1, 2, …
    pub numbers: Option<Vec<usize>>,
    /// Each frame's time, s, if the recording knows it.
    pub times_s: Option<Vec<f64>>,
    /// Frames a second, if the recording knows it.
    pub frame_rate_hz: Option<f64>,
    /// Side of a pixel in the specimen, µm, if the recording knows it.
    pub pixel_size_um: Option<f64>,
    /// How long each frame was exposed, s, if the recording knows it.
    pub exposure_s: Option<f64>,
    /// What else the recording says of itself, as name and value.
    pub metadata: Vec<(String, String)>,
}

impl StackInfo {
    /// Whether pixels are rounded to whole grey levels.
    pub fn is_rounded(&self) -> bool {
        self.pixel_type.starts_with("uint")
    }

    /// What the user should know before believing the frames: damage and contradictions, as name and value.
    pub fn doubts(&self) -> impl Iterator<Item = &(String, String)> {
        self.metadata.iter().filter(|(name, _)| name == DAMAGE || name == CONTRADICTION)
    }

    /// The number of frame `index` in the recording.
    pub fn number(&self, index: usize) -> usize {
        self.numbers.as_ref().map_or(index, |numbers| numbers[index])
    }

    /// The time of frame `index`, s: as recorded, else its number over the frame rate.
    pub fn time_s(&self, index: usize) -> Option<f64> {
        match &self.times_s {
            Some(times_s) => times_s.get(index).copied(),
            None => self.frame_rate_hz.map(|rate_hz| self.number(index) as f64 / rate_hz),
        }
    }
}

/// Frames by index. Reads in order are cheap, reads out of order are correct.
pub trait FrameSource: Send {
    /// What is known of the stack.
    fn info(&self) -> &StackInfo;

    /// Reads frame `index` (from 0) into `frame`, which is given the stack's size.
    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError>;
}

impl<S: FrameSource + ?Sized> FrameSource for Box<S> {
    fn info(&self) -> &StackInfo {
        (**self).info()
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        (**self).read(index, frame)
    }
}

impl<S: FrameSource + ?Sized> FrameSource for &mut S {
    fn info(&self) -> &StackInfo {
        (**self).info()
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        (**self).read(index, frame)
    }
}

/// Frames in memory.
#[derive(Clone, Debug)]
pub struct MemoryStack {
    info: StackInfo,
    frames: Vec<Frame>,
}

impl MemoryStack {
    /// A stack of these frames; the error says which one differs in size from the first.
    pub fn new(frames: Vec<Frame>) -> Result<Self, BoxError> {
        let size = frames.first().map(Frame::size).unwrap_or_default();
        if let Some(odd) = frames.iter().position(|frame| frame.size() != size) {
            let found = frames[odd].size();
            return Err(format!("frame {odd} is {found} px, but frame 0 is {size} px").into());
        }
        let info = StackInfo {
            name: "memory".into(),
            size,
            n_frames: frames.len(),
            pixel_type: "float32".into(),
            ..StackInfo::default()
        };
        Ok(Self { info, frames })
    }

    /// The same, said to hold pixels of this type: `uint8` and `uint16` are known to be rounded.
    #[must_use]
    pub fn stored_as(mut self, pixel_type: &str) -> Self {
        self.info.pixel_type = pixel_type.into();
        self
    }

    /// All frames.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }
}

impl FrameSource for MemoryStack {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        frame.clone_from(&self.frames[index]);
        Ok(())
    }
}

/// Some of a source's frames, each with the number and time it had there.
pub struct Selected<S> {
    source: S,
    info: StackInfo,
    indices: Vec<usize>,
}

impl<S: FrameSource> Selected<S> {
    /// The frames of `source` at these indices, in this order.
    ///
    /// The error names an index beyond the last frame, or one given twice.
    pub fn new(source: S, indices: Vec<usize>) -> Result<Self, BoxError> {
        let from = source.info();
        check_indices(&indices, from.n_frames)?;
        let info = StackInfo {
            n_frames: indices.len(),
            numbers: Some(indices.iter().map(|&index| from.number(index)).collect()),
            times_s: from
                .times_s
                .as_ref()
                .map(|times_s| indices.iter().map(|&index| times_s[index]).collect()),
            ..from.clone()
        };
        Ok(Self { source, info, indices })
    }
}

fn check_indices(indices: &[usize], n_frames: usize) -> Result<(), BoxError> {
    let mut seen = BTreeSet::new();
    for &index in indices {
        if n_frames <= index {
            return Err(format!("there is no frame {index}: the stack has {n_frames}").into());
        }
        if !seen.insert(index) {
            return Err(format!("frame {index} is selected twice").into());
        }
    }
    Ok(())
}

impl<S: FrameSource> FrameSource for Selected<S> {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.source.read(self.indices[index], frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey_levels(n: usize) -> MemoryStack {
        let size = Size::new(2, 2);
        MemoryStack::new((0..n).map(|k| Frame::from_fn(size, |_, _| k as f32)).collect()).unwrap()
    }

    #[test]
    fn selected_frames_keep_their_numbers_and_times() {
        let mut stack = grey_levels(10);
        stack.info.frame_rate_hz = Some(2.0);
        let mut every_third = Selected::new(stack, vec![1, 4, 7]).unwrap();
        let mut frame = Frame::default();
        every_third.read(2, &mut frame).unwrap();
        assert_eq!(frame.pixels()[0], 7.0);
        assert_eq!(every_third.info().number(2), 7);
        assert_eq!(every_third.info().time_s(2), Some(3.5));
        let mut again = Selected::new(every_third, vec![1]).unwrap();
        again.read(0, &mut frame).unwrap();
        assert_eq!((frame.pixels()[0], again.info().number(0)), (4.0, 4));
    }

    #[test]
    fn a_frame_that_is_not_there_is_named() {
        let error = Selected::new(grey_levels(3), vec![0, 3]).err().unwrap();
        assert_eq!(error.to_string(), "there is no frame 3: the stack has 3");
        let error = Selected::new(grey_levels(3), vec![1, 1]).err().unwrap();
        assert_eq!(error.to_string(), "frame 1 is selected twice");
    }

    #[test]
    fn frames_of_two_sizes_make_no_stack() {
        let frames = vec![Frame::new(Size::new(2, 2)), Frame::new(Size::new(2, 3))];
        let error = MemoryStack::new(frames).err().unwrap();
        assert_eq!(error.to_string(), "frame 1 is 2x3 px, but frame 0 is 2x2 px");
    }
}
