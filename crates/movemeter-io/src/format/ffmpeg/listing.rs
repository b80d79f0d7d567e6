//! Which frames a video has: their number and times.
//!
//! Counting the frames of a video surely means decoding it. Mostly there is a faster way: to read its packets. Of the codecs
//! and containers named here every packet is one frame, and has its time. That is believed if the times are there,
//! differ, and are those of the frames at the beginning, which are decoded to see. While frames are read, each one's time
//! must be the one listed, so that a frame too few or too many is noticed where it is.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::head::{Head, N_FRAMES};
use super::process::{Pieces, Process};
use super::program::{Program, is_among};
use super::said::{Line, NO_TIME};
use crate::format::Cause;

/// All frames of a video, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Listing {
    /// When each is shown, in ticks; [`NO_TIME`] where the file does not say.
    pub(super) pts: Vec<i64>,
    /// Whether the file ends before what it promised.
    pub(super) is_cut_off: bool,
    /// Whether times are those of the packets. Else they are what a decoder has made of them, which may be others when a
    /// frame is missing.
    pub(super) is_of_packets: bool,
    /// What ffmpeg complained of while it decoded frames to list them: those that cannot be decoded are not listed then.
    pub(super) complaint: Option<String>,
}

/// Containers that hold the time of every packet, or count packets.
const WITH_TIMES: [&str; 6] = ["mov", "matroska", "webm", "avi", "gif", "mxf"];

/// Codecs of which every packet is a whole frame that is shown.
const ONE_EACH: [&str; 33] = [
    "h264", "hevc", "av1", "vp9", "prores", "dnxhd", "cfhd", "mjpeg", "jpeg2000", "png", "tiff",
    "bmp", "targa", "ffv1", "huffyuv", "ffvhuff", "utvideo", "magicyuv", "rawvideo", "v210",
    "v210x", "v308", "v408", "v410", "r210", "r10k", "y41p", "yuv4", "ayuv", "dvvideo", "gif",
    "qtrle", "hap",
];

impl Listing {
    /// Lists all frames, by packets where that can be trusted, else by decoding them.
    pub(super) fn read(program: &Program, path: &Path, head: &Head) -> Result<Self, Cause> {
        match by_packets(program, path, head)? {
            Some(listing) => Ok(listing),
            None => by_decoding(program, path, head),
        }
    }

    /// Which frame is shown at this time, the frames before `next` being gone. Where times do not tell, it must be the
    /// next.
    pub(super) fn index(&self, pts: i64, next: usize) -> Option<usize> {
        if self.is_of_packets {
            return self.pts.binary_search(&pts).ok().filter(|&index| next <= index);
        }
        (self.pts.get(next) == Some(&pts)).then_some(next)
    }
}

/// What the packets say, if that can be trusted.
fn by_packets(program: &Program, path: &Path, head: &Head) -> Result<Option<Listing>, Cause> {
    let is_interlaced = head.frames.iter().any(|frame| !frame.is_progressive);
    if is_interlaced || !is_among(&head.container, &WITH_TIMES) {
        return Ok(None);
    }
    let mut command = program.reading(path, head.input);
    command.args(["-c", "copy", "-copyinkf:v", "-f", "framecrc", "pipe:1"]);
    let mut process = Process::start(&mut command, Pieces::Lines)?;
    let mut packets = Packets::default();
    while let Some(line) = process.piece()? {
        if packets.take(&String::from_utf8_lossy(&line)).is_none() {
            return Ok(None);
        }
    }
    let is_whole = process.end().is_ok();
    let is_cut_off = !is_whole || is_cut_off(head, &process) || is_cut_gif(head, path);
    Ok(packets.listing(head, is_cut_off))
}

/// What is known of the packets.
#[derive(Default)]
struct Packets {
    pts: Vec<i64>,
    /// Those of which a part is missing.
    damaged: HashSet<i64>,
    is_known_codec: bool,
    time_base: String,
}

/// The bit of a packet's flags that says that it is decoded but not shown (`AV_PKT_FLAG_DISCARD`).
const NOT_SHOWN: u32 = 4;

/// The bit that says that a part of it is missing (`AV_PKT_FLAG_CORRUPT`).
const DAMAGED: u32 = 2;

impl Packets {
    /// Takes a line of the format that ffmpeg calls `framecrc`; nothing if packets cannot be trusted.
    ///
    /// ```text
    /// #tb 0: 1/15360
    /// #codec_id 0: h264
    /// stream, decoding time, time, duration, bytes, checksum, F=0x4
    /// ```
    fn take(&mut self, line: &str) -> Option<()> {
        if let Some(header) = line.strip_prefix('#') {
            let (name, value) = header.split_once(": ").unwrap_or_default();
            match name {
                "tb 0" => self.time_base = value.trim().into(),
                "codec_id 0" => self.is_known_codec = ONE_EACH.contains(&value.trim()),
                _ => {}
            }
            return Some(());
        }
        let mut cells = line.trim().split(',').map(str::trim);
        let pts = cells.nth(2)?.parse().ok().filter(|&pts: &i64| pts != NO_TIME)?;
        let n_bytes: u64 = cells.nth(1)?.parse().ok()?;
        let flags = cells.find_map(|cell| cell.strip_prefix("F=0x"));
        let flags = flags.map_or(Some(0), |flags| u32::from_str_radix(flags, 16).ok())?;
        // An empty packet says that nothing changed; some decoders give a frame then, others none.
        if n_bytes == 0 || !self.is_known_codec {
            return None;
        }
        if flags & NOT_SHOWN == 0 {
            self.pts.push(pts);
            self.damaged.extend((flags & DAMAGED != 0).then_some(pts));
        }
        Some(())
    }

    fn listing(mut self, head: &Head, is_cut_off: bool) -> Option<Listing> {
        self.pts.sort_unstable();
        let ticks = format!("{}/{}", head.time_base.numerator, head.time_base.denominator);
        let is_as_decoded = self.time_base == ticks && self.begins_like(head);
        let are_distinct = self.pts.is_sorted_by(|a, b| a < b);
        let listing = Listing { pts: self.pts, is_cut_off, is_of_packets: true, complaint: None };
        (is_as_decoded && are_distinct).then_some(listing)
    }

    /// Whether the frames at the beginning are those that were decoded. What becomes of damaged ones does not matter.
    fn begins_like(&self, head: &Head) -> bool {
        let is_whole = |pts: &i64| !self.damaged.contains(pts);
        let listed: Vec<i64> = self.pts.iter().copied().filter(is_whole).take(N_FRAMES).collect();
        let decoded = head.frames.iter().map(|frame| frame.pts).filter(is_whole);
        let decoded: Vec<i64> = decoded.take(N_FRAMES).collect();
        let are_all = head.frames.len() < N_FRAMES;
        let n = listed.len().min(decoded.len());
        listed[..n] == decoded[..n] && (!are_all || listed.len() == decoded.len())
    }
}

/// Decodes everything.
fn by_decoding(program: &Program, path: &Path, head: &Head) -> Result<Listing, Cause> {
    let mut command = program.reading(path, head.input);
    command.args(program.every_frame("null"));
    // Frames are not wanted, but with something to be written ffmpeg ends when we do.
    command.args(["-c:v", "wrapped_avframe", "-f", "framecrc", "pipe:1"]);
    let mut process = Process::start(&mut command, Pieces::Lines)?;
    let mut pts = Vec::new();
    while process.piece()?.is_some() {
        take_frames(&mut pts, process.lines_so_far())?;
    }
    // What is said last comes after all that is written.
    while let Some(line) = process.line()? {
        take_frames(&mut pts, std::iter::once(line))?;
    }
    // Where it breaks off after the first frames, those are read, and the next is missing.
    let is_whole = process.end().is_ok();
    let is_cut_off = !is_whole || is_cut_off(head, &process);
    let complaint = process.problems().cause();
    Ok(Listing { pts, is_cut_off, is_of_packets: false, complaint })
}

fn take_frames(pts: &mut Vec<i64>, lines: impl Iterator<Item = Line>) -> Result<(), Cause> {
    for line in lines {
        if let Line::Frame(frame) = line {
            frame.check_number(pts.len())?;
            pts.push(frame.pts);
        }
    }
    Ok(())
}

/// Containers that say how long they are. Streams end anywhere.
const WITH_AN_END: [&str; 4] = ["mov", "matroska", "webm", "avi"];

fn is_cut_off(head: &Head, process: &Process) -> bool {
    is_among(&head.container, &WITH_AN_END) && process.problems().is_cut_off()
}

/// The last byte of a GIF, of which ffmpeg does not miss the end.
const END_OF_GIF: u8 = 0x3b;

fn is_cut_gif(head: &Head, path: &Path) -> bool {
    let mut last = [0];
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)
    });
    is_among(&head.container, &["gif"]) && read.is_ok() && last != [END_OF_GIF]
}
