//! Samples, one after the other, to pictures.

use std::panic::{AssertUnwindSafe, catch_unwind};

use movemeter::geometry::Size;
use rust_h264::decoder::{Decoder, Frame};
use rust_h264::nal::parse_avcc;

use super::damage::is_incomplete;
use super::sequence::Sequence;
use super::units::{Kind, Parameters, Slice, Unit, units};
use crate::format::Cause;
use crate::format::native::bytes::Bytes;
use crate::format::native::luma::{Luma, Samples};

/// What the file says of its H.264 before the first sample: the box `avcC` (ISO/IEC 14496-15, 5.3.3.1.2).
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    n_length_bytes: usize,
    /// Parameter sets.
    units: Vec<Vec<u8>>,
}

impl Configuration {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Cause> {
        Self::parse(bytes).ok_or_else(|| "its description of H.264 (avcC) is damaged".into())
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        // A version, and what the parameter set repeats.
        (bytes.take(4)?[0] == 1).then_some(())?;
        let n_length_bytes = usize::from(bytes.u8()? & 3) + 1;
        (n_length_bytes != 3).then_some(())?;
        let mut units = Vec::new();
        for mask in [31, 255] {
            for _ in 0..bytes.u8()? & mask {
                let length = bytes.u16_be()?;
                units.push(bytes.take(length.into())?.into());
            }
        }
        Some(Self { n_length_bytes, units })
    }

    /// The kinds of a sample's units; none if it is damaged.
    pub(super) fn kinds(&self, sample: &[u8]) -> Vec<Kind> {
        let units = units(sample, self.n_length_bytes).unwrap_or_default();
        units.into_iter().map(Unit::kind).collect()
    }
}

/// A decoder that has seen all samples since one that builds on none.
pub(super) struct Decoding {
    decoder: Decoder,
    n_length_bytes: usize,
    parameters: Parameters,
    /// The kind of pictures that are expected, once one was seen.
    sequence: Option<Sequence>,
    /// The number of the last frame that others build on.
    last_number: Option<u32>,
}

/// A decoded picture.
pub(super) struct Picture {
    pub(super) luma: Luma,
    /// Its place in the order in which pictures are shown.
    pub(super) order: i32,
    /// Whether it builds on none, and begins a new order.
    pub(super) is_restart: bool,
}

impl Decoding {
    pub(super) fn new(configuration: &Configuration) -> Result<Self, Cause> {
        let mut decoding = Self {
            decoder: Decoder::new(),
            n_length_bytes: configuration.n_length_bytes,
            parameters: Parameters::default(),
            sequence: None,
            last_number: None,
        };
        for unit in &configuration.units {
            decoding.check(Unit(unit))?;
            decoding.decode(Unit(unit))?;
        }
        Ok(decoding)
    }

    /// What the pictures are, by the headers of the first sample, and whether they are read as they should be.
    pub(super) fn look_at(&mut self, sample: &[u8]) -> Result<Sequence, Cause> {
        for unit in units(sample, self.n_length_bytes)? {
            self.parameters.take(unit)?;
            match unit.kind() {
                Kind::Restart => {
                    let (sequence, slice) = self.parameters.slice(unit)?;
                    slice.check()?;
                    sequence.check_backed(sample.len())?;
                    return Ok(sequence.clone());
                }
                Kind::Slice => {
                    return Err("its first frame builds on others that are not there".into());
                }
                Kind::Part => return Err("it holds H.264 with slices in parts".into()),
                Kind::Sequence | Kind::Picture | Kind::Other => {}
            }
        }
        Err("its first sample holds no picture".into())
    }

    /// The picture of the next sample.
    pub(super) fn picture(&mut self, sample: &[u8]) -> Result<Picture, Cause> {
        let units = units(sample, self.n_length_bytes)?;
        let is_restart = units.iter().any(|unit| unit.kind() == Kind::Restart);
        let mut pictures = Vec::new();
        for unit in units {
            self.check(unit)?;
            pictures.extend(self.decode(unit)?);
        }
        // No picture goes on in the next sample.
        let last = catch_unwind(AssertUnwindSafe(|| self.decoder.flush()));
        pictures.extend(last.map_err(|_| gave_up())?);
        match (pictures.pop(), pictures.len()) {
            (Some(picture), 0) => self.finished(picture, is_restart),
            (picture, n) => {
                Err(format!("it holds {} pictures", n + usize::from(picture.is_some())))
            }
        }
    }

    /// Whether a unit is as the decoder can read it, with what it builds on.
    fn check(&mut self, unit: Unit) -> Result<(), Cause> {
        self.parameters.take(unit)?;
        match unit.kind() {
            Kind::Part => Err("it holds H.264 with slices in parts".into()),
            Kind::Slice | Kind::Restart => {
                let (sequence, slice) = self.parameters.slice(unit)?;
                slice.check()?;
                if self.sequence.as_ref().is_some_and(|expected| !sequence.is_like(expected)) {
                    return Err(format!(
                        "the pictures are of another kind from here on: {} px",
                        sequence.size()?
                    ));
                }
                check_number(sequence, slice, unit, self.last_number)?;
                self.sequence = Some(sequence.clone());
                if unit.is_reference() {
                    self.last_number = Some(slice.frame_number);
                }
                Ok(())
            }
            Kind::Sequence | Kind::Picture | Kind::Other => Ok(()),
        }
    }

    fn decode(&mut self, unit: Unit) -> Result<Option<Frame>, Cause> {
        let length = u32::try_from(unit.0.len()).map_err(|_| "it is too large")?;
        let framed = [&length.to_be_bytes(), unit.0].concat();
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            let mut picture = None;
            for unit in parse_avcc(&framed, 4) {
                picture = self.decoder.decode_nal(&unit)?;
            }
            Ok(picture)
        }));
        let decoded: Result<_, rust_h264::error::DecodeError> = decoded.map_err(|_| gave_up())?;
        decoded.map_err(|error| format!("it is damaged ({error})"))
    }

    fn finished(&self, picture: Frame, is_restart: bool) -> Result<Picture, Cause> {
        let size = Size::new(picture.width as usize, picture.height as usize);
        let expected = self.sequence.as_ref().ok_or("it holds no picture")?;
        let n_bytes = size.area() * picture.bytes_per_sample();
        if expected.size()? != size
            || u32::from(picture.bit_depth) != expected.luma_bits
            || picture.y.len() != n_bytes
        {
            return Err(format!("it holds a picture of another kind: {size} px"));
        }
        if is_incomplete(&picture) {
            return Err("it is damaged: a part of the picture is missing".into());
        }
        let samples = match picture.bit_depth {
            8 => Samples::U8(picture.y),
            _ => Samples::U16(picture.y),
        };
        Ok(Picture { luma: Luma { size, samples }, order: picture.pic_order_cnt, is_restart })
    }
}

/// Frames that others build on are numbered one by one (ITU-T H.264, 7.4.3), so that one that is missing is seen.
fn check_number(
    sequence: &Sequence,
    slice: Slice,
    unit: Unit,
    last: Option<u32>,
) -> Result<(), Cause> {
    if unit.kind() == Kind::Restart || sequence.may_skip_frame_numbers {
        return Ok(());
    }
    let next = |last: u32| (last + 1) % (1 << sequence.n_frame_number_bits);
    match last {
        Some(last) if slice.frame_number == last || slice.frame_number == next(last) => Ok(()),
        _ => Err("a frame that it builds on is missing".into()),
    }
}

fn gave_up() -> Cause {
    "it is damaged (the decoder gave up)".into()
}
