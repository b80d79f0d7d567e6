//! How much memory a long recording needs.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::bench::Bench;
use super::markdown;
use super::numbers::figures;
use super::worker::Who;
use crate::Result;

/// Side of the frames, px.
const SIDE: usize = 512;

/// What is asked of the command: the mean as reference and a background, each of which needs all frames.
const SETTINGS: [&str; 10] = [
    "--reference",
    "mean",
    "--background",
    "min",
    "--max-displacement",
    "10",
    "--grid",
    "64",
    "--within",
    "128,128,128,128",
];

/// The table of peaks; the recording is made before and deleted afterwards.
pub(super) fn measure(bench: &mut Bench) -> Result<String> {
    let n_frames: usize = bench.either(20_000, 500);
    let file = bench.file("long.tif");
    eprintln!("memory: a recording of {n_frames} frames");
    let request = json!({ "do": "make-stack", "file": file, "side": SIDE, "n_frames": n_frames });
    bench.ask(Who::Movemeter, &request)?;
    let n_bytes = fs::metadata(&file)?.len();
    let reply = run(bench, &file.to_string_lossy());
    fs::remove_file(&file)?;
    let reply = reply?;
    let number = |name: &str| reply[name].as_f64().unwrap_or(f64::NAN);
    let row = vec![
        format!("{n_frames} frames of {SIDE}×{SIDE}, 16 bit"),
        figures(n_bytes as f64 / 1e9),
        figures(number("peak_bytes") / 1e6),
        figures(number("seconds")),
    ];
    let command = SETTINGS.join(" ");
    let table =
        markdown::table(&["recording", "file, GB", "largest resident size, MB", "s"], &[row]);
    Ok(format!("```text\nmovemeter measure long.tif {command} -o motion.csv\n```\n\n{table}"))
}

fn run(bench: &Bench, file: &str) -> Result<Value> {
    let mut peak = Command::new(&bench.python);
    peak.arg(bench.scripts.join("peak.py"))
        .arg(&bench.command)
        .args(["measure", file])
        .args(SETTINGS);
    let output = peak.arg("--quiet").arg("-o").arg(bench.file("motion.csv")).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("movemeter measure: {}", said.trim()).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
