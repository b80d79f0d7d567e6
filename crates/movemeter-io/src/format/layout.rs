//! How a camera stores the numbers of a frame: plainly, or packed without the bits it does not use.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::grey::luminance;
use super::raw::{Kind, Numbers};
use super::{Cause, plain_io};

/// How numbers follow one another in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Whole bytes each.
    Plain(Numbers),
    /// So many bits each, up to 16, one right behind the other, the highest bit first.
    Packed(u32),
}

impl Layout {
    pub(super) const U8: Self = Self::plain(Kind::U8);
    pub(super) const U16: Self = Self::plain(Kind::U16);

    /// In the byte order of PCs.
    const fn plain(kind: Kind) -> Self {
        Self::Plain(Numbers { kind, big_endian: false })
    }

    /// Its name in the words of the field: `uint8`, `uint12` …
    pub(super) fn name(self) -> String {
        match self {
            Self::Plain(numbers) => numbers.kind.name().into(),
            Self::Packed(bits) => format!("uint{bits}"),
        }
    }

    /// The bytes of `n` numbers, if they fill whole bytes and are so few that they can be counted.
    pub(super) fn n_bytes(self, n: u64) -> Option<u64> {
        let bits = match self {
            Self::Plain(numbers) => numbers.kind.n_bytes() as u64 * 8,
            Self::Packed(bits) => bits.into(),
        };
        n.checked_mul(bits).filter(|bits| bits % 8 == 0).map(|bits| bits / 8)
    }

    /// The numbers in `bytes` as `f32`.
    pub(super) fn decode(self, bytes: &[u8], numbers: &mut [f32]) {
        match self {
            Self::Plain(kind) => kind.decode(bytes, numbers),
            Self::Packed(10) => unpack_10(bytes, numbers),
            Self::Packed(12) => unpack_12(bytes, numbers),
            Self::Packed(bits) => unpack(bytes, bits, numbers),
        }
    }
}

/// Packed numbers of any width, bit after bit.
fn unpack(bytes: &[u8], bits: u32, numbers: &mut [f32]) {
    let (mut store, mut n_stored) = (0u32, 0);
    let mut bytes = bytes.iter();
    for number in numbers {
        while n_stored < bits {
            let Some(&byte) = bytes.next() else { return };
            store = store << 8 | u32::from(byte);
            n_stored += 8;
        }
        n_stored -= bits;
        *number = (store >> n_stored & ((1 << bits) - 1)) as f32;
    }
}

/// Four numbers in five bytes.
fn unpack_10(bytes: &[u8], numbers: &mut [f32]) {
    let (fours, rest) = numbers.as_chunks_mut::<4>();
    let (groups, last) = bytes.split_at(bytes.len().min(fours.len() * 5));
    for (four, five) in fours.iter_mut().zip(groups.as_chunks::<5>().0) {
        let [a, b, c, d, e] = five.map(u32::from);
        let whole = [a << 2 | b >> 6, b << 4 | c >> 4, c << 6 | d >> 2, d << 8 | e];
        *four = whole.map(|number| (number & 0x3ff) as f32);
    }
    unpack(last, 10, rest);
}

/// Two numbers in three bytes.
fn unpack_12(bytes: &[u8], numbers: &mut [f32]) {
    let (twos, rest) = numbers.as_chunks_mut::<2>();
    let (groups, last) = bytes.split_at(bytes.len().min(twos.len() * 3));
    for (two, three) in twos.iter_mut().zip(groups.as_chunks::<3>().0) {
        let [a, b, c] = three.map(u32::from);
        *two = [a << 4 | b >> 4, b << 8 | c].map(|number| (number & 0xfff) as f32);
    }
    unpack(last, 12, rest);
}

/// The order in which the numbers of a pixel stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channels {
    Grey,
    Rgb,
    Bgr,
}

impl Channels {
    pub(super) fn per_pixel(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb | Self::Bgr => 3,
        }
    }
}

/// Reads the pixels of frames, keeping its memory from one to the next.
pub(super) struct PixelReader {
    pub(super) layout: Layout,
    pub(super) channels: Channels,
    bytes: Vec<u8>,
    numbers: Vec<f32>,
}

impl PixelReader {
    pub(super) fn new(layout: Layout, channels: Channels) -> Self {
        Self { layout, channels, bytes: Vec::new(), numbers: Vec::new() }
    }

    /// The type of its pixels, in the words of the field.
    pub(super) fn pixel_type(&self) -> String {
        match self.channels {
            Channels::Grey => self.layout.name(),
            Channels::Rgb | Channels::Bgr => format!("rgb {}", self.layout.name()),
        }
    }

    /// The bytes of `n` pixels, if they fill whole bytes and are so few that they can be counted.
    pub(super) fn n_bytes(&self, n: u64) -> Option<u64> {
        self.layout.n_bytes(n.checked_mul(self.channels.per_pixel() as u64)?)
    }

    /// Reads `n_bytes`, which must be known to be in the file.
    pub(super) fn fetch(&mut self, file: &mut File, at: u64, n_bytes: usize) -> Result<(), Cause> {
        self.bytes.resize(n_bytes, 0);
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut self.bytes));
        read.map_err(|error| plain_io(&error))
    }

    /// The pixels among what was fetched that begin with byte `first`, as grey.
    pub(super) fn decode(&mut self, first: usize, grey: &mut [f32]) {
        let bytes = &self.bytes[first..];
        if self.channels == Channels::Grey {
            return self.layout.decode(bytes, grey);
        }
        self.numbers.resize(grey.len() * 3, 0.0);
        self.layout.decode(bytes, &mut self.numbers);
        for (pixel, colour) in grey.iter_mut().zip(self.numbers.as_chunks::<3>().0) {
            let [a, green, b] = colour.map(f64::from);
            let (red, blue) = if self.channels == Channels::Rgb { (a, b) } else { (b, a) };
            *pixel = luminance(red, green, blue) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As bits, put together one by one.
    fn pack(numbers: &[u32], bits: u32) -> Vec<u8> {
        let each = |&number: &u32| (0..bits).rev().map(move |bit| number >> bit & 1);
        let all: Vec<u32> = numbers.iter().flat_map(each).collect();
        let byte = |bits: &[u32]| bits.iter().fold(0, |byte, bit| byte << 1 | *bit as u8);
        all.chunks(8).map(byte).collect()
    }

    #[test]
    fn packed_numbers_of_every_width_are_as_they_were() {
        for bits in 1..=16 {
            let numbers: Vec<u32> =
                (0..40u32).map(|k| k.wrapping_mul(2_654_435_761) >> (32 - bits)).collect();
            for n in [40, 16, 8] {
                let mut unpacked = vec![-1.0; n];
                Layout::Packed(bits).decode(&pack(&numbers[..n], bits), &mut unpacked);
                let expected: Vec<f32> = numbers[..n].iter().map(|&k| k as f32).collect();
                assert_eq!(unpacked, expected, "{bits} bits");
            }
        }
    }

    #[test]
    fn groups_at_once_are_as_bit_after_bit() {
        let bytes: Vec<u8> = (0..=255).cycle().take(15 * 40).collect();
        for (bits, n) in [(10, 480), (10, 478), (12, 400), (12, 399)] {
            let (mut slow, mut fast) = (vec![-1.0; n], vec![-1.0; n]);
            unpack(&bytes, bits, &mut slow);
            Layout::Packed(bits).decode(&bytes, &mut fast);
            assert_eq!(slow, fast);
        }
    }

    #[test]
    fn only_whole_bytes_are_counted() {
        assert_eq!(Layout::Packed(12).n_bytes(4), Some(6));
        assert_eq!(Layout::Packed(12).n_bytes(3), None);
        assert_eq!(Layout::U16.n_bytes(u64::MAX / 4), None);
        assert_eq!(PixelReader::new(Layout::U8, Channels::Rgb).n_bytes(7), Some(21));
    }
}
