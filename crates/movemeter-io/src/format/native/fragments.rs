//! Samples that are listed piece by piece, before the pictures of each piece (ISO/IEC 14496-12, 8.8).

use super::boxes::{Boxes, Outer};
use super::bytes::Bytes;
use super::file::VideoFile;
use super::samples::{List, MOST_SAMPLES, Place};
use crate::format::Cause;

/// Pieces, with what lies between them: two days of one every second.
const MOST_OUTER: usize = 400_000;

/// Appends the samples of a track in all fragments of the file, if the index says that there are some.
pub(super) fn append(
    file: &mut VideoFile,
    index: &[u8],
    track: u32,
    list: &mut List,
) -> Result<(), Cause> {
    let Some(extension) = Boxes::new(index).find(b"mvex") else { return Ok(()) };
    let defaults = Defaults::of_track(extension, track).ok_or_else(damaged)?;
    let mut bytes = Vec::new();
    let mut outer = Outer::at(0, file)?;
    for _ in 0..MOST_OUTER {
        let Some(found) = outer else { return Ok(()) };
        if &found.kind == b"moof" {
            // Of a recording that was cut off the last piece may be missing.
            if found.body(file, &mut bytes).is_err() {
                return Ok(());
            }
            append_piece(&bytes, found.start, track, defaults, list)?;
        }
        outer = found.next(file)?;
    }
    Err(format!("it has more than {MOST_OUTER} fragments"))
}

fn damaged() -> Cause {
    "its list of a fragment is damaged".into()
}

/// What holds of samples unless they say otherwise.
#[derive(Clone, Copy)]
struct Defaults {
    duration: u32,
    n_bytes: u32,
    flags: u32,
}

impl Defaults {
    fn of_track(extension: &[u8], track: u32) -> Option<Self> {
        let boxes = Boxes::new(extension).filter(|(kind, _)| kind == b"trex");
        boxes.map(|(_, body)| Bytes(body)).find_map(|mut bytes| {
            bytes.take(4)?;
            (bytes.u32_be()? == track).then_some(())?;
            bytes.u32_be()?;
            Some(Self {
                duration: bytes.u32_be()?,
                n_bytes: bytes.u32_be()?,
                flags: bytes.u32_be()?,
            })
        })
    }
}

/// Appends the samples of one piece, from the body of its box `moof`.
fn append_piece(
    piece: &[u8],
    start: u64,
    track: u32,
    defaults: Defaults,
    list: &mut List,
) -> Result<(), Cause> {
    let parts = Boxes::new(piece).filter(|(kind, _)| kind == b"traf");
    for (order, (_, part)) in parts.enumerate() {
        let boxes = Boxes::new(part);
        let header = boxes.find(b"tfhd").ok_or_else(damaged)?;
        let Some(header) = Header::read(header, start, order, track, defaults)? else { continue };
        if let Some(time) = boxes.find(b"tfdt") {
            list.end = decode_time(time).ok_or_else(damaged)?;
        }
        let mut next = header.base;
        for (_, run) in boxes.filter(|(kind, _)| kind == b"trun") {
            next = append_run(run, header, next, list)?;
        }
    }
    Ok(())
}

/// What a track's part of a piece says before its samples.
#[derive(Clone, Copy)]
struct Header {
    /// From where places in the file are counted.
    base: u64,
    defaults: Defaults,
}

impl Header {
    /// From the body of `tfhd`; nothing if it speaks of another track.
    fn read(
        body: &[u8],
        start: u64,
        order: usize,
        track: u32,
        defaults: Defaults,
    ) -> Result<Option<Self>, Cause> {
        let mut bytes = Bytes(body);
        let (flags, id) = bytes.u32_be().zip(bytes.u32_be()).ok_or_else(damaged)?;
        if id != track {
            return Ok(None);
        }
        let base = match flags & 1 {
            1 => bytes.u64_be().ok_or_else(damaged)?,
            // Later parts may count from where the one before them ends.
            _ if flags & 0x2_0000 == 0 && order != 0 => {
                return Err("its fragments count from place to place".into());
            }
            _ => start,
        };
        let mut number = |bit: u32, default: u32| match flags & bit {
            0 => Ok(default),
            _ => bytes.u32_be().ok_or_else(damaged),
        };
        if number(0x2, 1)? != 1 {
            return Err("its frames are coded in several ways".into());
        }
        let duration = number(0x8, defaults.duration)?;
        let n_bytes = number(0x10, defaults.n_bytes)?;
        let flags = number(0x20, defaults.flags)?;
        Ok(Some(Self { base, defaults: Defaults { duration, n_bytes, flags } }))
    }
}

/// When the first sample of a piece is decoded, from the body of `tfdt`.
fn decode_time(body: &[u8]) -> Option<i64> {
    let mut bytes = Bytes(body);
    match bytes.u32_be()? >> 24 {
        1 => i64::try_from(bytes.u64_be()?).ok().filter(|&time| time < LATEST),
        _ => Some(bytes.u32_be()?.into()),
    }
}

/// So late that no sum of durations passes what can be counted.
const LATEST: i64 = 1 << 62;

/// A sample that builds on others.
const BUILDS_ON_OTHERS: u32 = 0x1_0000;

/// Appends a run of samples, from the body of `trun`; gives where the next would lie.
fn append_run(run: &[u8], header: Header, next: u64, list: &mut List) -> Result<u64, Cause> {
    let mut bytes = Bytes(run);
    let (flags, n) = bytes.u32_be().zip(bytes.u32_be()).ok_or_else(damaged)?;
    let mut offset = next;
    if flags & 1 != 0 {
        let from_base = bytes.u32_be().ok_or_else(damaged)?.cast_signed();
        offset = header.base.checked_add_signed(from_base.into()).ok_or_else(damaged)?;
    }
    let first_flags = if flags & 4 == 0 { None } else { Some(bytes.u32_be().ok_or_else(damaged)?) };
    // Samples of which nothing is said are backed by no bytes here; frames of one size do not occur.
    if flags & 0xf00 == 0 && 1 < n {
        return Err(damaged());
    }
    for index in 0..n {
        let mut number = |bit: u32, default: u32| match flags & bit {
            0 => Ok(default),
            _ => bytes.u32_be().ok_or_else(damaged),
        };
        let duration = number(0x100, header.defaults.duration)?;
        let n_bytes = number(0x200, header.defaults.n_bytes)?;
        let default = first_flags.filter(|_| index == 0).unwrap_or(header.defaults.flags);
        let flags = number(0x400, default)?;
        let delay = number(0x800, 0)?.cast_signed();
        if MOST_SAMPLES <= list.places.len() {
            return Err(format!("it has more than {MOST_SAMPLES} frames"));
        }
        if flags & BUILDS_ON_OTHERS == 0 {
            list.syncs.get_or_insert_default().push(list.places.len() as u32);
        }
        list.places.push(Place { offset, n_bytes });
        list.times.push(list.end + i64::from(delay));
        list.end += i64::from(duration);
        list.last_duration = duration;
        offset = offset.checked_add(n_bytes.into()).ok_or_else(damaged)?;
    }
    Ok(offset)
}
