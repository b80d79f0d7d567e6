//! A recording with motion taken out, as a source of frames.

use super::common::CommonPart;
use super::placement::Placement;
use super::resampling::{Border, Resampling};
use crate::error::{BoxError, Error};
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::source::{FrameSource, StackInfo};

/// A source whose frames are moved and turned back as they are read.
pub struct Stabilized<S> {
    source: S,
    info: StackInfo,
    transforms: Vec<Placement>,
    shown: Rect,
    border: Border,
    raw: Frame,
    resampling: Resampling,
}

impl<S: FrameSource> Stabilized<S> {
    /// `source`, with each of its frames shown as its transform says: at p what it has at T(p).
    ///
    /// The error says that there are more or fewer transforms than frames, or that no pixel is common to all of them to
    /// [crop](Border::Crop) to.
    pub fn new(source: S, transforms: Vec<Placement>, border: Border) -> Result<Self, Error> {
        let info = source.info();
        if transforms.len() != info.n_frames {
            return Err(Error::Setting {
                name: "transforms",
                value: format!("{}", transforms.len()),
                allowed: format!("one for each of the {} frames", info.n_frames),
            });
        }
        let shown = match border {
            Border::Keep | Border::Black => Rect::of_frame(info.size),
            Border::Crop => common_rectangle(&CommonPart::of(info.size, &transforms))?,
        };
        let (size, pixel_type) = (shown.size(), "float32".into());
        let info = StackInfo { size, pixel_type, ..info.clone() };
        let (raw, resampling) = (Frame::default(), Resampling::new());
        Ok(Self { source, info, transforms, shown, border, raw, resampling })
    }

    /// The part of the recording's frames that is shown.
    pub fn shown(&self) -> Rect {
        self.shown
    }
}

fn common_rectangle(part: &CommonPart) -> Result<Rect, Error> {
    part.rectangle().ok_or_else(|| Error::Setting {
        name: "border",
        value: Border::Crop.as_str().into(),
        allowed: "keep or black where no pixel is common to all frames".into(),
    })
}

impl<S: FrameSource> FrameSource for Stabilized<S> {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.source.read(index, &mut self.raw)?;
        let shown = (self.shown, self.border);
        self.resampling.resample(&self.raw, &self.transforms[index], shown, frame);
        Ok(())
    }
}
