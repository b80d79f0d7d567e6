//! Tables with a column for each window, as movemeter 0.7 wrote them.

use std::io::{self, Write};

use movemeter::geometry::Displacement;
use movemeter::track::{Track, Tracks};

/// A table with a row for each frame and a column for each window or group.
#[derive(Clone, Debug, PartialEq)]
pub struct WideTable {
    /// The names of its columns.
    pub header: Vec<String>,
    /// Its rows; NaN is an empty cell.
    pub rows: Vec<Vec<f64>>,
}

/// A table for each group, and one with the means of all groups.
///
/// That of a group has time in seconds (the frame's
/// number if the recording has no times), the mean of the windows' displacements √(dx² + dy²), the length of
/// their mean vector (the "destructive" mean), and the displacement of each window, all in pixels. The last has
/// time and the destructive mean of each group. Means are over
/// the windows that were measured.
pub fn wide_tables(tracks: &Tracks) -> Vec<WideTable> {
    let groups = groups(tracks);
    let mut tables: Vec<WideTable> = Vec::new();
    for windows in &groups {
        let mut header = vec![
            time_header(tracks).into(),
            "mean displacement (pixels)".into(),
            "destructive mean displacement (pixels)".into(),
        ];
        header
            .extend((0..windows.len()).map(|window| format!("ROI{window} displacement (pixels)")));
        let row = |frame: usize| {
            let lengths = windows.iter().map(|track| track.samples[frame].displacement.length());
            let lengths: Vec<f64> = lengths.collect();
            let means = [time_s(tracks, frame), mean(&lengths), destructive(windows, frame)];
            means.into_iter().chain(lengths).collect()
        };
        let rows = (0..tracks.n_frames()).map(row).collect();
        tables.push(WideTable { header, rows });
    }
    let mut header = vec![time_header(tracks).into()];
    header.extend((0..groups.len()).map(|group| format!("roi group {group} (pixels)")));
    let row = |frame: usize| {
        let means = groups.iter().map(|windows| destructive(windows, frame));
        std::iter::once(time_s(tracks, frame)).chain(means).collect()
    };
    let rows = (0..tracks.n_frames()).map(row).collect();
    tables.push(WideTable { header, rows });
    tables
}

/// The names of these tables' files.
pub fn wide_names(name: &str, n_groups: usize) -> Vec<String> {
    let groups = (0..n_groups).map(|number| format!("movements_{name}_rg{number}.csv"));
    groups.chain([format!("summary_desctructive_{name}.csv")]).collect()
}

impl WideTable {
    /// Writes it as CSV.
    pub fn write(&self, writer: &mut dyn Write) -> io::Result<()> {
        writeln!(writer, "{}", self.header.join(","))?;
        for row in &self.rows {
            let cell = |value: &f64| if value.is_nan() { String::new() } else { value.to_string() };
            let cells: Vec<String> = row.iter().map(cell).collect();
            writeln!(writer, "{}", cells.join(","))?;
        }
        Ok(())
    }
}

/// The tracks of each group, in the order of their first windows.
fn groups(tracks: &Tracks) -> Vec<Vec<&Track>> {
    let mut groups: Vec<Vec<&Track>> = Vec::new();
    for track in &tracks.tracks {
        match groups.iter_mut().find(|group| group[0].group == track.group) {
            Some(group) => group.push(track),
            None => groups.push(vec![track]),
        }
    }
    groups
}

fn has_times(tracks: &Tracks) -> bool {
    tracks.stamps.iter().any(|stamp| !stamp.time_s.is_nan())
}

fn time_header(tracks: &Tracks) -> &'static str {
    if has_times(tracks) { "time (s)" } else { "frame" }
}

fn time_s(tracks: &Tracks, frame: usize) -> f64 {
    let stamp = tracks.stamps[frame];
    if has_times(tracks) { stamp.time_s } else { stamp.number as f64 }
}

/// The mean of what is a number; NaN if nothing is.
fn mean(values: &[f64]) -> f64 {
    let measured = || values.iter().filter(|value| !value.is_nan());
    measured().sum::<f64>() / measured().count() as f64
}

/// The length of the mean vector.
fn destructive(windows: &[&Track], frame: usize) -> f64 {
    let moved = || windows.iter().map(|track| track.samples[frame].displacement);
    let dx: Vec<f64> = moved().map(|moved| moved.dx).collect();
    let dy: Vec<f64> = moved().map(|moved| moved.dy).collect();
    Displacement::new(mean(&dx), mean(&dy)).length()
}
