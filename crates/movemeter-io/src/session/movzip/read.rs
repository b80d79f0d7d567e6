//! Reading them.

use std::path::PathBuf;

use movemeter::geometry::{Displacement, Rect};
use movemeter::matching::subpixel::Subpixel;
use movemeter::preprocess::background::Background;
use movemeter::recipe::{Recipe, Reference};
use movemeter::roi::Windows;
use movemeter::track::{Covariance, Sample, Stamp, Status, Track, Tracks};
use serde_json::{Value, json};

use super::super::Session;
use super::super::archive::Archive;
use super::{FILES, METADATA, MOVEMENTS, OURS, ROIS, SELECTIONS, TAKEN_OVER};
use crate::hashes::UNKNOWN;
use crate::natural::natural_cmp;
use crate::options::OpenOptions;
use crate::provenance::{HashedInput, Provenance};
use crate::recipe_file::RecipeFile;
use crate::results::Results;

/// One window's two series.
type Movement = [Vec<f64>; 2];

pub(crate) fn read(archive: &mut Archive) -> Result<Session, String> {
    let metadata = member(archive, METADATA)?.unwrap_or_default();
    let selections = member(archive, SELECTIONS)?.unwrap_or_default();
    let rois = member(archive, ROIS)?.map_or_else(|| Ok(Vec::new()), |rois| rects(&rois))?;
    let names = names(&member(archive, FILES)?.unwrap_or_default());
    let movements = member(archive, MOVEMENTS)?.map(|value| movements(&value)).transpose()?;
    let mut recipe = recipe(&metadata);
    recipe.windows = windows(&rois);
    recipe.exclude = numbers(&metadata["exclude_images"]);
    let inputs = inputs(&names);
    let results = match movements {
        None => None,
        Some(movements) => Some(Results {
            tracks: tracks(&movements, &rois, &recipe)?,
            provenance: provenance(&recipe, &inputs, &metadata),
            recipe: recipe.clone(),
        }),
    };
    let view = json!({ "movemeter_0.7": { "metadata": metadata, "selections": selections } });
    let file = RecipeFile { recipe, rois: Vec::new(), opening: OpenOptions::default() };
    Ok(Session { inputs, file, results, view })
}

fn member(archive: &mut Archive, name: &str) -> Result<Option<Value>, String> {
    let Some(bytes) = archive.read(name)? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|_| format!("{name}: it is no text"))?;
    let value = serde_json::from_str(&without_nan(&text));
    value.map(Some).map_err(|error| format!("{name}: {error}"))
}

/// Python writes `NaN` and `Infinity` for numbers, which JSON does not know: `null` in place of them.
fn without_nan(text: &str) -> String {
    let mut parts = text.split_inclusive('"');
    let (mut out, mut is_string) = (String::with_capacity(text.len()), false);
    parts.by_ref().for_each(|part| {
        match is_string {
            true => out += part,
            false => {
                let part = part.replace("-Infinity", "null").replace("Infinity", "null");
                out += &part.replace("NaN", "null");
            }
        }
        // A quote behind an odd number of backslashes belongs to the string.
        let n_backslashes =
            part.trim_end_matches('"').bytes().rev().take_while(|&b| b == b'\\').count();
        is_string = if is_string { n_backslashes % 2 == 1 } else { part.ends_with('"') };
    });
    out
}

/// `[[ [x, y, w, h], … ] per group]`.
fn rects(value: &Value) -> Result<Vec<Vec<Rect>>, String> {
    let refused = || format!("{ROIS}: it must be a list of groups, each a list of [x, y, w, h]");
    let rect = |value: &Value| {
        let sides: Vec<f64> = value.as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?;
        let [x, y, w, h] = sides[..] else { return None };
        let is_sane = sides.iter().all(|side| side.abs() < 1e6) && 1.0 <= w && 1.0 <= h;
        // As there, half to even.
        let [x, y, w, h] = [x, y, w, h].map(f64::round_ties_even);
        is_sane.then(|| Rect::new(x as isize, y as isize, w as usize, h as usize))
    };
    let group = |value: &Value| value.as_array()?.iter().map(rect).collect::<Option<Vec<Rect>>>();
    let groups = value.as_array().ok_or_else(refused)?;
    groups.iter().map(|value| group(value).ok_or_else(refused)).collect()
}

/// `[[ [xs, ys], … ] per group]`; groups that were not measured may be `null`.
fn movements(value: &Value) -> Result<Vec<Vec<Movement>>, String> {
    let refused = || format!("{MOVEMENTS}: it must be a list of groups, each a list of [xs, ys]");
    let series = |value: &Value| {
        let number = |value: &Value| match value {
            Value::Null => Some(f64::NAN),
            value => value.as_f64(),
        };
        value.as_array()?.iter().map(number).collect::<Option<Vec<f64>>>()
    };
    let window = |value: &Value| {
        let [xs, ys] = &value.as_array()?[..] else { return None };
        let (xs, ys) = (series(xs)?, series(ys)?);
        (xs.len() == ys.len()).then_some([xs, ys])
    };
    let group = |value: &Value| match value {
        Value::Null => Some(Vec::new()),
        value => value.as_array()?.iter().map(window).collect::<Option<Vec<Movement>>>(),
    };
    let groups = value.as_array().ok_or_else(refused)?;
    groups.iter().map(|value| group(value).ok_or_else(refused)).collect()
}

/// Whole numbers of a list; what else is in it is passed.
fn numbers(value: &Value) -> Vec<usize> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|number| Some(number.as_u64()? as usize)).collect()
}

/// File names, also where they lie in lists of lists, one for each recording.
fn names(value: &Value) -> Vec<PathBuf> {
    match value {
        Value::String(name) => vec![name.into()],
        Value::Array(values) => values.iter().flat_map(names).collect(),
        _ => Vec::new(),
    }
}

/// The name of each group, as its tables were named there.
fn group_name(place: usize) -> String {
    format!("rg{place}")
}

fn windows(rois: &[Vec<Rect>]) -> Windows {
    let mut windows = Windows::default();
    for (place, rects) in rois.iter().enumerate() {
        windows.add(&group_name(place), rects.iter().copied());
    }
    windows
}

/// The settings that mean the same here. `preblur` had no effect there.
fn recipe(metadata: &Value) -> Recipe {
    let settings = &metadata["movemeter_settings"];
    let is_on = |name: &str| settings[name].as_bool().unwrap_or_default();
    let positive = |value: &Value| value.as_f64().filter(|&value| 0.0 < value && value < 1e6);
    let subpixel = match positive(&settings["upscale"]) {
        Some(times) if times != 1.0 => format!("resize:{times}").parse().unwrap_or(Subpixel::None),
        _ => Subpixel::None,
    };
    let rate = ["sampling_rate", "samplingrate", "fs"].iter();
    let rate = rate.flat_map(|name| [&metadata[*name], &settings[*name]]).find_map(positive);
    Recipe {
        reference: match settings["template_method"].as_str() {
            Some("previous") => Reference::Previous,
            Some("mean") => Reference::Mean,
            _ => Reference::First,
        },
        follow: is_on("tracking_rois"),
        max_displacement_px: positive(&settings["max_movement"]),
        subpixel,
        background: if is_on("subtract_previous") { Background::Min } else { Background::None },
        frame_rate_hz: rate,
        ..Recipe::default()
    }
}

/// Files in one folder are that folder, if they were all of a recording's pictures; else themselves.
fn inputs(names: &[PathBuf]) -> Vec<HashedInput> {
    let mut names: Vec<PathBuf> = names.to_vec();
    names.sort_by(|a, b| natural_cmp(&a.to_string_lossy(), &b.to_string_lossy()));
    names.dedup();
    let input = |path: PathBuf| {
        // Written on Windows, separators are others.
        let name = path.to_string_lossy().rsplit(['/', '\\']).next().unwrap_or_default().into();
        HashedInput { name, path: Some(path), sha256: UNKNOWN.into(), n_files: None }
    };
    names.into_iter().map(input).collect()
}

fn provenance(recipe: &Recipe, inputs: &[HashedInput], metadata: &Value) -> Provenance {
    let version = metadata["movemeter_version"].as_str().unwrap_or("0.7");
    let mut doubts = vec![
        format!(
            "{TAKEN_OVER}: read from a session as version 0.7 keeps it, written by version {version}; both signs are \
             changed, so that dx and dy are position now minus position in the first frame"
        ),
        format!("{TAKEN_OVER}: such a session keeps no score, no error bar and no status"),
    ];
    if recipe.follow && !version.ends_with(OURS) {
        doubts.push(format!(
            "{TAKEN_OVER}: windows that follow ran away there; do not trust these numbers"
        ));
    }
    Provenance {
        version: Some(version.into()),
        recipe_json: serde_json::to_string(recipe).expect("settings are numbers and words"),
        opened: OpenOptions::default(),
        inputs: inputs.to_vec(),
        doubts,
        incomplete: None,
    }
}

fn tracks(
    movements: &[Vec<Movement>],
    rois: &[Vec<Rect>],
    recipe: &Recipe,
) -> Result<Tracks, String> {
    let all = || movements.iter().flatten();
    let n_frames = all().next().map_or(0, |[xs, _]| xs.len());
    if let Some([xs, _]) = all().find(|[xs, _]| xs.len() != n_frames) {
        return Err(format!(
            "{MOVEMENTS}: all windows must have as many frames, but one has {n_frames} and another {}",
            xs.len()
        ));
    }
    let mut tracks = Vec::new();
    for (group, windows) in movements.iter().enumerate() {
        let rects = rois.get(group).map(Vec::as_slice).unwrap_or_default();
        if rects.len() < windows.len() {
            let (n, known) = (windows.len(), rects.len());
            return Err(format!(
                "{MOVEMENTS}: group {group} has {n} windows, but {ROIS} has {known}"
            ));
        }
        let name = group_name(group).into();
        tracks.extend(windows.iter().zip(rects).enumerate().map(|(window, (movement, &rect))| {
            let group = std::sync::Arc::clone(&name);
            let samples = samples(movement, &recipe.exclude);
            Track { group, window, rect, samples, deformations: Vec::new() }
        }));
    }
    let time_s = |number: usize| recipe.frame_rate_hz.map_or(f64::NAN, |hz| number as f64 / hz);
    let stamp = |number| Stamp { number, time_s: time_s(number) };
    Ok(Tracks { stamps: (0..n_frames).map(stamp).collect(), tracks, ..Tracks::default() })
}

/// Their sign changed, and counted from the first frame, also where locations were kept.
fn samples([xs, ys]: &Movement, excluded: &[usize]) -> Vec<Sample> {
    let is_known = |&k: &usize| !excluded.contains(&k) && xs[k].is_finite() && ys[k].is_finite();
    let first = (0..xs.len()).find(is_known).map_or((0.0, 0.0), |k| (xs[k], ys[k]));
    let sample = |k: usize| match is_known(&k) {
        true => Sample {
            displacement: -Displacement::new(xs[k] - first.0, ys[k] - first.1),
            covariance: Covariance::UNKNOWN,
            score: f32::NAN,
            status: Status::Ok,
        },
        false if excluded.contains(&k) => Sample::lost(Status::Excluded),
        false => Sample::lost(Status::Flat),
    };
    (0..xs.len()).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_s_words_for_no_number_are_taken_out_of_numbers_alone() {
        let text = r#"{"NaN \" NaN": [NaN, -Infinity, Infinity, 1.0], "b\\": NaN}"#;
        let expected = r#"{"NaN \" NaN": [null, null, null, 1.0], "b\\": null}"#;
        assert_eq!(without_nan(text), expected);
    }
}
