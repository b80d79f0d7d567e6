//! Numbers and texts at fixed places of a header, little end first.

use crate::format::text::{readable, text, until_zero};

/// Some bytes of a file; what lies beyond their end is not there.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

/// What stands at a place.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    U16,
    U32,
    I32,
    F32,
    F64,
    /// So many bytes, of which the first zero ends the text.
    Text(usize),
}

impl Fields<'_> {
    fn at<const N: usize>(self, place: usize) -> Option<[u8; N]> {
        self.0.get(place..)?.first_chunk().copied()
    }

    pub(super) fn u16(self, place: usize) -> Option<u16> {
        self.at(place).map(u16::from_le_bytes)
    }

    pub(super) fn u32(self, place: usize) -> Option<u32> {
        self.at(place).map(u32::from_le_bytes)
    }

    pub(super) fn i32(self, place: usize) -> Option<i32> {
        self.at(place).map(i32::from_le_bytes)
    }

    pub(super) fn f32(self, place: usize) -> Option<f32> {
        self.at(place).map(f32::from_le_bytes)
    }

    pub(super) fn f64(self, place: usize) -> Option<f64> {
        self.at(place).map(f64::from_le_bytes)
    }

    /// Seconds since the year 1970, and before it their fraction, each of 32 bits: together they count
    /// 2⁻³² s. The two lowest bits are flags.
    pub(super) fn time(self, place: usize) -> Option<u64> {
        self.at(place).map(|bytes| u64::from_le_bytes(bytes) & !3)
    }

    /// As text, if there is anything.
    pub(super) fn shown(self, kind: Kind, place: usize) -> Option<String> {
        match kind {
            Kind::U16 => self.u16(place).map(|number| number.to_string()),
            Kind::U32 => self.u32(place).map(|number| number.to_string()),
            Kind::I32 => self.i32(place).map(|number| number.to_string()),
            Kind::F32 => self.f32(place).map(|number| number.to_string()),
            Kind::F64 => self.f64(place).map(|number| number.to_string()),
            Kind::Text(n_bytes) => {
                let bytes = self.0.get(place..)?.get(..n_bytes)?;
                readable(&text(until_zero(bytes)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_where_they_should_be() {
        let fields = Fields(b"\x01\x02\x03\x04ab\xb5\0zz\x01\x02");
        assert_eq!((fields.u16(0), fields.u32(0)), (Some(0x201), Some(0x0403_0201)));
        assert_eq!(fields.shown(Kind::Text(6), 4).as_deref(), Some("ab\u{b5}"));
        assert_eq!(fields.shown(Kind::Text(4), 8), None);
        assert_eq!((fields.u32(9), fields.f64(usize::MAX)), (None, None));
    }
}
