//! Frames that lie one after the other in a file, as plain numbers.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use movemeter::frame::Frame;
use movemeter::geometry::Size;

use super::{Cause, plain_io};

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Kind {
    /// Its name in numpy, which is the one of the field.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// Bytes of one number.
    pub(super) const fn n_bytes(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// Numbers of one kind, in one byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
}

impl Numbers {
    /// The numbers in `bytes` as `f32`.
    pub(super) fn decode(self, bytes: &[u8], pixels: &mut [f32]) {
        macro_rules! each {
            ($number:ty) => {
                if self.big_endian {
                    convert(bytes, pixels, |b| <$number>::from_be_bytes(b) as f32);
                } else {
                    convert(bytes, pixels, |b| <$number>::from_le_bytes(b) as f32);
                }
            };
        }
        match self.kind {
            Kind::Bool => convert(bytes, pixels, |[b]| if b == 0 { 0.0 } else { 1.0 }),
            Kind::U8 => each!(u8),
            Kind::I8 => each!(i8),
            Kind::U16 => each!(u16),
            Kind::I16 => each!(i16),
            Kind::U32 => each!(u32),
            Kind::I32 => each!(i32),
            Kind::U64 => each!(u64),
            Kind::I64 => each!(i64),
            Kind::F32 => each!(f32),
            Kind::F64 => each!(f64),
        }
    }
}

fn convert<const N: usize>(bytes: &[u8], pixels: &mut [f32], value: impl Fn([u8; N]) -> f32) {
    for (pixel, &number) in pixels.iter_mut().zip(bytes.as_chunks::<N>().0) {
        *pixel = value(number);
    }
}

/// Bytes that are read at once: few calls of the system, and what was read is still in the cache when
/// it is decoded.
const PIECE_BYTES: usize = 512 << 10;

/// Reads plain numbers piece by piece, keeping its memory from one frame to the next.
#[derive(Default)]
pub(super) struct PieceReader {
    bytes: Vec<u8>,
}

impl PieceReader {
    /// Fills `pixels` with the next numbers of the file.
    pub(super) fn read(
        &mut self,
        file: &mut impl Read,
        numbers: Numbers,
        pixels: &mut [f32],
    ) -> io::Result<()> {
        let n_bytes = numbers.kind.n_bytes();
        self.bytes.resize(PIECE_BYTES, 0);
        for pixels in pixels.chunks_mut(PIECE_BYTES / n_bytes) {
            let bytes = &mut self.bytes[..pixels.len() * n_bytes];
            file.read_exact(bytes)?;
            numbers.decode(bytes, pixels);
        }
        Ok(())
    }
}

/// A file with frames one after the other.
pub(super) struct RawFrames {
    pub(super) file: File,
    /// Where the first frame begins, in bytes.
    pub(super) offset: u64,
    pub(super) size: Size,
    pub(super) numbers: Numbers,
    reader: PieceReader,
}

impl RawFrames {
    pub(super) fn new(file: File, offset: u64, size: Size, numbers: Numbers) -> Self {
        Self { file, offset, size, numbers, reader: PieceReader::default() }
    }

    pub(super) fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), Cause> {
        let frame_bytes = self.size.area() * self.numbers.kind.n_bytes();
        let start = self.offset + index as u64 * frame_bytes as u64;
        self.file.seek(SeekFrom::Start(start)).map_err(|error| plain_io(&error))?;
        frame.reset(self.size);
        let pixels = frame.pixels_mut();
        self.reader.read(&mut self.file, self.numbers, pixels).map_err(|error| plain_io(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_both_byte_orders() {
        let decoded = |kind, big_endian, bytes: &[u8]| {
            let mut pixels = [f32::NAN];
            Numbers { kind, big_endian }.decode(bytes, &mut pixels);
            pixels[0]
        };
        assert_eq!(decoded(Kind::U16, false, &[1, 2]), 513.0);
        assert_eq!(decoded(Kind::U16, true, &[1, 2]), 258.0);
        assert_eq!(decoded(Kind::I32, true, &[255, 255, 255, 254]), -2.0);
        assert_eq!(decoded(Kind::F64, false, &0.25f64.to_le_bytes()), 0.25);
        assert_eq!(decoded(Kind::Bool, false, &[7]), 1.0);
        assert!(decoded(Kind::F32, true, &f32::NAN.to_be_bytes()).is_nan());
    }
}
