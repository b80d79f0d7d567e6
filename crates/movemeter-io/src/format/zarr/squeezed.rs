//! Bytes that were made fewer: the compressions of Zarr's chunks, undone.
//!
//! What comes out is never more than was asked for, whatever the bytes claim.

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::super::Cause;
use super::blosc;
use super::bounded::{damaged, limited, unlz4, unzstd};

/// How bytes were made fewer, or guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Squeezer {
    Blosc,
    Crc32c,
    Gzip,
    Lz4,
    Zlib,
    Zstd,
}

/// As messages and metadata name them.
const NAMES: [(&str, Squeezer); 6] = [
    ("blosc", Squeezer::Blosc),
    ("crc32c", Squeezer::Crc32c),
    ("gzip", Squeezer::Gzip),
    ("lz4", Squeezer::Lz4),
    ("zlib", Squeezer::Zlib),
    ("zstd", Squeezer::Zstd),
];

impl Squeezer {
    /// The one that metadata name so; the error lists those that are known.
    pub(super) fn named(name: &str) -> Result<Self, Cause> {
        // numpy's codecs have this before their names where they are not in the standard.
        let bare = name.strip_prefix("numcodecs.").unwrap_or(name);
        let known = NAMES.iter().find(|(known, _)| *known == bare);
        known.map(|(_, squeezer)| *squeezer).ok_or_else(|| {
            let allowed = NAMES.map(|(name, _)| name).join(", ");
            format!(
                "its chunks are stored with the codec {name}, which is not read here; store them \
                 with one of {allowed}, or with none"
            )
        })
    }

    /// The bytes as they were, which are at most so many.
    pub(super) fn undone(self, bytes: &[u8], most: usize) -> Result<Vec<u8>, Cause> {
        match self {
            Self::Blosc => blosc::undone(bytes, most),
            Self::Crc32c => guarded(bytes).map(Into::into),
            Self::Gzip => limited(MultiGzDecoder::new(bytes), most),
            Self::Lz4 => lz4(bytes, most),
            Self::Zlib => limited(ZlibDecoder::new(bytes), most),
            Self::Zstd => unzstd(bytes, most),
        }
    }
}

/// numpy's codecs write the length of what was there before it.
fn lz4(bytes: &[u8], most: usize) -> Result<Vec<u8>, Cause> {
    let (length, bytes) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let length = u32::from_le_bytes(*length) as usize;
    if most < length {
        return Err(damaged());
    }
    unlz4(bytes, length)
}

/// The bytes before their checksum, if it is theirs.
pub(super) fn guarded(bytes: &[u8]) -> Result<&[u8], Cause> {
    let (bytes, sum) = bytes.split_last_chunk().ok_or_else(damaged)?;
    match crc32c(bytes) == u32::from_le_bytes(*sum) {
        true => Ok(bytes),
        false => Err("the chunk is damaged: its checksum is of other bytes".into()),
    }
}

/// CRC-32C (Castagnoli), RFC 3720, appendix B.4, byte by byte.
fn crc32c(bytes: &[u8]) -> u32 {
    let step =
        |sum: u32, &byte: &u8| (sum >> 8) ^ CRC_STEPS[((sum ^ u32::from(byte)) & 255) as usize];
    !bytes.iter().fold(!0, step)
}

/// The polynomial, its lowest power at the highest bit.
const CASTAGNOLI: u32 = 0x82F6_3B78;

const CRC_STEPS: [u32; 256] = {
    let mut steps = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum >> 1) ^ (CASTAGNOLI * (sum & 1));
            bit += 1;
        }
        steps[byte] = sum;
        byte += 1;
    }
    steps
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // RFC 3720, appendix B.4: 32 bytes of zeros, and the numbers 0 … 31.
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        let counting: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&counting), 0x46DD_794E);
    }

    #[test]
    fn no_more_comes_out_than_was_asked_for() {
        let zeros = zstd::encode_all(&[0; 100_000][..], 3).unwrap();
        assert_eq!(Squeezer::Zstd.undone(&zeros, 100_000).unwrap().len(), 100_000);
        assert!(Squeezer::Zstd.undone(&zeros, 99_999).unwrap_err().contains("more than its 99999"));
        assert!(Squeezer::Lz4.undone(&[255, 255, 255, 255, 0], usize::MAX).is_err());
    }

    #[test]
    fn a_codec_that_is_not_known_is_named() {
        assert_eq!(Squeezer::named("numcodecs.lz4"), Ok(Squeezer::Lz4));
        let cause = Squeezer::named("bz2").unwrap_err();
        assert!(
            cause.contains("the codec bz2") && cause.contains("one of blosc, crc32c"),
            "{cause}"
        );
    }
}
