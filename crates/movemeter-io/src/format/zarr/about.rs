//! What is known of a Zarr's frames besides their pixels.

use std::collections::HashSet;
use std::path::Path;

use movemeter::source::StackInfo;
use serde_json::Value;

use super::super::name_of;
use super::super::text::LONGEST_VALUE;
use super::super::times::rate_of_interval;
use super::super::units::is_square;
use super::View;
use super::array::Array;
use super::multiscales::{Axis, Image};

/// All that is known before pixels are read. `there` are the numbers of the files that are there.
pub(super) fn info(
    path: &Path,
    image: &Image,
    array: &Array,
    view: &View,
    attributes: &Value,
    there: &HashSet<u64>,
) -> StackInfo {
    let row_um = image.step(Axis::Row);
    let side_um = image.step(Axis::Column).filter(|x| row_um.is_some_and(|y| is_square(*x, y)));
    let interval_s = image.step(Axis::Time).filter(|_| !view.are_slices);
    StackInfo {
        name: name_of(path),
        size: view.size,
        n_frames: view.n_frames,
        pixel_type: array.numbers.kind.name().into(),
        frame_rate_hz: interval_s.and_then(rate_of_interval),
        pixel_size_um: side_um.map(rounded),
        metadata: metadata(image, array, view, attributes, there),
        ..StackInfo::default()
    }
}

/// Without what the change of units does to the last digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.14e}").parse().unwrap_or(value)
}

fn metadata(
    image: &Image,
    array: &Array,
    view: &View,
    attributes: &Value,
    there: &HashSet<u64>,
) -> Vec<(String, String)> {
    let mut metadata = Vec::new();
    let mut add = |name: &str, value: String| metadata.push((name.to_owned(), value));
    if let Some(name) = &image.name {
        add("image", name.clone());
    }
    add("axes", image.shown(&array.shape));
    let ome = attributes.get("ome").unwrap_or(attributes);
    let channels = ome.pointer("/omero/channels").and_then(Value::as_array);
    let label = |channel: &Value| channel.get("label")?.as_str().map(str::to_owned);
    let labels: Vec<String> = channels.into_iter().flatten().filter_map(label).collect();
    if !labels.is_empty() {
        add("channels", labels.join(", "));
    }
    for (name, axis) in [("channel", Axis::Channel), ("z", Axis::Depth)] {
        if let Some(place) = image.place(axis).filter(|&place| Some(place) != view.frames) {
            add(name, format!("{} of {}", view.fixed[place], array.shape[place]));
        }
    }
    if view.are_slices {
        add("slices", "slices taken as frames".into());
    }
    if let Some(missing) = missing(array, view, there) {
        add("missing", missing);
    }
    if attributes.as_object().is_some_and(|attributes| !attributes.is_empty()) {
        add("attributes", shortened(format!("{attributes:#}")));
    }
    metadata
}

/// Some programs keep their whole history there.
fn shortened(mut text: String) -> String {
    if LONGEST_VALUE < text.len() {
        text.truncate(text.floor_char_boundary(LONGEST_VALUE));
        text += " …";
    }
    text
}

/// How many of the chunks that frames are made of are not there.
fn missing(array: &Array, view: &View, there: &HashSet<u64>) -> Option<String> {
    let counts = array.counts(&array.file_shape);
    let is_free =
        |axis: usize| Some(axis) == view.frames || axis == view.row || axis == view.column;
    // Along the other axes only one chunk is read.
    let is_read = |number: &&u64| {
        let mut number = **number;
        (0..counts.len()).rev().all(|axis| {
            let index = number % counts[axis];
            number /= counts[axis];
            is_free(axis) || index == view.fixed[axis] / array.file_shape[axis]
        })
    };
    let n_there = there.iter().filter(is_read).count() as u64;
    let n_all: u64 =
        (0..counts.len()).filter(|&axis| is_free(axis)).map(|axis| counts[axis]).product();
    (n_there < n_all).then(|| {
        format!(
            "{} of {n_all} chunks are not there and stand for the fill value {}",
            n_all - n_there,
            array.fill
        )
    })
}
