//! The bits of a scan's data.

use super::codes::Codes;
use super::{DAMAGED, ENDS, FIRST_RESTART};

/// Bits up to the next marker, the most significant of each byte first (T.81, F.2.2.5).
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next bits, from the highest one down.
    held: u64,
    n_held: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, held: 0, n_held: 0 }
    }

    /// What stands behind the bits, once they are used up.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// What the next code stands for. At least 15 bits are held after it, if they are there.
    #[inline]
    pub(super) fn symbol(&mut self, codes: &Codes) -> Result<u8, &'static str> {
        if self.n_held < 32 {
            self.refill();
        }
        match codes.find((self.held >> 48) as u16) {
            Some((length, symbol)) => self.skip(length).map(|()| symbol),
            None if self.n_held < 16 => Err(ENDS),
            None => Err(DAMAGED),
        }
    }

    /// Leaves out bits behind a code.
    #[inline]
    pub(super) fn skip(&mut self, n: u32) -> Result<(), &'static str> {
        self.n_held = self.n_held.checked_sub(n).ok_or(ENDS)?;
        self.held <<= n;
        Ok(())
    }

    /// The number that the bits behind a code are.
    pub(super) fn number(&mut self, n: u32) -> Result<u32, &'static str> {
        let number = self.held.checked_shr(64 - n).unwrap_or(0);
        self.skip(n).map(|()| number as u32)
    }

    /// Leaves out a bit that is behind no code.
    pub(super) fn skip_one(&mut self) -> Result<(), &'static str> {
        if self.n_held == 0 {
            self.refill();
        }
        self.skip(1)
    }

    /// Ends the data before a restart of this number.
    pub(super) fn restart(&mut self, number: u8) -> Result<(), &'static str> {
        self.finish(0)?;
        while self.bytes.starts_with(&[0xff, 0xff]) {
            self.bytes = &self.bytes[1..];
        }
        match self.bytes {
            [0xff, marker, rest @ ..] if *marker == FIRST_RESTART + number => self.bytes = rest,
            [] | [0xff] | [0xff, 0xd9, ..] => return Err(ENDS),
            _ => return Err(DAMAGED),
        }
        Ok(())
    }

    /// Ends the data: what is left of a byte is filled with ones, as the standard says, or with zeros, and up to `most`
    /// bytes are that some cameras fill up with.
    pub(super) fn finish(&mut self, most: usize) -> Result<(), &'static str> {
        let n_padding = self.n_held % 8;
        let padding = self.number(n_padding)?;
        if padding != 0 && padding != (1 << n_padding) - 1 {
            return Err(DAMAGED);
        }
        for _ in 0..=most {
            self.refill();
            if self.n_held == 0 {
                return Ok(());
            }
            if !matches!(self.number(8)?, 0 | 0xff) {
                return Err(DAMAGED);
            }
        }
        Err(DAMAGED)
    }

    fn refill(&mut self) {
        if self.n_held <= 32
            && let Some((four, rest)) = self.bytes.split_first_chunk::<4>()
            && !four.contains(&0xff)
        {
            self.held |= u64::from(u32::from_be_bytes(*four)) << (32 - self.n_held);
            (self.n_held, self.bytes) = (self.n_held + 32, rest);
            return;
        }
        while self.n_held <= 56 {
            // A byte of ones is told from a marker by a zero behind it.
            let (byte, rest) = match self.bytes {
                [0xff, 0, rest @ ..] => (0xff, rest),
                [] | [0xff, ..] => return,
                [byte, rest @ ..] => (*byte, rest),
            };
            self.held |= u64::from(byte) << (56 - self.n_held);
            (self.n_held, self.bytes) = (self.n_held + 8, rest);
        }
    }
}
