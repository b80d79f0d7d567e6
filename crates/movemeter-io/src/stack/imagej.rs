//! What is known of a recording, as ImageJ writes it into TIFF.
//!
//! The first page's description begins with lines of names and values, of which ImageJ knows some; how many pixels
//! make a unit is in the tags of the resolution. What it has no name for stands in its property `Info`, a text that it
//! shows under Image › Show Info, as lines `name: value`.

use movemeter::source::StackInfo;

/// The parts of a file's description.
pub(super) struct Description {
    /// ImageDescription; nothing if nothing is known.
    pub(super) text: String,
    /// ImageJ's `Info`.
    pub(super) info: String,
    /// XResolution and YResolution.
    pub(super) pixels_per_um: Option<Fraction>,
}

/// A number as TIFF writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    pub(super) over: u32,
    pub(super) under: u32,
}

/// The name that readers here give to the first page's description.
const DESCRIPTION: &str = "ImageDescription";

/// The version that Python's `tifffile` writes too, as the oldest whose files are like these.
const FIRST_LINE: &str = "ImageJ=1.11a";

impl Description {
    pub(super) fn of(info: &StackInfo) -> Self {
        let times_s: Option<Vec<f64>> =
            (0..info.n_frames).map(|index| info.time_s(index)).collect();
        let interval_s = interval_s(info, times_s.as_deref());
        let (beneath, described) = own_words(info);
        // Times that the interval does not give.
        let is_plain = info.times_s.is_none() && interval_s.is_some() && info.number(0) == 0;
        let listed_s = times_s.filter(|_| !is_plain);
        let lines = info_lines(info, listed_s.as_deref(), described);
        let pixels_per_um = info.pixel_size_um.and_then(Fraction::one_over);
        let is_known = interval_s.is_some() || pixels_per_um.is_some() || !lines.is_empty();
        if !is_known && beneath.is_none() {
            return Self { text: String::new(), info: lines, pixels_per_um };
        }
        let n = info.n_frames;
        let mut text = format!("{FIRST_LINE}\nimages={n}\nframes={n}\n");
        if pixels_per_um.is_some() {
            text += "unit=micron\n";
        }
        if let Some(interval_s) = interval_s {
            text += &format!("finterval={interval_s}\n");
        }
        text += "loop=false\n";
        if let Some(beneath) = beneath {
            text += &format!("\n{beneath}");
        }
        Self { text, info: lines, pixels_per_um }
    }
}

/// How far frames may be from even times, in intervals, and still have one: what programs round to when they write
/// times in milliseconds.
const EVEN_WITHIN: f64 = 1e-3;

/// The time from one written frame to the next, s, if it is always the same.
fn interval_s(info: &StackInfo, times_s: Option<&[f64]>) -> Option<f64> {
    let times_s = times_s?;
    let Some(last) = info.n_frames.checked_sub(1).filter(|&last| 0 < last) else {
        return info.frame_rate_hz.map(|rate_hz| 1.0 / rate_hz);
    };
    if let (None, Some(rate_hz)) = (&info.times_s, info.frame_rate_hz) {
        let step = info.number(1).checked_sub(info.number(0))?;
        let is_next = |index: usize| info.number(index) == info.number(index - 1) + step;
        return (1..=last).all(is_next).then_some(step as f64 / rate_hz);
    }
    let interval_s = (times_s[last] - times_s[0]) / last as f64;
    let is_near = |(index, time_s): (usize, &f64)| {
        (time_s - times_s[0] - index as f64 * interval_s).abs() <= EVEN_WITHIN * interval_s
    };
    (0.0 < interval_s && times_s.iter().enumerate().all(is_near)).then_some(interval_s)
}

/// The recording's own description: what of it can stand beneath ImageJ's lines, and what cannot, because it describes
/// the layout of the file that was read, or would be taken for such lines.
fn own_words(info: &StackInfo) -> (Option<&str>, Option<&str>) {
    let described = info.metadata.iter().find(|(name, _)| name == DESCRIPTION);
    let Some((_, text)) = described else { return (None, None) };
    if text.starts_with("ImageJ=") {
        // Plain words that were put beneath such lines before stay there.
        return match text.split_once("\n\n") {
            Some((lines, beneath)) if is_plain(beneath) => (Some(beneath), Some(lines)),
            _ => (None, Some(text)),
        };
    }
    if is_plain(text) { (Some(text), None) } else { (None, Some(text)) }
}

/// Names that ImageJ and `tifffile` know in a description. A line of a text that begins with one would be believed.
const KNOWN_NAMES: [&str; 27] = [
    "ImageJ",
    "images",
    "channels",
    "slices",
    "frames",
    "hyperstack",
    "mode",
    "axes",
    "unit",
    "xunit",
    "yunit",
    "zunit",
    "vunit",
    "tunit",
    "spacing",
    "finterval",
    "fps",
    "loop",
    "min",
    "max",
    "cf",
    "c0",
    "c1",
    "c2",
    "c3",
    "c4",
    "composite",
];

/// Whether a description is words of a person, not of a program that describes its file.
fn is_plain(text: &str) -> bool {
    let text = text.trim_start();
    let is_known = |line: &str| {
        // As Java's properties are read.
        let name = line.trim_start().split(['=', ':', ' ', '\t']).next().unwrap_or_default();
        KNOWN_NAMES.contains(&name) || name.ends_with("origin")
    };
    let is_of_program = text.starts_with(['<', '{']) || text.contains(['\\', '\0']);
    !text.is_empty() && !is_of_program && !text.lines().any(is_known)
}

/// What ImageJ has no name for.
fn info_lines(info: &StackInfo, times_s: Option<&[f64]>, described: Option<&str>) -> String {
    let mut lines = String::new();
    let mut add = |name: &str, value: &str| lines += &format!("{name}: {value}\n");
    if let Some(times_s) = times_s {
        let times_s: Vec<String> = times_s.iter().map(f64::to_string).collect();
        add("times_s", &times_s.join(", "));
    }
    if let Some(exposure_s) = info.exposure_s {
        add("exposure_s", &exposure_s.to_string());
    }
    for (name, value) in info.metadata.iter().filter(|(name, _)| name != DESCRIPTION) {
        add(name, value);
    }
    if let Some(described) = described {
        add(DESCRIPTION, described);
    }
    lines
}

impl Fraction {
    /// The nearest fraction to 1 / `value`, by continued fractions: for a value that was itself written so, or as a
    /// decimal of few digits, it is that one, and reading it gives the same number.
    pub(super) fn one_over(value: f64) -> Option<Self> {
        let is_usable = value.is_finite() && 1e-9 < value && value < 1e9;
        if !is_usable {
            return None;
        }
        // Of `value` itself; numerators and denominators of the last two steps.
        let (mut before, mut last) = ((0u64, 1u64), (1u64, 0u64));
        let mut rest = value;
        loop {
            let whole = rest.floor();
            // Beyond this the next step could not be held.
            if 2f64.powi(32) <= whole {
                break;
            }
            let step = |last: u64, before: u64| last.checked_mul(whole as u64)?.checked_add(before);
            let next = (step(last.0, before.0), step(last.1, before.1));
            let (Some(over), Some(under)) = next else { break };
            if u64::from(u32::MAX) < over.max(under) {
                break;
            }
            (before, last) = (last, (over, under));
            if over as f64 / under as f64 == value || rest == whole {
                break;
            }
            rest = 1.0 / (rest - whole);
        }
        let (over, under) = (u32::try_from(last.1).ok()?, u32::try_from(last.0).ok()?);
        (over != 0 && under != 0).then_some(Self { over, under })
    }
}

#[cfg(test)]
mod tests {
    use movemeter::geometry::Size;

    use super::*;

    fn info(n_frames: usize) -> StackInfo {
        StackInfo { size: Size::new(2, 2), n_frames, ..StackInfo::default() }
    }

    fn described(text: &str) -> Description {
        let metadata = vec![(DESCRIPTION.into(), text.into())];
        Description::of(&StackInfo { metadata, ..info(2) })
    }

    #[test]
    fn where_nothing_is_known_nothing_is_said() {
        let description = Description::of(&info(5));
        assert_eq!((&*description.text, &*description.info), ("", ""));
        assert_eq!(description.pixels_per_um, None);
    }

    #[test]
    fn the_interval_is_that_of_the_frames_that_are_written() {
        let every_fifth = StackInfo {
            frame_rate_hz: Some(10.0),
            numbers: Some(vec![0, 5, 10]),
            pixel_size_um: Some(0.5),
            ..info(3)
        };
        let description = Description::of(&every_fifth);
        let lines = "ImageJ=1.11a\nimages=3\nframes=3\nunit=micron\nfinterval=0.5\nloop=false\n";
        assert_eq!((&*description.text, &*description.info), (lines, ""));
        assert_eq!(description.pixels_per_um, Some(Fraction { over: 2, under: 1 }));
        let later = StackInfo { numbers: Some(vec![5, 10, 15]), ..every_fifth };
        assert_eq!(Description::of(&later).info, "times_s: 0.5, 1, 1.5\n");
    }

    #[test]
    fn uneven_times_are_all_written_and_no_interval() {
        let uneven = StackInfo { times_s: Some(vec![0.0, 0.1, 0.3]), ..info(3) };
        let description = Description::of(&uneven);
        assert_eq!(description.info, "times_s: 0, 0.1, 0.3\n");
        assert!(!description.text.contains("finterval"));
        let missing =
            StackInfo { frame_rate_hz: Some(4.0), numbers: Some(vec![0, 1, 4]), ..info(3) };
        assert_eq!(Description::of(&missing).info, "times_s: 0, 0.25, 1\n");
        let on_a_clock = StackInfo { times_s: Some(vec![7.0, 7.5, 8.0]), ..info(3) };
        let description = Description::of(&on_a_clock);
        assert!(description.text.contains("\nfinterval=0.5\n"), "{}", description.text);
        assert_eq!(description.info, "times_s: 7, 7.5, 8\n");
    }

    #[test]
    fn words_of_a_person_stand_beneath_and_those_of_programs_aside() {
        let beneath = "hair cell 3\ncuticle=thick";
        let head = "ImageJ=1.11a\nimages=2\nframes=2\nloop=false\n";
        let description = described(beneath);
        assert_eq!(description.text, format!("{head}\n{beneath}"));
        assert_eq!(description.info, "");
        // Written once more, they are where they were.
        assert_eq!(described(&description.text).text, description.text);
        for aside in
            ["<?xml version=\"1.0\"?><OME/>", "{\"shape\": [2, 2, 2]}", "run 1\nimages=9", "min 3"]
        {
            let description = described(aside);
            assert_eq!(description.text, head);
            assert_eq!(description.info, format!("ImageDescription: {aside}\n"));
        }
    }

    #[test]
    fn a_pixel_size_is_kept_to_the_last_bit() {
        for size_um in [0.1083, 0.5, 1.0, 6.5 / 63.0, 0.1, 13.0, 0.000_65, 1234.5678] {
            let Fraction { over, under } = Fraction::one_over(size_um).unwrap();
            assert_eq!(f64::from(under) / f64::from(over), size_um);
        }
        // No fraction of such numbers is nearer than some 1e-19.
        let Fraction { over, under } = Fraction::one_over(std::f64::consts::PI).unwrap();
        let off = f64::from(under) / f64::from(over) / std::f64::consts::PI - 1.0;
        assert!(off.abs() < 1e-15);
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e12, 1e-12] {
            assert_eq!(Fraction::one_over(value), None);
        }
    }
}
