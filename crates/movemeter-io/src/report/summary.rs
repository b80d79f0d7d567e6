//! Counts and noise levels.

use movemeter::recipe::Recipe;
use movemeter::review::reference_frame;
use movemeter::track::{Sample, Status, Track, Tracks};

use super::html::{escaped, row};
use crate::explained::explained;

/// How many samples have each status that occurs, what it means, and what may help.
pub(super) fn statuses(tracks: &Tracks, recipe: &Recipe) -> String {
    let n_samples = tracks.n_windows() * tracks.n_frames();
    let mut html = String::from(
        "<table>\n<thead><tr><th>status</th><th>samples</th><th></th><th>what it means, and what may help</th></tr></thead>\n",
    );
    for status in Status::ALL {
        let n = tracks.count(status);
        if n == 0 {
            continue;
        }
        let share = format!("{:.1}\u{a0}%", 100.0 * n as f64 / n_samples as f64);
        let name = format!("<span class=\"status {status}\">{status}</span>");
        html += &row(&[name, n.to_string(), share, escaped(&explained(status, recipe))]);
    }
    html + "</table>\n"
}

/// For each group: windows, part measured, median error bars, and the largest displacement.
pub(super) fn groups(tracks: &Tracks) -> String {
    let reference = reference_frame(tracks);
    let mut html = String::from(
        "<table>\n<thead><tr><th>group</th><th>windows</th><th>measured</th><th>median error bar, x</th>\
         <th>median error bar, y</th><th>largest displacement</th></tr></thead>\n",
    );
    let mut left: &[Track] = &tracks.tracks;
    while let Some(first) = left.first() {
        let n = left.iter().take_while(|track| track.group == first.group).count();
        html += &group(&left[..n], tracks, reference);
        left = &left[n..];
    }
    html + "</table>\n"
}

fn group(group: &[Track], tracks: &Tracks, reference: Option<usize>) -> String {
    let measured = || {
        let frames = group.iter().flat_map(|track| track.samples.iter().enumerate());
        let others = frames.filter(move |(frame, _)| Some(*frame) != reference);
        others.map(|(_, sample)| sample)
    };
    let n_included = measured().filter(|one| one.status != Status::Excluded).count();
    let n_ok = measured().filter(|one| one.is_ok()).count();
    let median = |value: fn(&Sample) -> f64| {
        let known = measured().map(value).filter(|sd| !sd.is_nan());
        length(median(known.collect()), tracks.pixel_size_um)
    };
    row(&[
        escaped(&group[0].group),
        group.len().to_string(),
        format!("{n_ok} of {n_included}"),
        median(Sample::sd_x),
        median(Sample::sd_y),
        largest(group, tracks),
    ])
}

fn largest(group: &[Track], tracks: &Tracks) -> String {
    let lengths = group.iter().flat_map(|track| {
        let frames = (0..track.samples.len()).map(move |frame| (track, frame));
        frames
            .filter_map(|(track, frame)| Some((track.displacement(frame)?.length(), track, frame)))
    });
    match lengths.max_by(|a, b| a.0.total_cmp(&b.0)) {
        None => "none".into(),
        Some((px, track, frame)) => format!(
            "{} in frame {}, window {}",
            length(px, tracks.pixel_size_um),
            tracks.stamps[frame].number,
            track.window
        ),
    }
}

/// A length in px, and in µm if that is known; three digits.
pub(super) fn length(px: f64, pixel_size_um: Option<f64>) -> String {
    match (px.is_nan(), pixel_size_um) {
        (true, _) => "not known".into(),
        (false, None) => format!("{} px", digits(px)),
        (false, Some(um)) => format!("{} px ({} µm)", digits(px), digits(px * um)),
    }
}

/// Three digits that count.
pub(super) fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        size => (2 - size.log10().floor() as i32).clamp(0, 9) as usize,
    };
    format!("{value:.decimals$}")
}

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

    #[test]
    fn lengths_have_three_digits_that_count() {
        let shown = [0.001_234, 0.0, 12.345, 1234.5].map(digits);
        assert_eq!(shown, ["0.00123", "0", "12.3", "1234"]);
        assert_eq!(length(0.5, Some(2.0)), "0.500 px (1.00 µm)");
    }
}
