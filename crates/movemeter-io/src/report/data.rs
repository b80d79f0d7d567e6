//! What was measured, packed for the script that draws it.
//!
//! Displacements are whole steps of 0.0001 px, each less the one before, which leaves small numbers; their bytes are
//! laid out lowest first, all lowest bytes together, which compress well. Error bars are steps of a logarithm.

use std::io::{self, Write};

use base64::prelude::{BASE64_STANDARD, Engine};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use movemeter::geometry::Size;
use movemeter::review::reference_frame;
use movemeter::track::{Sample, Status, Track, Tracks};
use serde_json::{Value, json};

use super::html::json_for_script;

/// Steps of displacement, px: a tenth of what is promised.
const STEP_PX: f64 = 1e-4;
/// The least error bar that is told from none, px.
const LEAST_SD_PX: f64 = 1e-5;
/// Steps of error bars for each doubling: a step is 6 %.
const SD_STEPS: f64 = 12.0;
/// Marks a status whose sample has a displacement.
const IS_KNOWN: u8 = 0x80;

/// Everything as base64 of zlib's stream: bytes of dx, of dy, error bars of x, of y, statuses; each window by window.
pub(super) fn packed(tracks: &Tracks) -> io::Result<String> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    for value in [|one: &Sample| one.displacement.dx, |one: &Sample| one.displacement.dy] {
        let steps: Vec<u32> =
            tracks.tracks.iter().flat_map(|track| differences(track, value)).collect();
        for byte in 0..4 {
            let bytes: Vec<u8> = steps.iter().map(|step| step.to_le_bytes()[byte]).collect();
            zlib.write_all(&bytes)?;
        }
    }
    let samples = || tracks.tracks.iter().flat_map(|track| &track.samples);
    zlib.write_all(&samples().map(|one| sd_step(one.sd_x())).collect::<Vec<u8>>())?;
    zlib.write_all(&samples().map(|one| sd_step(one.sd_y())).collect::<Vec<u8>>())?;
    let status = |one: &Sample| match one.displacement() {
        Some(_) => one.status as u8 | IS_KNOWN,
        None => one.status as u8,
    };
    zlib.write_all(&samples().map(status).collect::<Vec<u8>>())?;
    Ok(BASE64_STANDARD.encode(zlib.finish()?))
}

/// Each less the one before; those without a value stay as the one before. Even numbers count up from 0, odd
/// ones down.
fn differences(track: &Track, value: fn(&Sample) -> f64) -> impl Iterator<Item = u32> {
    let mut before = 0i32;
    track.samples.iter().map(move |sample| {
        let value = value(sample);
        let steps = if value.is_nan() { before } else { (value / STEP_PX).round() as i32 };
        let difference = steps.wrapping_sub(before);
        before = steps;
        ((difference << 1) ^ (difference >> 31)) as u32
    })
}

/// 0: not known; 1: none, or less than can be told.
fn sd_step(sd_px: f64) -> u8 {
    match sd_px.is_nan() {
        true => 0,
        false => (2.0 + SD_STEPS * (sd_px / LEAST_SD_PX).log2()).round().clamp(1.0, 255.0) as u8,
    }
}

/// What else the script must know, as JSON for a script element.
pub(super) fn about(tracks: &Tracks, colors: &[String], frame: Option<Size>) -> String {
    let mut groups: Vec<&str> = Vec::new();
    let windows: Vec<Value> = tracks
        .tracks
        .iter()
        .map(|track| {
            let group = groups.iter().position(|name| *name == &*track.group);
            let group = group.unwrap_or_else(|| {
                groups.push(&track.group);
                groups.len() - 1
            });
            json!([group, track.window, track.rect])
        })
        .collect();
    let colors: Vec<&str> =
        (0..groups.len()).map(|place| colors[place % colors.len()].as_str()).collect();
    let times: Vec<f64> = tracks.stamps.iter().map(|stamp| stamp.time_s).collect();
    json_for_script(&json!({
        "groups": groups,
        "colors": colors,
        "windows": windows,
        "numbers": tracks.stamps.iter().map(|stamp| stamp.number).collect::<Vec<_>>(),
        "times_s": if times.iter().all(|time| time.is_nan()) { Value::Null } else { json!(times) },
        "frame": frame.map(|size| [size.width, size.height]),
        "reference": reference_frame(tracks),
        "pixel_size_um": tracks.pixel_size_um,
        "statuses": Status::ALL.map(Status::as_str),
        "step_px": STEP_PX,
        "least_sd_px": LEAST_SD_PX,
        "sd_steps": SD_STEPS,
    }))
}
