//! From `--roi` and `--grid` to windows.

use movemeter::error::Error;
use movemeter::geometry::{Rect, Size};
use movemeter::roi::{Windows, grid};

use crate::arguments::WindowArguments;
use crate::failure::{Failure, outside};

impl WindowArguments {
    /// Whether anything was asked for; known before any file is opened.
    pub fn check(&self) -> Result<(), Failure> {
        match self.rois.is_empty() && self.grids.is_empty() {
            true => Err(Failure::Usage(format!(
                "{}, with --roi X,Y,W,H or --grid W (see movemeter measure --help)",
                Error::NoWindows
            ))),
            false => Ok(()),
        }
    }

    /// The windows in a frame of this size; all lie inside it.
    pub fn windows(&self, frame: Size) -> Result<Windows, Failure> {
        let mut windows = Windows::default();
        if !self.rois.is_empty() {
            windows.add(Windows::UNNAMED, self.rois.iter().copied());
        }
        for (index, &size) in self.grids.iter().enumerate() {
            let name = match index {
                0 => "grid".into(),
                _ => format!("grid{}", index + 1),
            };
            windows.add(&name, self.grid(size, frame)?);
        }
        windows.check(frame)?;
        Ok(windows)
    }

    fn grid(&self, window: Size, frame: Size) -> Result<Windows, Failure> {
        let within = self.within.unwrap_or(Rect::of_frame(frame));
        if !within.is_inside(frame) {
            return Err(Failure::Usage(outside("--within", within, frame)));
        }
        let windows = grid(within, window, self.step);
        if windows.is_empty() {
            let place = if self.within.is_some() { "--within" } else { "the frame" };
            return Err(Failure::Usage(format!(
                "--grid {window} holds no window: {place} is only {} px; take smaller windows",
                within.size()
            )));
        }
        Ok(windows)
    }
}
