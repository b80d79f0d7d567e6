//! Which transform belongs to which frame: of what was measured, or of a table.

use std::path::Path;

use movemeter::geometry::Size;
use movemeter::recipe::FrameRange;
use movemeter::source::StackInfo;
use movemeter::stabilize::{Correction, Placement, transforms, unmeasured};
use movemeter::track::{Status, Track, Tracks};
use movemeter_io::{Results, read_results};

use crate::failure::{Failure, outside};
use crate::voice::Voice;
use crate::words::counted;

/// The frames that are written, by their numbers, and how each is moved.
pub struct Plan {
    /// In rising order.
    pub numbers: Vec<usize>,
    /// One for each.
    pub transforms: Vec<Placement>,
}

impl Plan {
    /// Of what was measured; where the motion of a frame was not, that is an error unless it may stay `unmoved`.
    pub fn of(
        tracks: &Tracks,
        correction: Correction,
        unmoved: bool,
        voice: &Voice,
    ) -> Result<Self, Failure> {
        let track = &tracks[0];
        check_measured(tracks, unmoved, voice)?;
        let is_written = |index: &usize| track.samples[*index].status != Status::Excluded;
        let all = transforms(track, correction);
        let written: Vec<usize> = (0..all.len()).filter(is_written).collect();
        Ok(Self {
            numbers: written.iter().map(|&index| tracks.stamps[index].number).collect(),
            transforms: written.iter().map(|&index| all[index].unwrap_or_default()).collect(),
        })
    }

    /// The places of its frames in a recording.
    pub fn indices(&self, info: &StackInfo) -> Vec<usize> {
        let is_planned = |&index: &usize| self.numbers.binary_search(&info.number(index)).is_ok();
        (0..info.n_frames).filter(is_planned).collect()
    }
}

fn check_measured(tracks: &Tracks, unmoved: bool, voice: &Voice) -> Result<(), Failure> {
    let lost = unmeasured(&tracks[0]);
    if lost.is_empty() {
        return Ok(());
    }
    let number = |index: usize| tracks.stamps[index].number;
    let n_reasons = |status: Status| lost.iter().filter(|(_, reason)| *reason == status).count();
    let reasons: Vec<String> = Status::ALL
        .into_iter()
        .filter(|&status| 0 < n_reasons(status))
        .map(|status| format!("{} {status}", n_reasons(status)))
        .collect();
    let frames = spans(&lost.iter().map(|&(index, _)| number(index)).collect::<Vec<usize>>());
    let what = format!(
        "the motion of {} could not be measured ({}): {frames}",
        counted(lost.len(), "frame"),
        reasons.join(", ")
    );
    if unmoved {
        voice.warning(&format!("{what}; there the recording is written unmoved"));
        return Ok(());
    }
    Err(Failure::Failed(format!(
        "{what}; try another --roi, --reference previous or keyframe, or a larger --max-displacement; leave these frames out with \
         --exclude {}, or write them unmoved with --keep-unmeasured",
        frames.replace(' ', "")
    )))
}

/// `3, 7..9, 12`.
fn spans(numbers: &[usize]) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => spans.push((number, number)),
        }
    }
    let shown = |&(first, last): &(usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first}..{last}"),
    };
    spans.iter().map(shown).collect::<Vec<String>>().join(", ")
}

/// The motion in a table, if it can be taken out of such a recording.
pub fn read(
    path: &Path,
    info: &StackInfo,
    correction: Correction,
    voice: &Voice,
) -> Result<Tracks, Failure> {
    let Results { mut tracks, recipe, provenance } = read_results(path)?;
    let failed = |message: String| Failure::Failed(format!("{message} ({})", path.display()));
    for doubt in provenance.doubts.iter().chain(&provenance.incomplete) {
        voice.warning(&format!("{doubt} ({})", path.display()));
    }
    let [track] = tracks.tracks.as_slice() else {
        return Err(failed(format!(
            "transforms are the motion of one window, but this table has {}; keep the rows of one",
            counted(tracks.n_windows(), "window")
        )));
    };
    if !recipe.follow {
        return Err(failed(
            "transforms are the motion of a window that follows its content, but this table does not say that it did; \
             measure with --follow, or write the table with movemeter stabilize --save-transforms"
                .into(),
        ));
    }
    if correction == Correction::Rotation && track.deformations.is_empty() {
        return Err(failed("there is no angle in this table; measure with --model rigid".into()));
    }
    check_fits(track, &tracks, recipe.frames, info).map_err(failed)?;
    tracks.tracks.truncate(1);
    Ok(tracks)
}

fn check_fits(
    track: &Track,
    tracks: &Tracks,
    frames: FrameRange,
    info: &StackInfo,
) -> Result<(), String> {
    if !track.rect.is_inside(info.size) {
        return Err(format!(
            "of another recording: {}",
            outside("the window", track.rect, info.size)
        ));
    }
    let n_frames = info.n_frames;
    let (n_rows, farthest) =
        (tracks.n_frames(), tracks.stamps.iter().map(|stamp| stamp.number).max());
    let is_of_all = frames == FrameRange::default();
    if (is_of_all && n_rows != n_frames) || farthest.is_none_or(|number| n_frames <= number) {
        return Err(format!(
            "of another recording: it has {} (up to number {}), the recording has {n_frames}",
            counted(n_rows, "frame"),
            farthest.unwrap_or_default()
        ));
    }
    Ok(())
}

/// Whether what was measured on one recording can be taken out of another.
pub fn check_alike(measured: &StackInfo, other: &StackInfo) -> Result<(), Failure> {
    let (n_frames, size): (usize, Size) = (measured.n_frames, measured.size);
    if (n_frames, size) == (other.n_frames, other.size) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "--apply-to must have as many frames of the same size as what is measured, {} of {size} px, but has {} of {} px ({})",
        counted(n_frames, "frame"),
        other.n_frames,
        other.size,
        other.name
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_frames_are_said_together() {
        assert_eq!(spans(&[3, 7, 8, 9, 12]), "3, 7..9, 12");
        assert_eq!(spans(&[]), "");
    }
}
