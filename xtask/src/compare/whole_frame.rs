//! One large window, looked for in the whole frame.

use serde_json::{Value, json};

use super::bench::Bench;
use super::contest::{self, Entry, Outcome};
use super::errors::{Errors, found};
use super::grid::{FILE, Grid};
use super::markdown;
use super::numbers::{Spread, figures};
use super::worker::Who;
use crate::Result;

/// Left column, top row, width, height; in the middle, so that no content leaves the frame.
const WINDOW: [usize; 4] = [440, 455, 133, 114];

/// The table of times.
pub(super) fn measure(bench: &mut Bench, grid: &Grid) -> Result<String> {
    let n_frames = grid.n_frames().min(21);
    let entry = |name: &str, who, request: Value| Entry {
        name: name.into(),
        who,
        request,
        n_values: n_frames - 1,
    };
    let file = bench.file(FILE);
    let ours = |name: &str, n_threads: usize, subpixel: &str| {
        let recipe =
            json!({ "windows": [{ "name": "one", "windows": [WINDOW] }], "subpixel": subpixel });
        let request = json!({
            "do": "motion", "file": file, "n_frames": n_frames, "n_threads": n_threads, "recipe": recipe,
        });
        entry(name, Who::Movemeter, request)
    };
    let peer =
        json!({ "do": "whole-frame", "file": file, "n_frames": n_frames, "windows": [WINDOW] });
    let outcomes = contest::run(
        bench,
        &[
            ours("movemeter, 1 thread", 1, "gauss-newton"),
            ours("movemeter, 2 threads", 2, "gauss-newton"),
            ours("movemeter `--subpixel none`, 1 thread", 1, "none"),
            ours("movemeter `--subpixel none`, 2 threads", 2, "none"),
            entry("OpenCV matchTemplate, its 2 threads", Who::Peers, peer),
        ],
    )?;
    let truth = &grid.displacements[1..n_frames];
    let row = |outcome: &Outcome| row(outcome, &outcomes[4], truth);
    Ok(markdown::table(&HEADINGS, &outcomes.iter().map(row).collect::<Vec<_>>()))
}

const HEADINGS: [&str; 4] = ["program", "ms a window·frame", "OpenCV's time ÷ this", "error, px"];

fn row(outcome: &Outcome, peer: &Outcome, truth: &[[f64; 2]]) -> Vec<String> {
    if let Some(reason) = outcome.failure() {
        return markdown::failed(&outcome.name, reason, HEADINGS.len());
    }
    let ratio =
        if peer.failure().is_some() { String::new() } else { peer.cost_over(outcome).to_string() };
    let errors = Errors::of(&found(&outcome.reply), truth);
    let cost = in_ms(outcome.cost_s());
    vec![outcome.name.clone(), cost, ratio, figures(errors.rms_px())]
}

fn in_ms(seconds: Spread) -> String {
    seconds.times(1000.0).to_string()
}
