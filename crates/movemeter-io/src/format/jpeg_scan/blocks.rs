//! The codes of a scan's blocks.

use super::bits::Bits;
use super::codes::Codes;
use super::{DAMAGED, NO_CODES};

/// What of the blocks a scan has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// All.
    Whole,
    /// The means, but for their last bits.
    Means,
    /// A bit more of the means.
    MoreMeans,
    /// Coefficients of these numbers, but for their last bits.
    Details { first: u32, last: u32 },
    /// A bit more of the details.
    MoreDetails,
}

impl Pass {
    /// From the end of a scan header: first and last coefficient, and two numbers of bits (T.81, G.1.1.1).
    pub(super) fn of(is_progressive: bool, span: [u8; 3], n_components: usize) -> Option<Self> {
        let [first, last, bits] = span;
        match (first, last) {
            _ if !is_progressive => Some(Self::Whole),
            (0, 0) if bits >> 4 == 0 => Some(Self::Means),
            (0, 0) => Some(Self::MoreMeans),
            (1.., ..64) if first <= last && n_components == 1 => match bits >> 4 {
                0 => Some(Self::Details { first: first.into(), last: last.into() }),
                _ => Some(Self::MoreDetails),
            },
            _ => None,
        }
    }

    /// Whether there is a picture after it.
    pub(super) fn begins(self) -> bool {
        matches!(self, Self::Whole | Self::Means)
    }
}

/// A component of a scan.
pub(super) struct Part<'a> {
    /// In each unit.
    pub(super) n_blocks: u32,
    /// Codes for the mean of a block, and for its details.
    pub(super) means: Option<&'a Codes>,
    pub(super) details: Option<&'a Codes>,
}

pub(super) struct Scan<'a> {
    pub(super) pass: Pass,
    pub(super) parts: Vec<Part<'a>>,
}

/// Some cameras fill data up to whole words of memory.
const MOST_FILLING: usize = 15;

impl Scan<'_> {
    /// Walks through all units, which begin anew after each `interval` if it is not 0.
    pub(super) fn through(
        &self,
        bits: &mut Bits<'_>,
        n_units: u32,
        interval: u32,
    ) -> Result<(), &'static str> {
        let mut left = n_units;
        let mut number = 0;
        loop {
            let n = if interval == 0 { left } else { left.min(interval) };
            self.units(bits, n)?;
            left -= n;
            if left == 0 {
                return bits.finish(MOST_FILLING);
            }
            bits.restart(number)?;
            number = (number + 1) % 8;
        }
    }

    fn units(&self, bits: &mut Bits<'_>, n: u32) -> Result<(), &'static str> {
        match self.pass {
            Pass::Whole => self.each_block(n, |part| {
                mean(bits, part.means.ok_or(NO_CODES)?)?;
                details(bits, part.details.ok_or(NO_CODES)?)
            }),
            Pass::Means => self.each_block(n, |part| mean(bits, part.means.ok_or(NO_CODES)?)),
            Pass::MoreMeans => self.each_block(n, |_| bits.skip_one()),
            Pass::Details { first, last } => {
                let codes = self.parts.first().and_then(|part| part.details).ok_or(NO_CODES)?;
                early_details(bits, codes, (first, last), n)
            }
            Pass::MoreDetails => Ok(()),
        }
    }

    #[inline]
    fn each_block(
        &self,
        n_units: u32,
        mut block: impl FnMut(&Part<'_>) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        for _ in 0..n_units {
            for part in &self.parts {
                for _ in 0..part.n_blocks {
                    block(part)?;
                }
            }
        }
        Ok(())
    }
}

/// The mean of a block: how many bits it has, and those (T.81, F.2.2.1).
#[inline]
fn mean(bits: &mut Bits<'_>, codes: &Codes) -> Result<(), &'static str> {
    match bits.symbol(codes)? {
        n_bits @ ..=15 => bits.skip(n_bits.into()),
        _ => Err(DAMAGED),
    }
}

/// The details of a block: how many zeros come before each, how many bits it has, and those (T.81, F.2.2.2).
#[inline]
fn details(bits: &mut Bits<'_>, codes: &Codes) -> Result<(), &'static str> {
    let mut place = 1;
    while place < 64 {
        let symbol = u32::from(bits.symbol(codes)?);
        match (symbol >> 4, symbol & 15) {
            (0, 0) => return Ok(()),
            (1..15, 0) => return Err(DAMAGED),
            (n_zeros, n_bits) => {
                place += n_zeros + 1;
                bits.skip(n_bits)?;
            }
        }
    }
    if place == 64 { Ok(()) } else { Err(DAMAGED) }
}

/// The details of blocks, where several in a row may end at once (T.81, G.1.2.2).
fn early_details(
    bits: &mut Bits<'_>,
    codes: &Codes,
    (first, last): (u32, u32),
    n_blocks: u32,
) -> Result<(), &'static str> {
    let mut left = n_blocks;
    while left != 0 {
        let mut place = first;
        let mut n_ended = 1;
        while place <= last {
            let symbol = u32::from(bits.symbol(codes)?);
            let (n_zeros, n_bits) = (symbol >> 4, symbol & 15);
            if n_bits == 0 && n_zeros < 15 {
                n_ended = (1 << n_zeros) + bits.number(n_zeros)?;
                place = last + 1;
                break;
            }
            place += n_zeros + 1;
            bits.skip(n_bits)?;
        }
        if last + 1 < place {
            return Err(DAMAGED);
        }
        left = left.checked_sub(n_ended).ok_or(DAMAGED)?;
    }
    Ok(())
}
