//! Writing them.

use std::path::Path;

use movemeter::geometry::Size;
use movemeter::matching::subpixel::Subpixel;
use movemeter::preprocess::background::Background;
use movemeter::recipe::Recipe;
use movemeter::track::{Track, Tracks};
use serde_json::{Value, json};
use zip::ZipWriter;

use super::super::archive::add;
use super::{FILES, METADATA, MOVEMENTS, OURS, ROIS};
use crate::error::Error;
use crate::output::OutputFile;
use crate::provenance::HashedInput;
use crate::results::Results;

/// Writes a session that the movemeter written in Python opens, version 0.7.
///
/// Both signs are changed. What was not measured is `NaN`, as Python writes it and reads it back, and its
/// plots leave a gap. Error bars, scores, statuses and angles have no place there. `frame` is the size of the
/// recording's frames, if it is known; its heat maps need it.
pub fn write_movzip(
    results: &Results,
    frame: Option<Size>,
    path: impl AsRef<Path>,
) -> Result<(), Error> {
    let path = path.as_ref();
    let unwritable = |error: std::io::Error| Error::unwritable(path, &error);
    let mut output = OutputFile::create(path)?;
    let mut zip = ZipWriter::new(&mut output);
    let groups = groups(&results.tracks);
    let files: Vec<String> = results.provenance.inputs.iter().map(place).collect();
    let members = [
        (METADATA, metadata(&results.recipe, frame).to_string()),
        (FILES, json!(files).to_string()),
        (ROIS, rois(&groups).to_string()),
        (MOVEMENTS, movements(&groups)),
    ];
    for (name, text) in members {
        add(&mut zip, name, text.as_bytes()).map_err(unwritable)?;
    }
    zip.finish().map_err(|error| unwritable(error.into()))?;
    output.finish()
}

/// The tracks of each group, in the order of the groups.
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

fn place(input: &HashedInput) -> String {
    input.path.as_ref().map_or_else(|| input.name.clone(), |path| path.display().to_string())
}

fn metadata(recipe: &Recipe, frame: Option<Size>) -> Value {
    let upscale = match recipe.subpixel {
        Subpixel::Resize(enlargement) => enlargement.factor(),
        _ => 1.0,
    };
    let mut metadata = json!({
        "movemeter_version": format!("{}{OURS}", env!("CARGO_PKG_VERSION")),
        "movemeter_settings": {
            "upscale": upscale,
            "max_movement": recipe.max_displacement_px,
            "template_method": recipe.reference.to_string(),
            "tracking_rois": recipe.follow,
            "subtract_previous": recipe.background == Background::Min,
            "absolute_results": false,
        },
        "exclude_images": recipe.exclude,
    });
    if let Some(Size { width, height }) = frame {
        metadata["images_shape"] = json!([height, width]);
    }
    if let Some(hz) = recipe.frame_rate_hz {
        metadata["sampling_rate"] = json!(hz);
    }
    metadata
}

fn rois(groups: &[Vec<&Track>]) -> Value {
    let rects = |group: &Vec<&Track>| group.iter().map(|track| json!(track.rect)).collect();
    groups.iter().map(rects).collect::<Vec<Value>>().into()
}

/// `[[ [xs, ys], … ] per group]`, with `NaN`, which JSON does not know but Python does.
fn movements(groups: &[Vec<&Track>]) -> String {
    let series = |values: &mut dyn Iterator<Item = f64>| listed(values.map(number));
    let window =
        |track: &&Track| format!("[{}, {}]", series(&mut track.dx()), series(&mut track.dy()));
    listed(groups.iter().map(|group| listed(group.iter().map(window))))
}

fn listed(parts: impl Iterator<Item = String>) -> String {
    format!("[{}]", parts.collect::<Vec<String>>().join(", "))
}

fn number(value: f64) -> String {
    match value.is_finite() {
        // From zero, so that no file shows a "-0".
        true => format!("{:?}", 0.0 - value),
        false => "NaN".into(),
    }
}
