//! Plain numbers as files hold them, one after the other.

use std::io::{self, Read};

use half::f16;

use super::grey::luminance;

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
    F16,
    F32,
    F64,
}

impl Kind {
    const ALL: [Self; 12] = [
        Self::Bool,
        Self::U8,
        Self::I8,
        Self::U16,
        Self::I16,
        Self::U32,
        Self::I32,
        Self::U64,
        Self::I64,
        Self::F16,
        Self::F32,
        Self::F64,
    ];

    /// The kind with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

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
            Self::F16 => "float16",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// Bytes of one number.
    pub(super) const fn n_bytes(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 => 2,
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
            Kind::F16 if self.big_endian => {
                convert(bytes, pixels, |b| f16::from_be_bytes(b).to_f32());
            }
            Kind::F16 => convert(bytes, pixels, |b| f16::from_le_bytes(b).to_f32()),
            Kind::F32 => each!(f32),
            Kind::F64 => each!(f64),
        }
    }
}

impl Numbers {
    /// The luminance of colours, each of so many numbers, red, green and blue first.
    pub(super) fn decode_colours(self, bytes: &[u8], n_channels: usize, pixels: &mut [f32]) {
        let n_bytes = self.kind.n_bytes();
        for (pixel, colour) in pixels.iter_mut().zip(bytes.chunks_exact(n_channels * n_bytes)) {
            let part = |k: usize| self.to_f64(&colour[k * n_bytes..][..n_bytes]);
            *pixel = luminance(part(0), part(1), part(2)) as f32;
        }
    }

    /// One number. All but doubles are exact as `f32`, or are rounded as a grey number would be.
    fn to_f64(self, bytes: &[u8]) -> f64 {
        if let (Kind::F64, Some(&bytes)) = (self.kind, bytes.first_chunk()) {
            return if self.big_endian {
                f64::from_be_bytes(bytes)
            } else {
                f64::from_le_bytes(bytes)
            };
        }
        let mut number = [0.0];
        self.decode(bytes, &mut number);
        f64::from(number[0])
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

    /// Fills `pixels` with the luminance of the next colours of the file.
    pub(super) fn read_colours(
        &mut self,
        file: &mut impl Read,
        numbers: Numbers,
        n_channels: usize,
        pixels: &mut [f32],
    ) -> io::Result<()> {
        let n_bytes = n_channels * numbers.kind.n_bytes();
        self.bytes.resize(PIECE_BYTES, 0);
        for pixels in pixels.chunks_mut(PIECE_BYTES / n_bytes) {
            let bytes = &mut self.bytes[..pixels.len() * n_bytes];
            file.read_exact(bytes)?;
            numbers.decode_colours(bytes, n_channels, pixels);
        }
        Ok(())
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
