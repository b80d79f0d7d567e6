//! Which windows and frames are shown, in which unit and in which colours.

use std::sync::Arc;

use movemeter::brightness::Brightness;
use movemeter::recipe::FrameRange;
use movemeter::roi::Windows;
use movemeter::roi::color::Color;
use movemeter::track::{Track, Tracks};

use crate::error::Error;

/// Which windows and frames are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Names of groups; empty is all.
    pub groups: Vec<String>,
    /// Numbers of windows in their group; empty is all.
    pub windows: Vec<usize>,
    /// Numbers of frames in the recording.
    pub frames: FrameRange,
}

impl Selection {
    /// The tracks of what is selected; the error says what is not there.
    pub fn of(&self, tracks: &Tracks) -> Result<Tracks, Error> {
        let windows = self.windows_of(tracks)?;
        let frames = self.frames_of(tracks)?;
        let track = |&window: &usize| {
            let of = &tracks[window];
            let deformations = &of.deformations;
            let deformations = match deformations.is_empty() {
                true => Vec::new(),
                false => frames.iter().map(|&frame| deformations[frame]).collect(),
            };
            Track {
                samples: frames.iter().map(|&frame| of.samples[frame]).collect(),
                deformations,
                group: of.group.clone(),
                ..*of
            }
        };
        let brightness = tracks.brightness.as_ref().map(|brightness| Brightness {
            mode: brightness.mode,
            windows: windows
                .iter()
                .map(|&window| {
                    let levels = &brightness.windows[window];
                    frames.iter().map(|&frame| levels[frame]).collect()
                })
                .collect(),
        });
        Ok(Tracks {
            stamps: frames.iter().map(|&frame| tracks.stamps[frame]).collect(),
            tracks: windows.iter().map(track).collect(),
            brightness,
            pixel_size_um: tracks.pixel_size_um,
            deforming: tracks.deforming,
        })
    }

    /// The windows selected, by their place among all.
    pub fn windows_of(&self, tracks: &Tracks) -> Result<Vec<usize>, Error> {
        let names = names(tracks);
        if let Some(missing) = self.groups.iter().find(|name| !names.iter().any(|n| **n == ***name))
        {
            let there: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
            return Err(Error::NoPicture(format!(
                "there is no group {missing:?}; the table has {}",
                there.join(", ")
            )));
        }
        let is_chosen = |track: &&Track| {
            let has_name =
                self.groups.is_empty() || self.groups.iter().any(|g| **g == *track.group);
            has_name && (self.windows.is_empty() || self.windows.contains(&track.window))
        };
        for number in &self.windows {
            if !tracks.tracks.iter().filter(is_chosen).any(|track| track.window == *number) {
                return Err(Error::NoPicture(format!(
                    "there is no window {number}; windows are counted from 0 in each group"
                )));
            }
        }
        let tracks = tracks.tracks.iter().enumerate();
        Ok(tracks.filter(|(_, track)| is_chosen(track)).map(|(index, _)| index).collect())
    }

    /// The frames selected, by their place among those of the table.
    pub fn frames_of(&self, tracks: &Tracks) -> Result<Vec<usize>, Error> {
        let last = tracks.stamps.iter().map(|stamp| stamp.number).max().unwrap_or(0);
        let numbers = self.frames.numbers(last + 1)?;
        let is_chosen = |index: &usize| numbers.contains(&tracks.stamps[*index].number);
        let frames: Vec<usize> = (0..tracks.n_frames()).filter(is_chosen).collect();
        match frames.is_empty() {
            true => Err(Error::NoPicture("the table has none of these frames".into())),
            false => Ok(frames),
        }
    }
}

/// The names of all groups, in the order of the table.
fn names(tracks: &Tracks) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    for track in &tracks.tracks {
        if !names.contains(&track.group) {
            names.push(track.group.clone());
        }
    }
    names
}

/// The windows that carry one name, and their colour.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The name.
    pub name: Arc<str>,
    /// The colour.
    pub color: Color,
    /// The places of its windows among all.
    pub windows: Vec<usize>,
}

/// The groups of a table, each with its colour in the recipe, else with one by its place.
pub fn groups(tracks: &Tracks, recipe: &Windows) -> Vec<Group> {
    let colors = recipe.colors();
    let color = |place: usize, name: &str| {
        let known = recipe.groups().iter().position(|group| group.name == name);
        known.map_or(Color::of_place(place), |known| colors[known])
    };
    let mut groups: Vec<Group> = Vec::new();
    for (index, track) in tracks.tracks.iter().enumerate() {
        match groups.iter_mut().find(|group| group.name == track.group) {
            Some(group) => group.windows.push(index),
            None => groups.push(Group {
                name: track.group.clone(),
                color: color(groups.len(), &track.group),
                windows: vec![index],
            }),
        }
    }
    groups
}

/// The unit of lengths, and how much of it a pixel is.
pub fn unit(tracks: &Tracks) -> (&'static str, f64) {
    match tracks.pixel_size_um {
        Some(pixel_size_um) => ("µm", pixel_size_um),
        None => ("px", 1.0),
    }
}
