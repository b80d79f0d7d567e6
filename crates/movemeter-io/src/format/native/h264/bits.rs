//! The bits of a parameter set or slice header, and the numbers written in them.

/// Bits that are taken from the front, the highest of each byte first. Bytes that only keep start codes from
/// occurring (00 00 03) are left out on the way.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Where the byte is of which `left` bits are still to be taken.
    at: usize,
    left: u32,
    /// How many of the bytes just before were zero.
    zeros: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, left: 8, zeros: 0 }
    }

    pub(super) fn bit(&mut self) -> Option<bool> {
        if self.left == 8 && 2 <= self.zeros && self.bytes.get(self.at) == Some(&3) {
            self.at += 1;
            self.zeros = 0;
        }
        let byte = *self.bytes.get(self.at)?;
        self.left -= 1;
        let bit = byte >> self.left & 1 == 1;
        if self.left == 0 {
            self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
            (self.at, self.left) = (self.at + 1, 8);
        }
        Some(bit)
    }

    /// A number of `n_bits`, up to 32.
    pub(super) fn number(&mut self, n_bits: u32) -> Option<u32> {
        (0..n_bits).try_fold(0, |number, _| Some(number << 1 | u32::from(self.bit()?)))
    }

    /// A number in Exp-Golomb code (ITU-T H.264, 9.1): as many zeros as digits follow the leading one.
    pub(super) fn golomb(&mut self) -> Option<u32> {
        let mut n_digits = 0;
        while !self.bit()? {
            n_digits += 1;
        }
        // More digits than fit are damage.
        (n_digits < 32).then_some(())?;
        Some((1u32 << n_digits) - 1 + self.number(n_digits)?)
    }

    /// A number with a sign: 0, 1, −1, 2, −2 …
    pub(super) fn signed_golomb(&mut self) -> Option<i64> {
        let code = i64::from(self.golomb()?);
        Some(if code % 2 == 1 { code / 2 + 1 } else { -(code / 2) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_standard_lists_them() {
        // 1 | 010 | 011 | 00100 | 00101 and four ones
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1111_1000]);
        let numbers: Vec<Option<u32>> = (0..5).map(|_| bits.golomb()).collect();
        assert_eq!(numbers, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(bits.number(4), Some(15));
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let numbers: Vec<Option<i64>> = (0..5).map(|_| bits.signed_golomb()).collect();
        assert_eq!(numbers, [Some(0), Some(1), Some(-1), Some(2), Some(-2)]);
    }

    #[test]
    fn bytes_against_start_codes_are_left_out() {
        let mut bits = Bits::new(&[0, 0, 3, 1, 0, 0, 3]);
        assert_eq!(bits.number(32), Some(0x0000_0100));
        assert_eq!(bits.number(8), Some(0));
        assert_eq!(bits.bit(), None);
    }

    #[test]
    fn what_ends_too_early_is_no_number() {
        assert_eq!(Bits::new(&[0; 9]).golomb(), None);
        assert_eq!(Bits::new(&[0, 0, 1]).golomb(), None);
    }
}
