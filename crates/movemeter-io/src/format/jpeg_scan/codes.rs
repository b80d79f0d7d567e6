//! Tables of codes of different lengths.

/// A table of codes (T.81, annex C), for looking up what the next bits are.
pub(super) struct Codes {
    /// For the next few bits: the length of the code and what it stands for; length 0 if it is longer.
    short: [(u8, u8); 1 << SHORT],
    /// Of each length: the first number of 16 bits that is beyond its codes.
    limits: [u32; 17],
    /// Of each length: what is added to a code to get its place among the symbols.
    shifts: [i32; 17],
    symbols: [u8; 256],
}

/// Most codes are not longer, and the table stays in the processor's first cache.
const SHORT: usize = 9;

impl Codes {
    /// From how many codes there are of each length, and what they stand for; nothing if there are more than have room.
    pub(super) fn new(lengths: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut codes = Self {
            short: [(0, 0); 1 << SHORT],
            limits: [0; 17],
            shifts: [0; 17],
            symbols: [0; 256],
        };
        codes.symbols.get_mut(..symbols.len())?.copy_from_slice(symbols);
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, &n) in (1..=16).zip(lengths) {
            codes.shifts[length] = place as i32 - code as i32;
            for symbol in symbols.get(place..place + usize::from(n))? {
                if length <= SHORT {
                    let first = (code as usize) << (SHORT - length);
                    let room = 1 << (SHORT - length);
                    codes.short.get_mut(first..first + room)?.fill((length as u8, *symbol));
                }
                code += 1;
            }
            place += usize::from(n);
            if 1 << length < code {
                return None;
            }
            codes.limits[length] = code << (16 - length);
            code <<= 1;
        }
        Some(codes)
    }

    /// The length of the code that the next 16 bits begin with, and what it stands for.
    #[inline]
    pub(super) fn find(&self, next: u16) -> Option<(u32, u8)> {
        let (length, symbol) = self.short[usize::from(next >> (16 - SHORT))];
        if length != 0 {
            return Some((length.into(), symbol));
        }
        self.find_long(next)
    }

    fn find_long(&self, next: u16) -> Option<(u32, u8)> {
        let length = (SHORT + 1..=16).find(|&length| u32::from(next) < self.limits[length])?;
        let place = i32::from(next >> (16 - length)) + self.shifts[length];
        Some((length as u32, *self.symbols.get(usize::try_from(place).ok()?)?))
    }
}
