//! The brightness of a thousand windows, from a recording on disk.

use serde_json::{Value, json};

use super::bench::Bench;
use super::contest::{self, Entry, Outcome};
use super::markdown;
use super::worker::Who;
use crate::Result;

/// Side of the frames and of the windows, px: 1024 windows fill a frame.
const SIDE: usize = 512;
const WINDOW_SIDE: usize = 16;

/// The table of rates.
pub(super) fn measure(bench: &mut Bench) -> Result<String> {
    let n_frames: usize = bench.either(300, 60);
    let file = bench.file("brightness.tif");
    let request = json!({ "do": "make-stack", "file": file, "side": SIDE, "n_frames": n_frames });
    bench.ask(Who::Movemeter, &request)?;

    let entry = |name: &str, who, request: Value| Entry {
        name: name.into(),
        who,
        request,
        n_values: n_frames,
    };
    let ours = |name: &str, n_threads: usize| {
        let recipe = json!({ "windows": [{ "name": "grid", "windows": windows() }] });
        let request =
            json!({ "do": "brightness", "file": file, "n_threads": n_threads, "recipe": recipe });
        entry(name, Who::Movemeter, request)
    };
    let peer = json!({ "do": "page-means", "file": file, "n_frames": n_frames, "windows": [] });
    let outcomes = contest::run(
        bench,
        &[
            ours("movemeter, 1024 windows, 1 thread", 1),
            ours("movemeter, 1024 windows, 2 threads", 2),
            entry("tifffile and NumPy, one mean a frame", Who::Peers, peer),
        ],
    )?;
    let row = |outcome: &Outcome| row(outcome, &outcomes[2]);
    Ok(markdown::table(&HEADINGS, &outcomes.iter().map(row).collect::<Vec<_>>()))
}

const HEADINGS: [&str; 3] = ["program", "frames/s", "tifffile's time ÷ this"];

fn row(outcome: &Outcome, peer: &Outcome) -> Vec<String> {
    if let Some(reason) = outcome.failure() {
        return markdown::failed(&outcome.name, reason, HEADINGS.len());
    }
    let ratio =
        if peer.failure().is_some() { String::new() } else { peer.cost_over(outcome).to_string() };
    vec![outcome.name.clone(), outcome.rate().to_string(), ratio]
}

fn windows() -> Vec<[usize; 4]> {
    let starts = || (0..SIDE).step_by(WINDOW_SIDE);
    starts().flat_map(|y| starts().map(move |x| [x, y, WINDOW_SIDE, WINDOW_SIDE])).collect()
}
