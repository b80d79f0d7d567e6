//! What stands before the frames of a cine file.
//!
//! Places and meanings are those of the manufacturer's description, "The Cine File Format"; newer programs append
//! fields to the setup, whose length says which are there.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use movemeter::geometry::Size;

use super::fields::{Fields, Kind};
use crate::format::{Cause, plain_io};

/// What stands before the frames.
pub(super) struct Header {
    pub(super) first: FirstPart,
    pub(super) picture: Picture,
    /// All that is said of the camera, as bytes.
    setup: Vec<u8>,
}

/// The header proper.
pub(super) struct FirstPart {
    pub(super) is_mosaic: bool,
    /// Bytes of each frame's place in the table of places.
    pub(super) place_bytes: u64,
    pub(super) n_frames: u32,
    pub(super) picture_at: u64,
    pub(super) setup_at: u64,
    /// Where the table of places begins.
    pub(super) places_at: u64,
    /// In 2⁻³² s.
    pub(super) trigger_time: u64,
}

/// How frames are stored.
pub(super) struct Picture {
    pub(super) size: Size,
    /// Bits of a pixel if it is not packed, all colours together.
    pub(super) bits: u16,
    pub(super) packing: u32,
    /// Whether the lowest row is the first.
    pub(super) is_upside_down: bool,
}

/// Of the header proper.
const FIRST_BYTES: u64 = 44;
const PICTURE_BYTES: u64 = 40;

impl FirstPart {
    /// The end of the table of places.
    pub(super) fn places_end(&self) -> u64 {
        self.places_at + u64::from(self.n_frames) * self.place_bytes
    }

    fn parse(bytes: &[u8]) -> Result<(Self, Vec<(String, String)>), Cause> {
        let not_cine = || Cause::from("it does not begin as cine files do");
        let fields = Fields(bytes);
        let is_cine = bytes.starts_with(b"CI") && bytes.len() as u64 == FIRST_BYTES;
        let u32 = |place| fields.u32(place).filter(|_| is_cine).ok_or_else(not_cine);
        let (compression, version) = (u32(4)? & 0xffff, u32(4)? >> 16);
        if compression == 1 {
            return Err(
                "its frames are compressed, which is not supported; save it uncompressed".into()
            );
        }
        if 2 < compression {
            return Err(format!("its compression {compression} is not known; it may be 0 or 2"));
        }
        let part = Self {
            is_mosaic: compression == 2,
            place_bytes: if version == 0 { 4 } else { 8 },
            n_frames: u32(20)?,
            picture_at: u32(24)?.into(),
            setup_at: u32(28)?.into(),
            places_at: u32(32)?.into(),
            trigger_time: fields.time(36).ok_or_else(not_cine)?,
        };
        let told = |name: &str, kind, place| Some((name.into(), fields.shown(kind, place)?));
        let metadata = [
            told("FirstMovieImage", Kind::I32, 8),
            told("TotalImageCount", Kind::U32, 12),
            told("FirstImageNo", Kind::I32, 16),
            told("ImageCount", Kind::U32, 20),
            Some(("TriggerTime".into(), format!("{:.9} s since 1970", seconds(part.trigger_time)))),
        ];
        Ok((part, metadata.into_iter().flatten().collect()))
    }
}

/// From 2⁻³² s.
pub(super) fn seconds(time: u64) -> f64 {
    time as f64 / 4_294_967_296.0
}

impl Picture {
    fn parse(bytes: &[u8]) -> Result<Self, Cause> {
        let fields = Fields(bytes);
        let cut = || Cause::from("the file ends within its headers");
        let i32 = |place| fields.i32(place).ok_or_else(cut);
        let (width, height) = (i32(4)?, i32(8)?);
        let side = |side: i32| usize::try_from(side).ok().filter(|&side| 0 < side);
        let size = side(width).zip(side(height.saturating_abs()));
        let (width, height_px) =
            size.ok_or_else(|| format!("it claims to have {width}x{height} px"))?;
        let packing = i32(16)? as u32;
        Ok(Self {
            size: Size::new(width, height_px),
            bits: fields.u16(14).ok_or_else(cut)?,
            packing,
            // As in bitmaps; packed frames begin with the top row all the same.
            is_upside_down: packing == 0 && 0 < height,
        })
    }
}

/// The longest setup that is known has 13 484 bytes; its length is a number of 16 bits.
const MOST_SETUP_BYTES: u64 = u16::MAX as u64;

impl Header {
    /// The header of a file, and what it says besides.
    pub(super) fn read(file: &mut File) -> Result<(Self, Vec<(String, String)>), Cause> {
        let (first, mut metadata) = FirstPart::parse(&bytes_at(file, 0, FIRST_BYTES)?)?;
        let picture_bytes = bytes_at(file, first.picture_at, PICTURE_BYTES)?;
        let picture = Picture::parse(&picture_bytes)?;
        let told = |&(name, kind, place): &Field, bytes| {
            Some((Cause::from(name), Fields(bytes).shown(kind, place)?))
        };
        metadata.extend(PICTURE_FIELDS.iter().filter_map(|field| told(field, &picture_bytes)));
        let mut setup = bytes_at(file, first.setup_at, MOST_SETUP_BYTES)?;
        let length = Fields(&setup).u16(142).filter(|_| setup.get(140..142) == Some(b"ST"));
        setup.truncate(length.unwrap_or(0).into());
        metadata.extend(SETUP_FIELDS.iter().filter_map(|field| told(field, &setup)));
        Ok((Self { first, picture, setup }, metadata))
    }

    fn setup(&self) -> Fields<'_> {
        Fields(&self.setup)
    }

    /// Where the setup ends.
    pub(super) fn setup_end(&self) -> u64 {
        self.first.setup_at + self.setup.len() as u64
    }

    /// Frames a second; older programs only store a whole number. Not known if it was changed within the recording.
    pub(super) fn frame_rate_hz(&self) -> Option<f64> {
        let rate_hz = self.setup().u32(768).map(f64::from).filter(|&rate_hz| 0.0 < rate_hz);
        let exact_hz = self.setup().f64(13_472);
        let is_the_same = |&exact_hz: &f64| rate_hz.is_none_or(|hz| (exact_hz - hz).abs() < 1.0);
        let exact_hz = exact_hz.filter(|hz| hz.is_finite() && 0.0 < *hz).filter(is_the_same);
        let is_changed = self.setup().u32(1048).is_some_and(|steps| 0 < steps);
        exact_hz.or(rate_hz).filter(|_| !is_changed)
    }

    /// Exposure in nanoseconds where that is known, else in microseconds.
    pub(super) fn exposure_s(&self) -> Option<f64> {
        let number = |place| self.setup().u32(place).filter(|&n| 0 < n).map(f64::from);
        number(1568).map(|ns| ns / 1e9).or_else(|| number(772).map(|us| us / 1e6))
    }

    /// Whether colours lie under a filter, pixel by pixel.
    pub(super) fn is_mosaic(&self) -> bool {
        // The highest bits tell of single heads without a filter.
        let filter = self.setup().u32(808).unwrap_or(0) & 0x00ff_ffff;
        self.first.is_mosaic && filter != 0
    }
}

/// Up to `n` bytes; fewer at the end of the file.
pub(super) fn bytes_at(file: &mut File, at: u64, n: u64) -> Result<Vec<u8>, Cause> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at)).map_err(|error| plain_io(&error))?;
    file.take(n).read_to_end(&mut bytes).map_err(|error| plain_io(&error))?;
    Ok(bytes)
}

/// Name, kind and place.
type Field = (&'static str, Kind, usize);

const PICTURE_FIELDS: [Field; 7] = [
    ("biBitCount", Kind::U16, 14),
    ("biCompression", Kind::U32, 16),
    // Of the sensor, not of the specimen.
    ("biXPelsPerMeter", Kind::I32, 24),
    ("biYPelsPerMeter", Kind::I32, 28),
    ("biHeight", Kind::I32, 8),
    ("biClrUsed", Kind::U32, 32),
    ("biClrImportant", Kind::U32, 36),
];

const SETUP_FIELDS: [Field; 57] = [
    ("DescriptionOld", Kind::Text(121), 19),
    ("ImWidth", Kind::U16, 737),
    ("ImHeight", Kind::U16, 739),
    ("Serial", Kind::U32, 743),
    ("AutoExposure", Kind::U32, 752),
    ("bFlipH", Kind::U32, 756),
    ("bFlipV", Kind::U32, 760),
    ("FrameRate", Kind::U32, 768),
    ("Shutter", Kind::U32, 772),
    ("EDRShutter", Kind::U32, 776),
    ("PostTrigger", Kind::U32, 780),
    ("FrameDelay", Kind::U32, 784),
    ("bEnableColor", Kind::U32, 788),
    ("CameraVersion", Kind::U32, 792),
    ("FirmwareVersion", Kind::U32, 796),
    ("SoftwareVersion", Kind::U32, 800),
    ("RecordingTimeZone", Kind::I32, 804),
    ("CFA", Kind::U32, 808),
    ("Rotate", Kind::I32, 884),
    ("RealBPP", Kind::U32, 896),
    ("FRPSteps", Kind::U32, 1048),
    ("CalibTemp", Kind::U32, 1528),
    ("Decimation", Kind::U32, 1556),
    ("MasterSerial", Kind::U32, 1560),
    ("Sensor", Kind::U32, 1564),
    ("ShutterNs", Kind::U32, 1568),
    ("EDRShutterNs", Kind::U32, 1572),
    ("FrameDelayNs", Kind::U32, 1576),
    ("ImPosXAcq", Kind::U32, 1580),
    ("ImPosYAcq", Kind::U32, 1584),
    ("ImWidthAcq", Kind::U32, 1588),
    ("ImHeightAcq", Kind::U32, 1592),
    ("Description", Kind::Text(4096), 1596),
    ("BlackLevel", Kind::I32, 5732),
    ("WhiteLevel", Kind::I32, 5736),
    ("LensDescription", Kind::Text(256), 5740),
    ("LensAperture", Kind::F32, 5996),
    ("LensFocusDistance", Kind::F32, 6000),
    ("LensFocalLength", Kind::F32, 6004),
    ("fOffset", Kind::F32, 6008),
    ("fGain", Kind::F32, 6012),
    ("fGamma", Kind::F32, 6024),
    ("EnableCrop", Kind::U32, 6868),
    ("EnableResample", Kind::U32, 6888),
    ("ResampleWidth", Kind::U32, 6892),
    ("ResampleHeight", Kind::U32, 6896),
    ("fGain16_8", Kind::F32, 6900),
    ("fPbRate", Kind::F32, 6976),
    ("CineName", Kind::Text(256), 6984),
    ("GpsInfo", Kind::Text(1024), GPS),
    ("Uuid", Kind::Text(1024), GPS + 1024),
    ("CreatedBy", Kind::Text(1024), GPS + 2048),
    ("RecBPP", Kind::U32, 12_416),
    ("CameraModel", Kind::Text(1024), 12_432),
    ("fDecimation", Kind::F32, 13_460),
    ("dFrameRate", Kind::F64, 13_472),
    ("SensorMode", Kind::U32, 13_480),
];

/// Where the first of the long texts of newer setups begins.
const GPS: usize = 12_416 - 3 * 1024;
