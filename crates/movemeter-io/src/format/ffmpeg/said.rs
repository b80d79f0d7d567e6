//! What ffmpeg says while it works: a line for every frame, and what it complains of.

use crate::format::Cause;

/// No time is known.
pub(super) const NO_TIME: i64 = i64::MIN;

/// What ffmpeg says of a frame before it gives its pixels, by its filter `showinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FrameLine {
    /// Its number, from 0.
    pub(super) number: usize,
    /// When it is shown, in ticks; [`NO_TIME`] where the file does not say.
    pub(super) pts: i64,
    /// How its pixels are stored, in ffmpeg's words.
    pub(super) pixel_format: String,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Whether it is not one of two fields.
    pub(super) is_progressive: bool,
}

/// A number as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    pub(super) numerator: u32,
    pub(super) denominator: u32,
}

impl FrameLine {
    /// Whether it is the line of this frame: what ffmpeg says must be complete, or its frames are not known.
    pub(super) fn check_number(&self, expected: usize) -> Result<(), Cause> {
        match self.number == expected {
            true => Ok(()),
            false => Err(format!(
                "what ffmpeg says cannot be followed: frame {} comes where {expected} should",
                self.number
            )),
        }
    }
}

impl Ratio {
    /// A fraction of two positive numbers, as ffmpeg prints it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (numerator, denominator) = text.split_once('/')?;
        let positive = |text: &str| text.parse().ok().filter(|&number: &u32| 0 < number);
        Some(Self { numerator: positive(numerator)?, denominator: positive(denominator)? })
    }

    pub(super) fn to_f64(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }
}

/// A line of ffmpeg's messages that is of use.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line {
    Frame(FrameLine),
    /// The length of a tick, s, and how many frames a second there should be.
    Config {
        time_base: Ratio,
        frame_rate: Option<Ratio>,
    },
    /// The names of the container's format.
    Container(String),
    /// The program that wrote the file.
    Encoder(String),
    /// What the file is said to last.
    Duration(String),
    /// Codec, pixels, rates.
    Video(String),
    /// By how much the picture is to be turned when it is shown, °.
    Rotation(f64),
    /// Something is wrong.
    Problem(String),
}

impl Line {
    /// The sense of a line, if it is of use.
    pub(super) fn parse(line: &str) -> Option<Self> {
        // What ffmpeg repeats from the file may look like anything.
        let is_ffmpegs = !line.starts_with("[info]");
        if is_ffmpegs && let Some(line) = of_showinfo(line) {
            return Some(line);
        }
        for grade in ["[warning] ", "[error] ", "[fatal] ", "[panic] "] {
            if let Some((_, text)) = line.split_once(grade) {
                return Some(Self::Problem(text.trim().into()));
            }
        }
        let text = line.strip_prefix("[info] ")?;
        if let Some(text) = text.strip_prefix("Input #0, ") {
            return Some(Self::Container(text.split(", from ").next()?.into()));
        }
        let text = text.trim_start();
        if let Some((_, text)) = text.split_once(": ").filter(|(name, _)| name.trim() == "encoder")
        {
            return Some(Self::Encoder(text.into()));
        }
        if let Some(text) = text.strip_prefix("Duration: ") {
            return Some(Self::Duration(text.split(',').next()?.into()));
        }
        if text.starts_with("Stream #0:") {
            return Some(Self::Video(text.split_once(": Video: ")?.1.trim().into()));
        }
        let turned = text.split_once("rotation of ").filter(|(of, _)| is_matrix(of))?.1;
        Some(Self::Rotation(turned.strip_suffix(" degrees")?.parse().ok()?))
    }
}

fn is_matrix(name: &str) -> bool {
    matches!(name, "displaymatrix: " | "Display Matrix: ")
}

/// Other threads may have said half a line before this one, and may go on after it.
fn of_showinfo(line: &str) -> Option<Line> {
    if let Some((_, text)) = line.split_once("config in time_base: ") {
        let (time_base, rate) = text.split_once(", frame_rate: ")?;
        let frame_rate = Ratio::parse(rate.trim());
        return Some(Line::Config { time_base: Ratio::parse(time_base)?, frame_rate });
    }
    let (before, _) = line.split_once(" pts_time:")?;
    let text = &line[before.rfind("n:")?..];
    let (width, height) = value(text, " s:")?.split_once('x')?;
    Some(Line::Frame(FrameLine {
        number: value(text, "n:")?.parse().ok()?,
        pts: value(text, " pts:")?.parse().unwrap_or(NO_TIME),
        pixel_format: value(text, " fmt:")?.into(),
        width: width.parse().ok()?,
        height: height.parse().ok()?,
        is_progressive: value(text, " i:")? == "P",
    }))
}

/// The word after a name.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split_once(name)?.1.split_whitespace().next()
}

/// What ffmpeg complained of, the first of it kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Problems {
    lines: Vec<String>,
}

/// Enough to find the cause; what comes later follows from it.
const MOST_PROBLEMS: usize = 40;

/// What ffmpeg says of files that were cut off.
const OF_CUT_FILES: [&str; 4] =
    ["partial file", "File ended prematurely", "Packet corrupt", "corrupt input packet"];

const CUT_OFF: &str = "the file is cut off, or a part of it is missing";

/// What ffmpeg says, and what it means, the most telling first.
const IN_PLAIN_WORDS: [(&str, &str); 12] = [
    ("Picture size", "it claims to have more pixels than its bytes can hold"),
    (
        "Format not on whitelist",
        "it is not a video, but names other files or a format that is not opened; name the video itself",
    ),
    ("Not detecting m3u8", "it is a list of other files; name the video itself"),
    ("low score", "it does not begin as a video does"),
    (
        "moov atom not found",
        "its table of frames (moov) is missing: it was cut off, or its recording was not ended; record or copy it again, or repair it with a program for that",
    ),
    ("matches no streams", "there is no video in it"),
    ("Unrecognized option 'fps_mode'", "this ffmpeg is too old; use version 4.0 or later"),
    ("partial file", CUT_OFF),
    ("File ended prematurely", CUT_OFF),
    ("Packet corrupt", CUT_OFF),
    ("Cannot allocate memory", "decoding it needs more memory than there is"),
    (
        "Invalid data found when processing input",
        "it does not begin as a video does, or is damaged",
    ),
];

impl Problems {
    pub(super) fn add(&mut self, line: String) {
        let is_new = !self.lines.contains(&line);
        // The last line is often the one that says why the program ended.
        if self.lines.len() == MOST_PROBLEMS && is_new {
            self.lines.pop();
        }
        if is_new {
            self.lines.push(line);
        }
    }

    /// Notes if a line says that the file was cut off, whatever else is in it.
    pub(super) fn add_if_cut_off(&mut self, line: &str) {
        let said = OF_CUT_FILES.iter().find(|sign| line.contains(**sign));
        // What ffmpeg repeats from the file may say anything.
        if let Some(sign) = said.filter(|_| !line.starts_with("[info]")) {
            self.add((*sign).into());
        }
    }

    /// Whether the file ends before what it promised.
    pub(super) fn is_cut_off(&self) -> bool {
        self.lines.iter().any(|line| OF_CUT_FILES.iter().any(|sign| line.contains(sign)))
    }

    /// Why nothing came.
    pub(super) fn cause(&self) -> Option<Cause> {
        let known = IN_PLAIN_WORDS
            .iter()
            .find(|(sign, _)| self.lines.iter().any(|line| line.contains(sign)));
        known.map(|(_, words)| (*words).into()).or_else(|| self.first())
    }

    /// The first thing that was said.
    fn first(&self) -> Option<Cause> {
        let is_telling = |line: &&String| !NOT_TELLING.iter().any(|sign| line.contains(sign));
        let line = self.lines.iter().find(is_telling)?;
        let shown: String =
            line.chars().filter(|letter| !letter.is_control()).take(LONGEST_SHOWN).collect();
        Some(format!("ffmpeg says: {shown}"))
    }
}

const LONGEST_SHOWN: usize = 200;

/// What is said of files that are as they should be, or says nothing.
const NOT_TELLING: [&str; 6] = [
    "nothing was encoded",
    "deprecated",
    "Timestamps are unset",
    "Error opening input",
    "Error submitting",
    "Odd rotation angle",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_said_alike_in_all_versions() {
        let frame = Line::Frame(FrameLine {
            number: 1,
            pts: 1000,
            pixel_format: "yuv420p".into(),
            width: 640,
            height: 480,
            is_progressive: true,
        });
        let old = "[Parsed_showinfo_0 @ 0x5597] [info] n:   1 pts:   1000 pts_time:0.0373455 pos:   114074 fmt:yuv420p sar:1/1 s:640x480 i:P iskey:0 type:P ";
        let new = "[Parsed_showinfo_0 @ 0x7f9a] [info] n:   1 pts:   1000 pts_time:0.0373455 duration:   1000 duration_time:0.0373455 fmt:yuv420p cl:left sar:1/1 s:640x480 i:P iskey:0 type:P ";
        assert_eq!(Line::parse(old), Some(frame.clone()));
        assert_eq!(Line::parse(new), Some(frame));
        let with_sums = format!("{old}checksum:0x1 plane_checksum:[0x1] mean:[1] stdev:[0.1]");
        assert_eq!(Line::parse(&with_sums), Line::parse(old));
        let glued = format!("[h264 @ 0x5] [error] half a line{}", &old[33..]);
        assert_eq!(Line::parse(&glued), Line::parse(old));
        let none = old.replace("pts:   1000", "pts:NOPTS");
        assert!(matches!(Line::parse(&none), Some(Line::Frame(frame)) if frame.pts == NO_TIME));
    }

    #[test]
    fn a_title_that_looks_like_a_frame_is_none() {
        let title = "[info]     title           : [Parsed_showinfo_0 @ 0x5597] [info] n:   1 pts: 7 pts_time:1 fmt:gray s:1x1 i:P";
        assert_eq!(Line::parse(title), None);
        let Some(Line::Frame(frame)) = Line::parse(&title[6..]) else { panic!("a frame") };
        let error = frame.check_number(0).unwrap_err();
        assert_eq!(error, "what ffmpeg says cannot be followed: frame 1 comes where 0 should");
    }

    #[test]
    fn what_is_said_of_the_file_is_found() {
        let parse = |line| Line::parse(line).unwrap();
        assert_eq!(
            parse("[info] Input #0, avi, from 'file:/a, from b.avi':"),
            Line::Container("avi".into())
        );
        assert_eq!(
            parse("[info]   Duration: 00:00:02.00, start: 0.000000"),
            Line::Duration("00:00:02.00".into())
        );
        assert_eq!(
            parse("[info]   Stream #0:0: Video: gif, bgra, 96x60"),
            Line::Video("gif, bgra, 96x60".into())
        );
        assert_eq!(
            parse("[info]       Display Matrix: rotation of -90.00 degrees"),
            Line::Rotation(-90.0)
        );
        let config =
            parse("[Parsed_showinfo_0 @ 0x7] [info] config in time_base: 1/1000, frame_rate: 30/1");
        let ratio = |numerator, denominator| Ratio { numerator, denominator };
        assert_eq!(
            config,
            Line::Config { time_base: ratio(1, 1000), frame_rate: Some(ratio(30, 1)) }
        );
    }

    #[test]
    fn the_most_telling_complaint_is_put_in_plain_words() {
        let mut problems = Problems::default();
        problems.add("Error opening input: Invalid data found when processing input".into());
        problems.add("moov atom not found".into());
        assert!(problems.cause().unwrap().starts_with("its table of frames (moov) is missing"));
        let mut problems = Problems::default();
        problems.add("a\u{7}b".into());
        assert_eq!(problems.cause().unwrap(), "ffmpeg says: ab");
        for k in 0..1000 {
            problems.add(format!("line {k}"));
        }
        assert_eq!(
            (problems.lines.len(), problems.lines.last().unwrap().as_str()),
            (40, "line 999")
        );
    }
}
