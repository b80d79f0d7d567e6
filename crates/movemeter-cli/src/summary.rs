//! What a measurement gave, in a few words.

use std::time::Duration;

use movemeter::recipe::{Recipe, Reference};
use movemeter::track::{Status, Tracks};
use movemeter_io::explained;
use serde_json::{Map, Value, json};

use crate::words::{counted, duration};

/// What is said when a measurement is done.
pub struct Summary<'a> {
    /// What was measured.
    pub tracks: &'a Tracks,
    /// By which settings.
    pub recipe: &'a Recipe,
    /// In which time.
    pub time: Duration,
    /// Where the table is.
    pub places: &'a [String],
    /// What is missing, if the recording could not be read to its end.
    pub incomplete: Option<&'a str>,
}

impl Summary<'_> {
    /// For people.
    pub fn text(&self) -> String {
        let Self { tracks, time, places, .. } = self;
        let n_excluded = tracks.count(Status::Excluded);
        let mut text = format!(
            "{}, {}: {} of {} measured in {} -> {}",
            counted(tracks.n_frames(), "frame"),
            counted(tracks.n_windows(), "window"),
            tracks.count(Status::Ok),
            self.n_samples() - n_excluded,
            duration(*time),
            places.join(" and ")
        );
        if 0 < n_excluded {
            text += &format!("\n{} excluded", counted(n_excluded / tracks.n_windows(), "frame"));
        }
        text + &self.reasons()
    }

    /// For programs.
    pub fn event(&self) -> Value {
        let count = |status: Status| (status.to_string(), json!(self.tracks.count(status)));
        json!({
            "event": "finished",
            "frames": self.tracks.n_frames(),
            "windows": self.tracks.n_windows(),
            "incomplete": self.incomplete,
            "status": Status::ALL.into_iter().map(count).collect::<Map<_, _>>(),
            "seconds": self.time.as_secs_f64(),
            "outputs": self.places,
        })
    }

    /// Said before all else if the table is of no use.
    pub fn warning(&self) -> Option<&'static str> {
        if self.is_anything_measured() {
            return None;
        }
        let n_included = self.included().count();
        Some(match (n_included, self.recipe.reference) {
            (0 | 1, reference) if reference != Reference::Mean => {
                "NOTHING was measured: there is no frame besides the reference"
            }
            (_, Reference::Mean) => "NOTHING could be measured, in no window and no frame",
            _ => "NOTHING could be measured, in no window and no frame besides the reference",
        })
    }

    fn n_samples(&self) -> usize {
        self.tracks.n_frames() * self.tracks.n_windows()
    }

    fn reasons(&self) -> String {
        let lost = |status: &Status| !matches!(status, Status::Ok | Status::Excluded);
        let (doubtful, lost): (Vec<Status>, Vec<Status>) = Status::ALL
            .into_iter()
            .filter(lost)
            .partition(|status| status.is_doubtful() && self.recipe.keep_doubtful);
        self.list("doubtful, but kept", &doubtful) + &self.list("not measured", &lost)
    }

    fn list(&self, title: &str, among: &[Status]) -> String {
        let counts = among.iter().map(|&status| (status, self.tracks.count(status)));
        let counts: Vec<(Status, usize)> = counts.filter(|(_, n)| 0 < *n).collect();
        let n: usize = counts.iter().map(|(_, n)| n).sum();
        if n == 0 {
            return String::new();
        }
        let line = |&(status, n): &(Status, usize)| {
            format!("\n  {n} {status}: {}", explained(status, self.recipe))
        };
        format!("\n{n} {title}:") + &counts.iter().map(line).collect::<String>()
    }

    /// Frames that were not left out, as places in the tracks.
    fn included(&self) -> impl Iterator<Item = usize> {
        let numbers = self.tracks.stamps.iter().map(|stamp| stamp.number).enumerate();
        numbers.filter(|(_, number)| !self.recipe.exclude.contains(number)).map(|(place, _)| place)
    }

    /// The reference against itself does not count: that is no measurement.
    fn is_anything_measured(&self) -> bool {
        let reference = match self.recipe.reference {
            Reference::First | Reference::Previous | Reference::Keyframe => self.included().next(),
            Reference::Mean => None,
            Reference::Frame(number) => {
                self.tracks.stamps.iter().position(|stamp| stamp.number == number)
            }
        };
        let mut samples =
            self.tracks.tracks.iter().flat_map(|track| track.samples.iter().enumerate());
        samples.any(|(place, sample)| Some(place) != reference && sample.displacement().is_some())
    }
}
