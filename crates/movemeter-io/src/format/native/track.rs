//! The first video track of an MP4 or MOV file.

use std::ops::Range;

use super::boxes::Boxes;
use super::bytes::{Bytes, shown, text};
use super::luma::Turn;
use crate::format::Cause;

/// What the index says of a video track.
pub(super) struct Track<'a> {
    /// The number by which fragments call it.
    pub(super) id: u32,
    /// How pictures are coded.
    pub(super) coding: Coding<'a>,
    /// The body of the box `stbl`.
    pub(super) tables: &'a [u8],
    pub(super) ticks_per_s: u32,
    pub(super) turn: Turn,
    /// The times that are shown, in ticks: files from which something was cut may hold it still.
    pub(super) times_shown: Range<i64>,
    /// As name and value.
    pub(super) metadata: Vec<(String, String)>,
}

/// How pictures are coded.
pub(super) enum Coding<'a> {
    /// With the body of the box `avcC`.
    H264(&'a [u8]),
    Jpeg,
}

impl<'a> Track<'a> {
    /// From the body of the box `moov`.
    pub(super) fn first_video(index: &'a [u8]) -> Result<Self, Cause> {
        let boxes = Boxes::new(index);
        let is_video = |track: &&[u8]| {
            let handler = Boxes::new(track).find_deep(&[b"mdia", b"hdlr"]);
            handler.and_then(|body| body.get(8..12)) == Some(b"vide")
        };
        let mut videos =
            boxes.filter(|(kind, _)| kind == b"trak").map(|(_, body)| body).filter(is_video);
        let track = videos.next().ok_or("it holds no video")?;
        let mut track = Self::read(Boxes::new(track), times(boxes.find(b"mvhd")))?;
        let n_more = videos.count();
        if n_more != 0 {
            track.metadata.push(("further videos in the file".into(), n_more.to_string()));
        }
        Ok(track)
    }

    fn read(track: Boxes<'a>, movie: Option<Clock>) -> Result<Self, Cause> {
        let damaged = || Cause::from("its index is damaged");
        let media = Boxes::new(track.find(b"mdia").ok_or_else(damaged)?);
        let clock = times(media.find(b"mdhd")).ok_or_else(damaged)?;
        let tables = media.find_deep(&[b"minf", b"stbl"]).ok_or_else(damaged)?;
        let descriptions = Boxes::new(tables).find(b"stsd").and_then(|body| body.get(8..));
        let (kind, description) =
            Boxes::new(descriptions.ok_or_else(damaged)?).next().ok_or_else(damaged)?;
        let coding = coding(kind, description)?;
        let movie_ticks_per_s = movie.map_or(0, |movie| movie.ticks_per_s);
        let edits = track.find_deep(&[b"edts", b"elst"]);
        let mut metadata = Vec::new();
        let created = [Some(clock), movie].into_iter().flatten().find_map(Clock::created);
        metadata.extend(created.map(|created| ("created".into(), created)));
        let name = media.find(b"hdlr").and_then(|body| text(body.get(24..)?));
        metadata.extend(name.map(|name| ("track".into(), name)));
        // The name of the compressor, as a text that begins with its length.
        let encoder = description.get(43..74).and_then(text);
        metadata.extend(encoder.map(|encoder| ("encoder".into(), encoder)));
        let header = track.find(b"tkhd").ok_or_else(damaged)?;
        Ok(Self {
            id: id(header).ok_or_else(damaged)?,
            coding,
            tables,
            ticks_per_s: clock.ticks_per_s,
            turn: turn(header)?,
            times_shown: match edits {
                Some(edits) => times_shown(edits, clock.ticks_per_s, movie_ticks_per_s)?,
                None => i64::MIN..i64::MAX,
            },
            metadata,
        })
    }
}

/// From a sample description: 78 bytes, then boxes.
fn coding(kind: [u8; 4], description: &[u8]) -> Result<Coding<'_>, Cause> {
    let boxes = Boxes::new(description.get(78..).unwrap_or_default());
    match &kind {
        b"avc1" | b"avc3" => {
            let configuration =
                boxes.find(b"avcC").ok_or("its description of H.264 (avcC) is missing")?;
            Ok(Coding::H264(configuration))
        }
        b"jpeg" => Ok(Coding::Jpeg),
        b"mp4v" if is_jpeg(boxes.find(b"esds").unwrap_or_default()) => Ok(Coding::Jpeg),
        _ => Err(format!("its video is coded as {}", name_of_coding(kind))),
    }
}

/// Whether an elementary stream descriptor (ISO/IEC 14496-1, 7.2.6.5) speaks of Motion JPEG: number 0x6C after the tag 4
/// of the decoder's part, and its length of one to four bytes.
fn is_jpeg(descriptor: &[u8]) -> bool {
    let after = descriptor.iter().skip(5).skip_while(|&&byte| byte != 4).skip(1);
    after.skip_while(|&&byte| byte & 128 != 0).nth(1) == Some(&0x6c)
}

fn name_of_coding(kind: [u8; 4]) -> String {
    let name = match &kind {
        b"hvc1" | b"hev1" => "HEVC (H.265)",
        b"av01" => "AV1",
        b"vp09" => "VP9",
        b"mp4v" => "MPEG-4 Visual",
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "ProRes",
        b"mjpa" | b"mjpb" => "Motion JPEG in fields",
        _ => return shown(kind),
    };
    format!("{name} ({})", shown(kind))
}

/// A header's time of creation, and its clock.
#[derive(Clone, Copy)]
struct Clock {
    created_s: u64,
    ticks_per_s: u32,
}

/// From the body of `mvhd` or `mdhd`.
fn times(header: Option<&[u8]>) -> Option<Clock> {
    let mut bytes = Bytes(header?);
    let is_long = bytes.u32_be()? >> 24 == 1;
    let mut moment = || if is_long { bytes.u64_be() } else { bytes.u32_be().map(u64::from) };
    let (created_s, _) = (moment()?, moment()?);
    Some(Clock { created_s, ticks_per_s: bytes.u32_be()? })
}

impl Clock {
    /// The moment of creation in Universal Time, as the calendar has it; files that do not know it say 0.
    fn created(self) -> Option<String> {
        // Counted from the beginning of 1904; 24 107 days later 1970 began.
        let since_1970 = self.created_s.checked_sub(24_107 * 86_400)?;
        let (days, s) = (since_1970 / 86_400, since_1970 % 86_400);
        let (year, month, day) = date(days)?;
        let (hour, minute, s) = (s / 3600, s / 60 % 60, s % 60);
        Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{s:02}Z"))
    }
}

/// The date that is so many days after the beginning of 1970, up to the year 2200.
fn date(mut days: u64) -> Option<(u64, u64, u64)> {
    for year in 1970..2200 {
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let february = if is_leap { 29 } else { 28 };
        for (month, length) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
            if days < length {
                return Some((year, month, days + 1));
            }
            days -= length;
        }
    }
    None
}

/// The track's number, out of the body of `tkhd`.
fn id(header: &[u8]) -> Option<u32> {
    let n_before = if header.first() == Some(&1) { 20 } else { 12 };
    Bytes(header.get(n_before..)?).u32_be()
}

/// How pictures are turned, out of the matrix in the body of `tkhd` (ISO/IEC 14496-12, 8.3.2).
fn turn(header: &[u8]) -> Result<Turn, Cause> {
    let n_before = if header.first() == Some(&1) { 52 } else { 40 };
    let mut bytes = Bytes(header.get(n_before..).unwrap_or_default());
    let mut entry = || bytes.u32_be().map(u32::cast_signed);
    let mut matrix = [0; 9];
    for number in &mut matrix {
        let Some(entry) = entry() else { return Ok(Turn::None) };
        *number = entry;
    }
    let [a, b, _, c, d, ..] = matrix;
    match (a.signum(), b.signum(), c.signum(), d.signum()) {
        (1, 0, 0, 1) | (0, 0, 0, 0) => Ok(Turn::None),
        (0, 1, -1, 0) => Ok(Turn::Quarter),
        (-1, 0, 0, -1) => Ok(Turn::Half),
        (0, -1, 1, 0) => Ok(Turn::ThreeQuarters),
        _ => Err("its pictures are to be mirrored or turned by no right angle".into()),
    }
}

/// The times that are shown, by a list of edits (ISO/IEC 14496-12, 8.6.6). Most lists take nothing away: they make up
/// for frames that are shown later than they are decoded.
fn times_shown(
    edits: &[u8],
    ticks_per_s: u32,
    movie_ticks_per_s: u32,
) -> Result<Range<i64>, Cause> {
    let damaged = || Cause::from("its list of edits is damaged");
    let mut bytes = Bytes(edits);
    let is_long = bytes.u32_be().ok_or_else(damaged)? >> 24 == 1;
    let n = bytes.u32_be().ok_or_else(damaged)?;
    let mut shown = None;
    for _ in 0..n {
        let (duration, start) = match is_long {
            true => (bytes.u64_be(), bytes.u64_be().map(u64::cast_signed)),
            false => (
                bytes.u32_be().map(u64::from),
                bytes.u32_be().map(|start| start.cast_signed().into()),
            ),
        };
        let (Some(duration), Some(start), Some(rate)) = (duration, start, bytes.u32_be()) else {
            return Err(damaged());
        };
        match (start, &shown) {
            // Nothing is shown for a while at first, which moves all times alike.
            (-1, None) => {}
            (0.., None) if rate == 1 << 16 => {
                let ticks =
                    in_ticks(duration, ticks_per_s, movie_ticks_per_s).ok_or_else(damaged)?;
                shown = Some(start..start.checked_add(ticks).ok_or_else(damaged)?);
            }
            _ => {
                return Err("it is edited: several parts of the recording follow each other".into());
            }
        }
    }
    Ok(shown.unwrap_or(i64::MIN..i64::MAX))
}

/// A duration in ticks of the movie in those of the track; none is all there is.
fn in_ticks(duration: u64, ticks_per_s: u32, movie_ticks_per_s: u32) -> Option<i64> {
    if duration == 0 {
        return Some(i64::from(u32::MAX) << 16);
    }
    let (duration, movie) = (u128::from(duration), u128::from(movie_ticks_per_s));
    let ticks = (duration * u128::from(ticks_per_s) + movie / 2).checked_div(movie)?;
    i64::try_from(ticks).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_as_the_calendar_has_them() {
        let created = |created_s| Clock { created_s, ticks_per_s: 1 }.created();
        assert_eq!(created(24_107 * 86_400).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(created(3_792_000_000).as_deref(), Some("2024-02-28T21:20:00Z"));
        assert_eq!(created(3_792_086_400).as_deref(), Some("2024-02-29T21:20:00Z"));
        assert_eq!(created(0), None);
        assert_eq!(created(u64::MAX), None);
    }
}
