//! The recordings: made with motion that is known exactly, and written where all programs read them.

use std::f64::consts::{PI, TAU};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::synth::{self, Random};
use movemeter::{Displacement, Frame, FrameSource, MemoryStack, Rect, Size, StackInfo, grid};
use movemeter_io::{BitDepth, write_tiff};
use serde::Deserialize;
use serde_json::{Value, json};

/// Windows stay this far inside the frame: more than what is looked for, so that no window's content
/// leaves it.
const BORDER: usize = 16;

/// Contents move up to this, in x and in y, px: the nearest whole pixel is not the last one searched.
const REACH_PX: f64 = 9.4;

/// Square 8-bit frames that move anywhere, each elsewhere; windows of 32×32 side by side.
#[derive(Deserialize)]
pub struct Grid {
    file: PathBuf,
    side: usize,
    n_frames: usize,
}

impl Grid {
    /// The windows, and the displacement in each frame.
    pub fn make(&self) -> Result<Value, BoxError> {
        let mut random = Random::new(1, 2026);
        let mut shift = || REACH_PX * (2.0 * random.uniform() - 1.0);
        let mut anywhere = |_| Displacement::new(shift(), shift());
        let path: Vec<_> =
            [Displacement::ZERO].into_iter().chain((1..self.n_frames).map(&mut anywhere)).collect();
        let size = Size::new(self.side, self.side);
        write_npy(&mut synth::speckle(size).path(path.clone()).frames(self.n_frames), &self.file)?;

        let inner = self.side - 2 * BORDER;
        let rect = Rect::new(BORDER as isize, BORDER as isize, inner, inner);
        let windows: Vec<Rect> = grid(rect, Size::new(32, 32), 1.0).into_iter().collect();
        let displacements: Vec<_> = path.iter().map(|moved| [moved.dx, moved.dy]).collect();
        Ok(json!({ "windows": windows, "displacements": displacements }))
    }
}

/// Square 8-bit frames that turn about their centre, every one far from the last.
#[derive(Deserialize)]
pub struct Turning {
    file: PathBuf,
    side: usize,
    n_frames: usize,
}

/// From one frame to the next, rad: 77.3°, so that the angles of some tens of frames lie everywhere.
const TURN_RAD: f64 = 77.3 * PI / 180.0;

impl Turning {
    /// The angle in each frame, degrees, −180 to 180.
    pub fn make(&self) -> Result<Value, BoxError> {
        let speckle = synth::speckle(Size::new(self.side, self.side)).turning(TURN_RAD);
        let mut stack = speckle.frames(self.n_frames);
        write_npy(&mut stack, &self.file)?;
        let angle = |index| (stack.angle(index) + PI).rem_euclid(TAU) - PI;
        let angles_deg: Vec<f64> =
            (0..self.n_frames).map(|index| angle(index).to_degrees()).collect();
        Ok(json!({ "angles_deg": angles_deg }))
    }
}

/// An uncompressed 16-bit TIFF in which a few frames come again and again.
#[derive(Deserialize)]
pub struct Stack {
    file: PathBuf,
    side: usize,
    n_frames: usize,
}

/// So many frames differ.
const PERIOD: usize = 8;

impl Stack {
    pub fn make(&self) -> Result<Value, BoxError> {
        let speckle = synth::speckle(Size::new(self.side, self.side)).bits(Some(16)).noise(0.01);
        let frames = speckle.moving(Displacement::new(0.3, -0.2)).frames(PERIOD).to_frames();
        let mut stack = Repeated::new(MemoryStack::new(frames)?, self.n_frames);
        write_tiff(&mut stack, BitDepth::Sixteen, &self.file)?;
        Ok(json!({}))
    }
}

/// The frames of a stack, again and again.
pub struct Repeated<S> {
    stack: S,
    info: StackInfo,
}

impl<S: FrameSource> Repeated<S> {
    pub fn new(stack: S, n_frames: usize) -> Self {
        let info = StackInfo { n_frames, ..stack.info().clone() };
        Self { stack, info }
    }
}

impl<S: FrameSource> FrameSource for Repeated<S> {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.stack.read(index % self.stack.info().n_frames, frame)
    }
}

/// NumPy's format, version 1.0: magic, length of the header, header padded to 64 bytes, pixels.
fn write_npy(source: &mut dyn FrameSource, path: &Path) -> Result<(), BoxError> {
    let StackInfo { size, n_frames, .. } = *source.info();
    let shape = format!("({n_frames}, {}, {})", size.height, size.width);
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}");
    let n_bytes = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&u16::try_from(n_bytes)?.to_le_bytes())?;
    writeln!(file, "{header:width$}", width = n_bytes - 1)?;
    let mut frame = Frame::default();
    for index in 0..n_frames {
        source.read(index, &mut frame)?;
        let pixels: Vec<u8> = frame.pixels().iter().map(|&pixel| pixel as u8).collect();
        file.write_all(&pixels)?;
    }
    Ok(file.flush()?)
}
