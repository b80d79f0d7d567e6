//! `movemeter info`: what a recording or a session holds.

use movemeter::source::StackInfo;
use movemeter_io::{Input, Recording, is_session, open_all};
use serde_json::{Map, Value, json};

use crate::arguments::InfoArguments;
use crate::failure::Failure;
use crate::session;
use crate::voice::{print, print_json};
use crate::words::{aligned, counted};

/// Longer values are cut when they are shown to people: some programs store whole documents.
const MAX_SHOWN_LINES: usize = 12;

/// Prints what is known of a recording without reading its pixels.
pub fn info(arguments: &InfoArguments) -> Result<(), Failure> {
    let options = arguments.opening.options();
    if let [path] = &arguments.stacks[..]
        && is_session(path)
    {
        return session::show(path, arguments.json);
    }
    if !arguments.each {
        let Recording { source, inputs, .. } = open_all(&arguments.stacks, &options)?;
        return match arguments.json {
            true => print_json(&object(source.info(), &inputs)),
            false => print(&text(source.info(), &inputs)),
        };
    }
    let mut objects = Vec::new();
    for stack in arguments.stacks.chunks(1) {
        let Recording { source, inputs, .. } = open_all(stack, &options)?;
        match arguments.json {
            true => objects.push(object(source.info(), &inputs)),
            false => print(&text(source.info(), &inputs))?,
        }
    }
    if arguments.json { print_json(&objects.into()) } else { Ok(()) }
}

fn n_files(inputs: &[Input]) -> usize {
    inputs.iter().map(|input| input.files.len()).sum()
}

fn text(info: &StackInfo, inputs: &[Input]) -> String {
    let mut lines = vec![
        ("frames", format!("{} in {}", info.n_frames, counted(n_files(inputs), "file"))),
        ("size", format!("{} x {} px", info.size.width, info.size.height)),
        ("pixel type", info.pixel_type.clone()),
        ("frame rate", frame_rate(info)),
    ];
    if let Some(times_s) = &info.times_s
        && let (Some(first), Some(last)) = (times_s.first(), times_s.last())
    {
        lines.push(("times", format!("{} to {} s", plain(*first), plain(*last))));
    }
    lines.push((
        "pixel size",
        match info.pixel_size_um {
            Some(um) => format!("{} um", plain(um)),
            None => "not known; measure takes it with --pixel-size".into(),
        },
    ));
    lines.extend(info.exposure_s.map(|s| ("exposure", format!("{} s", plain(s)))));
    lines.extend(info.metadata.iter().map(|(name, value)| (name.as_str(), shown(value))));
    aligned(&info.name, &lines)
}

/// A number without the digits that are only rounding.
fn plain(value: f64) -> String {
    // Twelve digits are more than any clock or scale has.
    format!("{value:.11e}").parse::<f64>().unwrap_or(value).to_string()
}

fn frame_rate(info: &StackInfo) -> String {
    match (info.frame_rate_hz, &info.times_s) {
        (Some(hz), _) => format!("{} Hz", plain(hz)),
        (None, Some(_)) => "not even; see times".into(),
        (None, None) => "not known; measure takes it with --fps".into(),
    }
}

/// The beginning of a value that may have many lines.
fn shown(value: &str) -> String {
    let mut lines: Vec<&str> = value.lines().take(MAX_SHOWN_LINES).collect();
    if MAX_SHOWN_LINES < value.lines().count() {
        lines.push("… (all of it with --json)");
    }
    lines.join("\n")
}

fn object(info: &StackInfo, inputs: &[Input]) -> Value {
    let metadata: Map<String, Value> =
        info.metadata.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "name": info.name,
        "n_frames": info.n_frames,
        "width": info.size.width,
        "height": info.size.height,
        "pixel_type": info.pixel_type,
        "frame_rate_hz": info.frame_rate_hz,
        "times_s": info.times_s,
        "pixel_size_um": info.pixel_size_um,
        "exposure_s": info.exposure_s,
        "n_files": n_files(inputs),
        "metadata": metadata,
    })
}
