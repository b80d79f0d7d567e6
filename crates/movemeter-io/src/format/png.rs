//! What PNG files say of themselves besides their pixels.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::text::text;
use super::{Cause, plain_io};

/// A file has a handful; some programs write their pixels in thousands of pieces.
const MOST_PIECES: usize = 100_000;

/// Of a text that is kept.
const MOST_BYTES: u32 = 64 << 10;

/// The texts of a file, its resolution, and when it was changed; compressed texts are left out.
///
/// A file with an animation is refused: it would be read as a single picture.
pub(super) fn metadata(path: &Path) -> Result<Vec<(String, String)>, Cause> {
    let mut file = BufReader::new(File::open(path).map_err(|error| plain_io(&error))?);
    let mut metadata = Vec::new();
    let mut at = 8;
    for _ in 0..MOST_PIECES {
        let mut head = [0; 8];
        let found = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut head));
        if found.is_err() {
            break;
        }
        let [a, b, c, d, kind @ ..] = head;
        let length = u32::from_be_bytes([a, b, c, d]);
        at += 12 + u64::from(length);
        if !matches!(&kind, b"tEXt" | b"iTXt" | b"pHYs" | b"tIME" | b"acTL") || MOST_BYTES < length
        {
            continue;
        }
        let mut bytes = vec![0; length as usize];
        if file.read_exact(&mut bytes).is_err() {
            break;
        }
        match number(&bytes) {
            Some(n) if &kind == b"acTL" && n != 1 => {
                return Err(format!("it is an animation of {n} pictures; save them one by one"));
            }
            _ => metadata.extend(said(kind, &bytes)),
        }
    }
    Ok(metadata)
}

/// The most that a file's pixels take in memory, by the sides in its header: four numbers of 16 bits each.
pub(super) fn pixel_bytes(path: &Path) -> Option<u64> {
    let mut start = [0; 24];
    File::open(path).ok()?.read_exact(&mut start).ok()?;
    let side = |bytes: &[u8]| number(bytes).map(u64::from);
    side(&start[16..20])?.checked_mul(side(&start[20..24])?)?.checked_mul(8)
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().copied().map(u32::from_be_bytes)
}

/// Name and value of a piece.
fn said(kind: [u8; 4], bytes: &[u8]) -> Option<(String, String)> {
    let pair = |name: &str, value: String| Some((name.into(), value));
    match &kind {
        b"tEXt" => {
            let (name, value) = split_at_zero(bytes)?;
            pair(&text(name), text(value))
        }
        b"iTXt" => {
            let (name, rest) = split_at_zero(bytes)?;
            let rest = rest.strip_prefix(b"\0\0").or(rest.strip_prefix(b"\0\x01"))?;
            let (_language, rest) = split_at_zero(rest)?;
            let (_translated, value) = split_at_zero(rest)?;
            pair(&text(name), text(value))
        }
        b"pHYs" => {
            let (x, y) = (number(bytes)?, number(bytes.get(4..)?)?);
            let unit = if *bytes.get(8)? == 1 { "px/m" } else { "(aspect)" };
            pair("Resolution", format!("{x} x {y} {unit}"))
        }
        b"tIME" => {
            let [a, b, month, day, hour, minute, second] = *bytes.first_chunk()?;
            let year = u16::from_be_bytes([a, b]);
            pair(
                "Modified",
                format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC"),
            )
        }
        _ => None,
    }
}

fn split_at_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|&byte| byte == 0)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_both_kinds_are_read() {
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(said(*b"tEXt", b"Author\0\xb5m"), pair("Author", "\u{b5}m"));
        assert_eq!(
            said(*b"iTXt", "Title\0\0\0de\0Titel\0\u{3bc}".as_bytes()),
            pair("Title", "\u{3bc}")
        );
        // Compressed.
        assert_eq!(said(*b"iTXt", b"Title\0\x01\0de\0Titel\0xyz"), None);
        let resolution = [3780u32.to_be_bytes(), 3780u32.to_be_bytes()].concat();
        assert_eq!(
            said(*b"pHYs", &[&resolution[..], &[1]].concat()),
            pair("Resolution", "3780 x 3780 px/m")
        );
        assert_eq!(
            said(*b"tIME", &[7, 232, 2, 3, 4, 5, 6]),
            pair("Modified", "2024-02-03 04:05:06 UTC")
        );
        assert_eq!(said(*b"pHYs", b"short"), None);
    }
}
