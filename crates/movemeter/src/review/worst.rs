//! Which samples are the worst.

use std::cmp::Ordering;
use std::fmt;

use crate::track::{Sample, Status, Track, Tracks};

/// A sample that should be looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worst {
    /// The place of its window among the tracks.
    pub window: usize,
    /// The place of its frame among the stamps.
    pub frame: usize,
    /// The last frame of those after it that are as bad for the same reason; `frame` if it is the only one.
    pub last: usize,
    /// Why it was chosen.
    pub why: Why,
}

/// Why a sample should be looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// It is not measured, or not without doubt. The first frame of those in a row with this status.
    Lost(Status),
    /// Its score is low beside those of the other samples.
    LowScore {
        /// Its score.
        score: f64,
        /// The median of all that were measured.
        median: f64,
    },
    /// Its error bar is large beside those of the other samples.
    LargeSd {
        /// √(σx² + σy²), px.
        sd_px: f64,
        /// The median of all that were measured, px.
        median_px: f64,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(status) => write!(f, "{status}"),
            Self::LowScore { score, median } => {
                write!(f, "score {score:.3}, where the median is {median:.3}")
            }
            Self::LargeSd { sd_px, median_px } => {
                write!(f, "error bar {sd_px:.4} px, where the median is {median_px:.4} px")
            }
        }
    }
}

/// What can be lost, from the oddest to what needs no look to be understood.
const LOST: [Status; 6] = [
    Status::Diverged,
    Status::LowScore,
    Status::Ambiguous,
    Status::AtEdge,
    Status::LeftFrame,
    Status::Flat,
];

/// Up to `n` samples that should be looked at, those not measured first, by reason; then those of the lowest
/// scores, then those of the largest error bars.
///
/// Each reason that occurs gets its share of the `n`, so that a hundred flat windows do not hide the one that was
/// lost. Frames in a row that are lost for one reason count once: the first of them shows how it began; long rows
/// come first. What was measured is looked for in `n` stretches of each window's frames, so that one
/// moment does not fill the list. No window comes twice for a reason before all others came once. Excluded
/// frames and the reference against itself are left out. The same tracks always give the same list.
///
/// ```
/// use movemeter::review::{Why, worst};
/// use movemeter::{Recipe, Rect, Silent, Size, Status, synth};
///
/// let mut stack = synth::speckle(Size::new(96, 64)).frames(6);
/// let windows = [Rect::new(8, 8, 32, 32), Rect::new(50, 20, 32, 32)].into();
/// let mut tracks = Recipe { windows, ..Recipe::default() }.measure(&mut stack, &Silent)?;
/// tracks.tracks[1].samples[3].status = Status::LowScore;
/// let first = worst(&tracks, 20)[0];
/// assert_eq!((first.window, first.frame, first.why), (1, 3, Why::Lost(Status::LowScore)));
/// # Ok::<(), movemeter::Error>(())
/// ```
pub fn worst(tracks: &Tracks, n: usize) -> Vec<Worst> {
    let reference = reference_frame(tracks);
    let mut kinds: Vec<Vec<Worst>> =
        LOST.iter().map(|&status| spread(runs(tracks, status, reference))).collect();
    let (scores, sds) = measured(tracks, n, reference);
    kinds.extend([spread(scores), spread(sds)]);
    let shares = shares(&kinds.iter().map(Vec::len).collect::<Vec<_>>(), n);
    let (mut all, mut chosen) = (Vec::new(), Vec::new());
    for (kind, share) in kinds.iter().zip(shares) {
        // A sample with a low score often has a large error bar too.
        let is_new = |one: &&Worst| !chosen.contains(&(one.window, one.frame));
        let kind: Vec<Worst> = kind.iter().filter(is_new).take(share).copied().collect();
        chosen.extend(kind.iter().map(|one| (one.window, one.frame)));
        all.extend(kind);
    }
    all
}

/// The frame that is the reference against itself, as a place among the stamps, if there is one.
pub fn reference_frame(tracks: &Tracks) -> Option<usize> {
    (0..tracks.n_frames())
        .find(|&frame| tracks.tracks.iter().any(|track| is_reference(&track.samples[frame])))
}

fn is_reference(sample: &Sample) -> bool {
    sample.is_ok() && sample.displacement.length() == 0.0 && sample.covariance.xx == 0.0
}

/// How many of each kind are taken, one of each by turns until `n` are.
fn shares(lengths: &[usize], n: usize) -> Vec<usize> {
    let mut shares = vec![0; lengths.len()];
    let mut left = n.min(lengths.iter().sum());
    while 0 < left {
        for (share, &length) in shares.iter_mut().zip(lengths) {
            if *share < length && 0 < left {
                *share += 1;
                left -= 1;
            }
        }
    }
    shares
}

/// A candidate with how bad it is; larger is worse.
type Candidate = (f64, Worst);

/// The worst first, but each window's second after all windows' first.
fn spread(mut candidates: Vec<Candidate>) -> Vec<Worst> {
    let worse = |a: &Candidate, b: &Candidate| {
        let places = (a.1.window, a.1.frame).cmp(&(b.1.window, b.1.frame));
        b.0.total_cmp(&a.0).then(places)
    };
    candidates.sort_by(|a, b| a.1.window.cmp(&b.1.window).then(worse(a, b)));
    let mut ranked: Vec<(usize, Candidate)> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let rank = match ranked.last() {
            Some((rank, before)) if before.1.window == candidate.1.window => rank + 1,
            _ => 0,
        };
        ranked.push((rank, candidate));
    }
    ranked.sort_by(|a, b| a.0.cmp(&b.0).then(worse(&a.1, &b.1)));
    ranked.into_iter().map(|(_, (_, worst))| worst).collect()
}

/// Frames in a row with this status, as one each; the more, the worse.
fn runs(tracks: &Tracks, status: Status, reference: Option<usize>) -> Vec<Candidate> {
    let mut runs: Vec<Candidate> = Vec::new();
    for (window, track) in tracks.tracks.iter().enumerate() {
        for (frame, sample) in track.samples.iter().enumerate() {
            if sample.status != status || Some(frame) == reference {
                continue;
            }
            match runs.last_mut().filter(|(_, run)| goes_on(run, window, frame, track)) {
                Some((length, run)) => (*length, run.last) = (*length + 1.0, frame),
                None => {
                    runs.push((1.0, Worst { window, frame, last: frame, why: Why::Lost(status) }));
                }
            }
        }
    }
    runs
}

/// Whether only excluded frames lie between the run and this frame.
fn goes_on(run: &Worst, window: usize, frame: usize, track: &Track) -> bool {
    let between = || track.samples[run.last + 1..frame].iter();
    run.window == window && between().all(|sample| sample.status == Status::Excluded)
}

/// The lowest score and the largest error bar of each of `n` stretches of each window's frames.
fn measured(
    tracks: &Tracks,
    n: usize,
    reference: Option<usize>,
) -> (Vec<Candidate>, Vec<Candidate>) {
    let score = |sample: &Sample| f64::from(sample.score);
    let sd = |sample: &Sample| sample.sd_x().hypot(sample.sd_y());
    let counts = |frame: usize, sample: &Sample| sample.is_ok() && Some(frame) != reference;
    let median_of = |value: &dyn Fn(&Sample) -> f64| {
        let frames = tracks.tracks.iter().flat_map(|track| track.samples.iter().enumerate());
        let values = frames.filter(|(frame, sample)| counts(*frame, sample));
        median(values.map(|(_, sample)| value(sample)).filter(|value| !value.is_nan()).collect())
    };
    let (median_score, median_sd) = (median_of(&score), median_of(&sd));
    let (mut scores, mut sds) = (Vec::new(), Vec::new());
    let length = tracks.n_frames().div_ceil(n.max(1)).max(1);
    for (window, track) in tracks.tracks.iter().enumerate() {
        for (stretch, samples) in track.samples.chunks(length).enumerate() {
            let frames = (stretch * length..).zip(samples);
            let frames = frames.filter(|(frame, sample)| counts(*frame, sample));
            let one = |(frame, why)| Worst { window, frame, last: frame, why };
            let lowest = least(frames.clone().map(|(frame, sample)| (frame, score(sample))));
            scores.extend(lowest.map(|(frame, score)| {
                (-score, one((frame, Why::LowScore { score, median: median_score })))
            }));
            let largest = least(frames.map(|(frame, sample)| (frame, -sd(sample))));
            sds.extend(largest.map(|(frame, less)| {
                let why = Why::LargeSd { sd_px: -less, median_px: median_sd };
                (-less, one((frame, why)))
            }));
        }
    }
    (scores, sds)
}

/// The first of the least values, NaN left out.
fn least(values: impl Iterator<Item = (usize, f64)>) -> Option<(usize, f64)> {
    let known = values.filter(|(_, value)| !value.is_nan());
    known.min_by(|a, b| a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal))
}

/// NaN if there is no value.
fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Displacement, Rect};
    use crate::track::{Covariance, Stamp};

    fn sample(score: f32, sd: f32) -> Sample {
        let covariance = Covariance { xx: sd * sd, xy: 0.0, yy: sd * sd };
        Sample { displacement: Displacement::new(1.0, 0.0), covariance, score, status: Status::Ok }
    }

    /// Windows that were measured well in all frames but the reference, frame 0.
    fn tracks(n_windows: usize, n_frames: usize) -> Tracks {
        let mut samples = vec![sample(0.99, 0.01); n_frames];
        samples[0] = Sample::reference();
        let track = |window| Track {
            group: "roi".into(),
            window,
            rect: Rect::new(0, 0, 8, 8),
            samples: samples.clone(),
            deformations: Vec::new(),
        };
        let stamp = |number| Stamp { number, time_s: f64::NAN };
        Tracks {
            stamps: (0..n_frames).map(stamp).collect(),
            tracks: (0..n_windows).map(track).collect(),
            ..Tracks::default()
        }
    }

    fn places(worst: &[Worst]) -> Vec<(usize, usize)> {
        worst.iter().map(|one| (one.window, one.frame)).collect()
    }

    #[test]
    fn what_was_lost_comes_first_and_is_shown_where_it_began() {
        let mut tracks = tracks(3, 10);
        for frame in 4..8 {
            tracks.tracks[1].samples[frame] = Sample::lost(Status::LowScore);
        }
        tracks.tracks[1].samples[5] = Sample::lost(Status::Excluded);
        tracks.tracks[2].samples[9] = Sample::lost(Status::Diverged);
        let worst = worst(&tracks, 2);
        assert_eq!(places(&worst), [(2, 9), (1, 4)]);
        assert_eq!((worst[1].last, worst[1].why), (7, Why::Lost(Status::LowScore)));
    }

    #[test]
    fn many_flat_windows_do_not_hide_what_else_is_wrong() {
        let mut tracks = tracks(100, 10);
        for track in &mut tracks.tracks[..90] {
            track.samples.fill(Sample::lost(Status::Flat));
        }
        tracks.tracks[95].samples[3] = Sample::lost(Status::AtEdge);
        tracks.tracks[97].samples[6] = sample(0.5, 0.01);
        tracks.tracks[98].samples[2] = sample(0.98, 0.3);
        let worst = worst(&tracks, 20);
        assert_eq!(worst.len(), 20);
        assert_eq!(places(&worst)[0], (95, 3));
        assert!(places(&worst).contains(&(97, 6)) && places(&worst).contains(&(98, 2)));
        let flat = worst.iter().filter(|one| one.why == Why::Lost(Status::Flat));
        let mut windows: Vec<usize> = flat.map(|one| one.window).collect();
        assert!(windows.len() < 10 && worst.iter().all(|one| one.frame != 0), "{worst:?}");
        windows.dedup();
        assert_eq!(
            windows.len(),
            worst.iter().filter(|one| one.why == Why::Lost(Status::Flat)).count()
        );
    }

    #[test]
    fn a_bad_window_does_not_fill_the_list_nor_does_a_bad_moment() {
        let mut tracks = tracks(30, 100);
        for frame in 1..100 {
            tracks.tracks[7].samples[frame] = sample(0.4, 0.01);
        }
        let worst = worst(&tracks, 20);
        assert_eq!(worst[0].window, 7);
        assert_eq!(worst.iter().filter(|one| one.window == 7).count(), 1);
        let alone = super::worst(&self::tracks(1, 100), 10);
        assert_eq!(alone.len(), 10);
        let mut frames: Vec<usize> = alone.iter().map(|one| one.frame).collect();
        frames.sort_unstable();
        frames.dedup();
        assert_eq!(frames.len(), 10);
    }

    #[test]
    fn excluded_frames_and_the_reference_are_never_chosen() {
        let mut tracks = tracks(2, 3);
        for track in &mut tracks.tracks {
            track.samples[1] = Sample::lost(Status::Excluded);
        }
        assert!(worst(&tracks, 20).iter().all(|one| one.frame == 2));
        assert_eq!(worst(&tracks, 0), []);
        assert_eq!(worst(&Tracks::default(), 20), []);
    }
}
