//! What came of a file.

use std::path::{Path, PathBuf};

use movemeter::frame::Frame;
use movemeter::source::FrameSource;
use movemeter_io::{OpenOptions, open_with};

use crate::expected::Expected;

/// What came of a file.
pub enum Outcome {
    /// Every pixel is as it should be.
    Equal,
    /// No pixel is farther off than this, in grey levels, which is allowed.
    Near(f32),
    /// It was not opened, for this reason.
    Refused(String),
    /// Something is not as it should be.
    Wrong(String),
}

impl Outcome {
    /// Opens a file and compares all its frames.
    pub fn of(folder: &Path, expected: &Expected, ffmpeg: Option<PathBuf>) -> Self {
        let options = OpenOptions { channel: expected.channel, z: expected.z, ffmpeg };
        let path = folder.join(&expected.name);
        match open_with(&path, &options) {
            Ok(mut stack) => compare(&mut *stack, expected),
            // The folder is another in every run.
            Err(error) => {
                Self::Refused(error.to_string().replace(&format!(" ({})", path.display()), ""))
            }
        }
    }

    /// What is wrong, if anything is.
    pub fn wrong(&self) -> Option<String> {
        match self {
            Self::Wrong(what) => Some(what.clone()),
            Self::Equal | Self::Near(_) | Self::Refused(_) => None,
        }
    }
}

fn compare(stack: &mut dyn FrameSource, expected: &Expected) -> Outcome {
    let name = &expected.name;
    let (n_frames, size) = (stack.info().n_frames, stack.info().size);
    if (n_frames, size) != (expected.n_frames, expected.size) {
        return Outcome::Wrong(format!("{name}: {n_frames} frames of {size} px"));
    }
    // Last frame first: every frame must be reached out of order, over what the one before left.
    let mut frame = Frame::from_fn(size, |_, _| -7.0);
    let mut farthest = 0.0f32;
    for index in (0..n_frames).rev() {
        if let Err(error) = stack.read(index, &mut frame) {
            return Outcome::Wrong(format!("{name}: {error}"));
        }
        let truth = &expected.pixels[index * size.area()..][..size.area()];
        for (at, (&is, &should)) in frame.pixels().iter().zip(truth).enumerate() {
            let off = distance(is, should);
            if expected.allowed < off {
                return Outcome::Wrong(format!(
                    "{name}: frame {index}, pixel {at} is {is}, should be {should}"
                ));
            }
            farthest = farthest.max(off);
        }
    }
    if farthest == 0.0 { Outcome::Equal } else { Outcome::Near(farthest) }
}

fn distance(a: f32, b: f32) -> f32 {
    let is_same = a == b || a.is_nan() && b.is_nan();
    match (is_same, (a - b).abs()) {
        (true, _) => 0.0,
        (false, off) if off.is_nan() => f32::INFINITY,
        (false, off) => off,
    }
}
