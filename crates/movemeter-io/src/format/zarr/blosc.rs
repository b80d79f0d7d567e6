//! Blosc's container: bytes in blocks, of which like ones were put together before they were compressed.
//!
//! Written after its description, README_CHUNK_FORMAT.rst of C-Blosc 1.21, and judged by it (`tests/matrix/zarr_.py`).

use flate2::read::ZlibDecoder;

use super::super::Cause;
use super::bounded::{damaged, limited, unlz4, unzstd};

/// What stands before the blocks.
struct Header {
    flags: u8,
    /// Bytes of one number.
    number: usize,
    /// Bytes of all, and of each block but the last, before they were compressed.
    length: usize,
    block: usize,
}

/// Bits of the flags.
const BYTES_SHUFFLED: u8 = 1;
const COPIED: u8 = 2;
const BITS_SHUFFLED: u8 = 4;
const NOT_SPLIT: u8 = 16;

const HEADER_BYTES: usize = 16;
/// Blocks of numbers with more bytes than this, or of fewer numbers, are not split.
const MOST_SPLITS: usize = 16;
const LEAST_SPLIT: usize = 128;

/// The bytes as they were, which are at most so many.
pub(super) fn undone(bytes: &[u8], most: usize) -> Result<Vec<u8>, Cause> {
    let header = Header::read(bytes)?;
    if most < header.length {
        return Err(format!("{}: it claims {} bytes of {most}", damaged(), header.length));
    }
    if header.flags & COPIED != 0 {
        let copied = bytes[HEADER_BYTES..].get(..header.length).ok_or_else(damaged)?;
        return Ok(copied.into());
    }
    let mut whole = Vec::new();
    while whole.len() < header.length {
        let index = whole.len() / header.block;
        let length = header.block.min(header.length - whole.len());
        let start = number_at(bytes, HEADER_BYTES + 4 * index)?;
        let block = header.block(bytes.get(start..).ok_or_else(damaged)?, length)?;
        whole.extend(block);
    }
    Ok(whole)
}

fn number_at(bytes: &[u8], at: usize) -> Result<usize, Cause> {
    let number = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or_else(damaged)?;
    Ok(u32::from_le_bytes(*number) as usize)
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, Cause> {
        let header = bytes.get(..HEADER_BYTES).ok_or_else(damaged)?;
        let (length, block) = (number_at(header, 4)?, number_at(header, 8)?);
        let number = usize::from(header[3]);
        if block == 0 && length != 0 || number == 0 {
            return Err(damaged());
        }
        Ok(Self { flags: header[2], number, length, block })
    }

    /// A block's bytes, `length` of them.
    fn block(&self, bytes: &[u8], length: usize) -> Result<Vec<u8>, Cause> {
        let is_split = self.flags & NOT_SPLIT == 0
            && length == self.block
            && self.number <= MOST_SPLITS
            && LEAST_SPLIT <= length / self.number;
        let n_parts = if is_split { self.number } else { 1 };
        let part = length / n_parts;
        let mut block = Vec::new();
        let mut at = 0;
        for _ in 0..n_parts {
            let squeezed = number_at(bytes, at)?;
            let bytes = bytes[at + 4..].get(..squeezed).ok_or_else(damaged)?;
            at += 4 + squeezed;
            // What would not get smaller is stored as it is.
            if squeezed == part {
                block.extend(bytes);
            } else {
                block.extend(self.part(bytes, part)?);
            }
        }
        if block.len() != length {
            return Err(damaged());
        }
        Ok(self.ordered(block))
    }

    fn part(&self, bytes: &[u8], length: usize) -> Result<Vec<u8>, Cause> {
        let whole = match self.flags >> 5 {
            0 => unblosclz(bytes, length)?,
            1 => unlz4(bytes, length)?,
            2 => return Err("its chunks are stored with Snappy, which is not read here".into()),
            3 => limited(ZlibDecoder::new(bytes), length)?,
            4 => unzstd(bytes, length)?,
            _ => return Err(damaged()),
        };
        if whole.len() == length { Ok(whole) } else { Err(damaged()) }
    }

    /// Like bytes, or bits, of all numbers stand together; this puts each number together again.
    fn ordered(&self, block: Vec<u8>) -> Vec<u8> {
        let n = block.len() / self.number;
        let is_of_bits = self.flags & BITS_SHUFFLED != 0 && n.is_multiple_of(8) && 0 < n;
        if self.flags & BYTES_SHUFFLED != 0 && 1 < self.number {
            let mut ordered = block.clone();
            for (byte, from) in block.chunks_exact(n.max(1)).take(self.number).enumerate() {
                for (to, &from) in ordered[byte..].iter_mut().step_by(self.number).zip(from) {
                    *to = from;
                }
            }
            ordered
        } else if is_of_bits {
            let mut ordered = vec![0; n * self.number];
            for (row, bits) in block.chunks_exact(n / 8).take(8 * self.number).enumerate() {
                for (k, to) in ordered[row / 8..].iter_mut().step_by(self.number).enumerate() {
                    *to |= (bits[k / 8] >> (k % 8) & 1) << (row % 8);
                }
            }
            ordered.extend(&block[n * self.number..]);
            ordered
        } else {
            block
        }
    }
}

/// How far back BloscLZ looks with two bytes; farther takes two more.
const NEAR: usize = 8191;

/// BloscLZ, a kind of FastLZ: literal bytes, and repetitions of what came out before.
fn unblosclz(bytes: &[u8], length: usize) -> Result<Vec<u8>, Cause> {
    let mut input = bytes.iter().copied();
    let mut whole: Vec<u8> = Vec::with_capacity(length.min(bytes.len().saturating_mul(256)));
    // The upper bits of the first are of no use: nothing could be repeated yet.
    let mut control = input.next().map(|first| first & 31);
    while let Some(code) = control {
        let low = usize::from(code & 31);
        if code < 32 {
            let before = whole.len();
            whole.extend(input.by_ref().take(low + 1));
            if whole.len() != before + low + 1 || length < whole.len() {
                return Err(damaged());
            }
        } else {
            let mut next = || input.next().map(usize::from).ok_or_else(damaged);
            let mut n = usize::from(code >> 5) + 2;
            if code >> 5 == 7 {
                let mut more = 255;
                while more == 255 && n <= length {
                    more = next()?;
                    n += more;
                }
            }
            let near = next()?;
            let mut back = (low << 8) + near + 1;
            if low == 31 && near == 255 {
                back = (next()? << 8) + next()? + NEAR + 1;
            }
            repeat(&mut whole, back, n, length)?;
        }
        control = input.next();
    }
    Ok(whole)
}

/// Repeats `n` bytes from `back` bytes ago; they may reach into what is just written.
fn repeat(whole: &mut Vec<u8>, back: usize, n: usize, most: usize) -> Result<(), Cause> {
    let start = whole.len().checked_sub(back).ok_or_else(damaged)?;
    if most < whole.len() + n {
        return Err(damaged());
    }
    for k in start..start + n {
        whole.push(whole[k]);
    }
    Ok(())
}
