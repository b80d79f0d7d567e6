//! The units of a sample: parameter sets, slices of pictures, and more.

use std::collections::BTreeMap;

use super::bits::Bits;
use super::sequence::Sequence;
use crate::format::Cause;

/// One unit, with its first byte, which says what it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit<'a>(pub(super) &'a [u8]);

/// What a unit is (ITU-T H.264, table 7-1), as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Slice,
    /// Of a picture that builds on none before it, and after which none builds on one before it.
    Restart,
    /// A slice in parts, which is not read.
    Part,
    Sequence,
    Picture,
    Other,
}

impl<'a> Unit<'a> {
    pub(super) fn kind(self) -> Kind {
        match self.0.first().map_or(0, |byte| byte & 31) {
            1 => Kind::Slice,
            2..=4 => Kind::Part,
            5 => Kind::Restart,
            7 => Kind::Sequence,
            8 => Kind::Picture,
            _ => Kind::Other,
        }
    }

    /// Whether other pictures may build on its picture.
    pub(super) fn is_reference(self) -> bool {
        self.0.first().is_some_and(|byte| byte >> 5 & 3 != 0)
    }

    /// What follows the first byte.
    pub(super) fn body(self) -> &'a [u8] {
        self.0.get(1..).unwrap_or_default()
    }
}

/// The units of a sample, each behind its length in so many bytes.
pub(super) fn units(mut sample: &[u8], n_length_bytes: usize) -> Result<Vec<Unit<'_>>, Cause> {
    let mut units = Vec::new();
    while let Some((length, rest)) = sample.split_at_checked(n_length_bytes) {
        let length = length.iter().fold(0, |length, &byte| length << 8 | usize::from(byte));
        let Some((unit, rest)) = rest.split_at_checked(length) else {
            return Err(format!(
                "a part of it claims {length} bytes, but there are {}",
                rest.len()
            ));
        };
        if unit.first().is_some_and(|byte| byte & 128 != 0) {
            return Err("a part of it is marked as damaged".into());
        }
        if !unit.is_empty() {
            units.push(Unit(unit));
        }
        sample = rest;
    }
    Ok(units)
}

/// The parameter sets by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters {
    sequences: BTreeMap<u32, Sequence>,
    /// For each picture parameter set the number of its sequence's.
    pictures: BTreeMap<u32, u32>,
}

impl Parameters {
    /// Takes a parameter set; other units are left alone.
    pub(super) fn take(&mut self, unit: Unit) -> Result<(), Cause> {
        match unit.kind() {
            Kind::Sequence => {
                let sequence = Sequence::read(unit.body())?;
                sequence.check()?;
                self.sequences.insert(sequence.id, sequence);
            }
            Kind::Picture => {
                let mut bits = Bits::new(unit.body());
                let picture = bits.golomb().filter(|&id| id <= 255);
                let (picture, sequence) =
                    picture.zip(bits.golomb()).ok_or("a parameter set is damaged")?;
                // Two flags, then the number of groups that slices are put in.
                let n_groups = bits
                    .number(2)
                    .and_then(|_| bits.golomb())
                    .ok_or("a parameter set is damaged")?;
                if n_groups != 0 {
                    return Err("it holds H.264 with groups of slices".into());
                }
                self.pictures.insert(picture, sequence);
            }
            _ => {}
        }
        Ok(())
    }

    /// The sequence that a slice belongs to, and what its header says.
    pub(super) fn slice(&self, unit: Unit) -> Result<(&Sequence, Slice), Cause> {
        self.find(unit)
            .ok_or_else(|| "a slice of it is damaged, or its parameter set is missing".into())
    }

    /// ITU-T H.264, 7.3.3.
    fn find(&self, unit: Unit) -> Option<(&Sequence, Slice)> {
        let mut bits = Bits::new(unit.body());
        let first_block = bits.golomb()?;
        let kind = bits.golomb()?;
        let sequence = self.sequences.get(self.pictures.get(&bits.golomb()?)?)?;
        let frame_number = bits.number(sequence.n_frame_number_bits)?;
        let is_field = !sequence.is_progressive && bits.bit()?;
        Some((sequence, Slice { first_block, kind, frame_number, is_field }))
    }
}

/// What a slice's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) first_block: u32,
    kind: u32,
    pub(super) frame_number: u32,
    /// Whether its picture is every other row only.
    is_field: bool,
}

impl Slice {
    /// Whether such slices were tried; the error says why not.
    pub(super) fn check(self) -> Result<(), Cause> {
        match (self.is_field, self.kind % 5) {
            (true, _) => Err("it holds H.264 in fields, every other row by itself".into()),
            (false, 0..=2) => Ok(()),
            (false, _) => Err("it holds H.264 with switching slices".into()),
        }
    }
}
