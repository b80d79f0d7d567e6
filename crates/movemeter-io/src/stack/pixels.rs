//! Frames of a source as the bytes of stored pixels.

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::FrameSource;

use super::BitDepth;
use crate::error::Error;

impl BitDepth {
    /// Bytes of one pixel.
    pub(super) const fn n_bytes(self) -> usize {
        match self {
            Self::Eight => 1,
            Self::Sixteen => 2,
            Self::Float32 => 4,
        }
    }
}

/// Reads all frames of a source, and gives each as its pixels' bytes, row by row, little-endian.
pub(super) fn for_each_frame(
    source: &mut dyn FrameSource,
    bits: BitDepth,
    mut write: impl FnMut(usize, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let (size, mut frame, mut bytes) = (source.info().size, Frame::default(), Vec::new());
    for index in 0..source.info().n_frames {
        let failed = |error: BoxError| Error::Source { frame: index, source: error };
        source.read(index, &mut frame).map_err(failed)?;
        if frame.size() != size {
            let cause = format!("it is {} px, but the stack is {size} px", frame.size());
            return Err(failed(cause.into()));
        }
        encode(&frame, bits, &mut bytes);
        write(index, &bytes)?;
    }
    Ok(())
}

/// Casts of floats to integers saturate, and make NaN 0.
fn encode(frame: &Frame, bits: BitDepth, bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.reserve(frame.size().area() * bits.n_bytes());
    let pixels = frame.pixels().iter();
    match bits {
        BitDepth::Eight => bytes.extend(pixels.map(|value| value.round() as u8)),
        BitDepth::Sixteen => {
            bytes.extend(pixels.flat_map(|value| (value.round() as u16).to_le_bytes()));
        }
        BitDepth::Float32 => bytes.extend(pixels.flat_map(|value| value.to_le_bytes())),
    }
}
