//! Pictures of Motion JPEG: one JPEG file each, of which the luma is taken.

use movemeter::geometry::Size;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::bytes::Bytes;
use super::luma::{Luma, Samples};
use crate::format::Cause;
use crate::format::jpeg_scan::{self, standard_codes};

/// The width and height of a picture, by its headers, and whether it can be read.
pub(super) fn size(bytes: &[u8]) -> Result<Size, Cause> {
    Ok(Header::read(bytes)?.size)
}

/// The luma of a picture.
pub(super) fn luma(bytes: &[u8]) -> Result<Luma, Cause> {
    let header = Header::read(bytes)?;
    jpeg_scan::check(bytes, &[])?;
    let Size { width, height } = header.size;
    // Pictures of cameras often leave out the tables that the standard gives as examples.
    let completed = (!header.has_codes).then(|| {
        let (before, after) = bytes.split_at(header.scan_at);
        [before, &standard_codes(), after].concat()
    });
    // Told to leave out the chroma, the decoder loses its place in some pictures with tables of their own.
    let colours = if header.n_channels == 1 { ColorSpace::Luma } else { ColorSpace::YCbCr };
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(width)
        .set_max_height(height)
        .jpeg_set_out_colorspace(colours);
    let bytes = completed.as_deref().unwrap_or(bytes);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let mut samples = decoder.decode().map_err(|error| format!("it is damaged ({error})"))?;
    if samples.len() != header.size.area() * header.n_channels {
        return Err("it is damaged: a part of the picture is missing".into());
    }
    if header.n_channels != 1 {
        samples = samples.into_iter().step_by(header.n_channels).collect();
    }
    Ok(Luma { size: header.size, samples: Samples::U8(samples) })
}

/// What stands before the scans of a picture (ITU-T T.81, B.2).
struct Header {
    size: Size,
    n_channels: usize,
    /// Whether it brings its own tables of codes.
    has_codes: bool,
    /// Where its first scan begins.
    scan_at: usize,
}

/// The most that JPEG makes pictures smaller: 64 pixels of one colour take 6 bits at least, or less where they are
/// refined in several scans.
const MOST_PIXELS_PER_BYTE: usize = 2048;

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, Cause> {
        if !bytes.starts_with(&[0xff, 0xd8]) {
            return Err("it does not begin as JPEG does".into());
        }
        let (mut frame, mut has_codes) = (None, false);
        let mut rest = Bytes(&bytes[2..]);
        loop {
            let at = bytes.len() - rest.0.len();
            let (kind, body) = segment(&mut rest).ok_or("its headers are damaged")?;
            match kind {
                0xc4 => has_codes = true,
                0xc0..=0xc2 => frame = Some(frame_of(body)?),
                0xc3..=0xcf => return Err("it is JPEG of a kind that is not read".into()),
                0xe0 if body.starts_with(b"AVI1")
                    && body.get(4).is_some_and(|&field| field != 0) =>
                {
                    return Err("its frames come in two fields, every other row by itself".into());
                }
                0xee if body.starts_with(b"Adobe") && body.get(11) == Some(&0) => {
                    return Err("it is JPEG of red, green and blue".into());
                }
                0xda => {
                    let (size, n_channels) = frame.ok_or("its headers are damaged")?;
                    check_backed(size, bytes.len())?;
                    return Ok(Self { size, n_channels, has_codes, scan_at: at });
                }
                _ => {}
            }
        }
    }
}

/// A marker's number, and what stands behind it.
fn segment<'a>(bytes: &mut Bytes<'a>) -> Option<(u8, &'a [u8])> {
    (bytes.u8()? == 0xff).then_some(())?;
    let mut kind = 0xff;
    while kind == 0xff {
        kind = bytes.u8()?;
    }
    let n_bytes = bytes.u16_be()?.checked_sub(2)?;
    Some((kind, bytes.take(n_bytes.into())?))
}

/// Size and number of channels, from the body of a frame's header (ITU-T T.81, B.2.2).
fn frame_of(body: &[u8]) -> Result<(Size, usize), Cause> {
    let mut bytes = Bytes(body);
    let parsed = (bytes.u8(), bytes.u16_be(), bytes.u16_be(), bytes.u8());
    let (Some(depth), Some(height), Some(width), Some(n_channels)) = parsed else {
        return Err("its headers are damaged".into());
    };
    let channels: Vec<u8> = bytes.0.chunks(3).map(|channel| channel[0]).collect();
    match (depth, n_channels) {
        (8, 1) => {}
        (8, 3) if !channels.starts_with(b"RGB") => {}
        _ => {
            return Err(format!(
                "it is JPEG with {n_channels} channels of {depth} bits; luma and chroma of 8 are read"
            ));
        }
    }
    match Size::new(width.into(), height.into()) {
        size if size.area() == 0 => Err("it claims to have no pixels".into()),
        size => Ok((size, n_channels.into())),
    }
}

fn check_backed(size: Size, n_bytes: usize) -> Result<(), Cause> {
    match size.area() <= n_bytes.saturating_mul(MOST_PIXELS_PER_BYTE) {
        true => Ok(()),
        false => {
            Err(format!("it claims to have {size} px, more than its {n_bytes} bytes can hold"))
        }
    }
}
