//! The header of a portable picture, and numbers as text.

use std::fs::File;
use std::io::Read;

use movemeter::geometry::Size;

use crate::format::text::text;
use crate::format::{Cause, plain_io};

/// How numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Text,
    /// Eight pixels in a byte, each row filled up to whole bytes.
    Bits,
    Binary,
    /// From the lowest row up.
    Float {
        big_endian: bool,
    },
}

#[derive(Debug)]
pub(super) struct Header {
    pub(super) encoding: Encoding,
    pub(super) n_channels: usize,
    pub(super) size: Size,
    /// The largest number that may occur.
    pub(super) largest: u32,
    /// All of it; pixels begin behind.
    pub(super) bytes: Vec<u8>,
}

/// Comments may be long.
const MOST_BYTES: u64 = 64 << 10;

impl Header {
    pub(super) fn read(file: &mut File) -> Result<Self, Cause> {
        let mut bytes = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|error| plain_io(&error))?;
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Self, Cause> {
        let (encoding, n_channels) = match bytes.first_chunk() {
            Some(b"P1" | b"P2") => (Encoding::Text, 1),
            Some(b"P3") => (Encoding::Text, 3),
            Some(b"P4") => (Encoding::Bits, 1),
            Some(b"P5") => (Encoding::Binary, 1),
            Some(b"P6") => (Encoding::Binary, 3),
            Some(b"Pf") => (Encoding::Float { big_endian: true }, 1),
            Some(b"PF") => (Encoding::Float { big_endian: true }, 3),
            Some(b"P7") => return Err("PAM pictures are not supported; save as PGM or PPM".into()),
            _ => return Err("it does not begin as such files do".into()),
        };
        let mut words = Words { bytes, at: 2 };
        let (width, height) = (side(&words.next()?)?, side(&words.next()?)?);
        let has_bits = matches!(&bytes[..2], b"P1" | b"P4");
        let last = if has_bits { "1".into() } else { words.next()? };
        let largest = match encoding {
            Encoding::Float { .. } => 0,
            Encoding::Text | Encoding::Bits | Encoding::Binary => largest(&last)?,
        };
        let encoding = match encoding {
            Encoding::Float { .. } => Encoding::Float { big_endian: is_big_endian(&last)? },
            other => other,
        };
        // One white byte ends the header.
        let bytes = bytes.get(..=words.at).ok_or("the file ends within its header")?.to_vec();
        Ok(Self { encoding, n_channels, size: Size::new(width, height), largest, bytes })
    }

    /// Its comments.
    pub(super) fn metadata(&self) -> Vec<(String, String)> {
        let text = text(&self.bytes);
        let comments = text.lines().filter_map(|line| line.split_once('#'));
        comments.map(|(_, comment)| ("Comment".into(), comment.trim().into())).collect()
    }

    /// The numbers in the text behind the header; bits need no room between them.
    pub(super) fn numbers(&self, bytes: &[u8]) -> impl Iterator<Item = Result<u16, Cause>> {
        let has_bits = self.bytes.starts_with(b"P1");
        let largest = self.largest;
        let mut words = Words { bytes, at: 0 };
        std::iter::from_fn(move || {
            let word = if has_bits { words.letter()? } else { words.word()? };
            let number = str::from_utf8(word).ok().and_then(|word| word.parse().ok());
            let number = number.filter(|&number: &u16| u32::from(number) <= largest);
            // Ink is 1 in the file.
            let number = number.map(|number| if has_bits { 1 - number } else { number });
            Some(number.ok_or_else(|| format!("{:?} is no number from 0 to {largest}", text(word))))
        })
    }
}

fn side(word: &str) -> Result<usize, Cause> {
    let side = word.parse().ok().filter(|&side: &u32| 0 < side);
    side.map(|side| side as usize).ok_or_else(|| format!("it claims to have a side of {word:?} px"))
}

fn largest(word: &str) -> Result<u32, Cause> {
    let largest = word.parse().ok().filter(|largest| (1..=65_535).contains(largest));
    largest.ok_or_else(|| format!("its largest number is {word:?}; it may be 1 to 65535"))
}

/// A scale below zero tells that the lowest byte is first; how large it is means nothing here.
fn is_big_endian(word: &str) -> Result<bool, Cause> {
    let scale: Option<f64> = word.parse().ok();
    scale.map(|scale| 0.0 < scale).ok_or_else(|| format!("its scale is {word:?}, not a number"))
}

/// Words between white space and comments.
struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Result<String, Cause> {
        self.word().map(text).ok_or_else(|| "the file ends within its header".into())
    }

    fn word(&mut self) -> Option<&'a [u8]> {
        self.skip();
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().position(|&byte| byte.is_ascii_whitespace() || byte == b'#');
        let word = &rest[..length.unwrap_or(rest.len())];
        self.at += word.len();
        (!word.is_empty()).then_some(word)
    }

    fn letter(&mut self) -> Option<&'a [u8]> {
        self.skip();
        let letter = self.bytes.get(self.at..=self.at)?;
        self.at += 1;
        Some(letter)
    }

    fn skip(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'#' {
                let rest = &self.bytes[self.at..];
                let end = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r');
                self.at += end.unwrap_or(rest.len());
            } else if byte.is_ascii_whitespace() {
                self.at += 1;
            } else {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_may_stand_anywhere_in_a_header() {
        let header =
            Header::parse(b"P5 # made by hand\n3#width\n 2\n# end\n255\n\x01\x02").unwrap();
        assert_eq!((header.size, header.largest), (Size::new(3, 2), 255));
        assert_eq!(header.bytes.last(), Some(&b'\n'));
        let comments: Vec<String> = header.metadata().into_iter().map(|(_, text)| text).collect();
        assert_eq!(comments, ["made by hand", "width", "end"]);
    }

    #[test]
    fn a_scale_tells_the_order_of_bytes() {
        let header = Header::parse(b"Pf\n3 2\n-1.0\n").unwrap();
        assert_eq!(header.encoding, Encoding::Float { big_endian: false });
        let header = Header::parse(b"PF\n3 2\n0.5\n").unwrap();
        assert_eq!((header.encoding, header.n_channels), (Encoding::Float { big_endian: true }, 3));
    }

    #[test]
    fn bits_of_ink_become_brightness() {
        let header = Header::parse(b"P1 4 1\n").unwrap();
        let numbers: Vec<u16> = header.numbers(b"01 1\n0").map(Result::unwrap).collect();
        assert_eq!(numbers, [1, 0, 0, 1]);
    }

    #[test]
    fn what_is_senseless_is_named() {
        let refused = |text: &str| Header::parse(text.as_bytes()).unwrap_err();
        assert_eq!(refused("P5 0 4 255\n"), "it claims to have a side of \"0\" px");
        assert_eq!(
            refused("P5 4 4 65536\n"),
            "its largest number is \"65536\"; it may be 1 to 65535"
        );
        assert_eq!(refused("Pf 4 4 big\n"), "its scale is \"big\", not a number");
        assert_eq!(refused("P5 4 4 255"), "the file ends within its header");
        assert_eq!(refused("P7\n"), "PAM pictures are not supported; save as PGM or PPM");
        let header = Header::parse(b"P2 4 1 15\n").unwrap();
        let numbers: Result<Vec<u16>, Cause> = header.numbers(b"1 2 16").collect();
        assert_eq!(numbers, Err("\"16\" is no number from 0 to 15".into()));
    }
}
