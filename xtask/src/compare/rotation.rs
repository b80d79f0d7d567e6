//! A window that turns by any angle.

use serde_json::{Value, json};

use super::bench::Bench;
use super::contest::{self, Entry, Outcome};
use super::errors::found;
use super::markdown;
use super::numbers::{Spread, figures};
use super::worker::Who;
use crate::Result;

/// Side of the frames; the window is in their middle, about which they turn.
const SIDE: usize = 256;
const WINDOW: [usize; 4] = [64, 64, 128, 128];

/// movemeter 0.7 looks for the middle of the window, 1/√2 of its side, within the window, px.
pub(super) const REACH_PX: usize = 18;

/// The table of rates and errors.
pub(super) fn measure(bench: &mut Bench) -> Result<String> {
    let n_frames: usize = bench.either(25, 7);
    let file = bench.file("turning.npy");
    let request = json!({ "do": "make-turning", "file": file, "side": SIDE, "n_frames": n_frames });
    let made = bench.ask(Who::Movemeter, &request)?;
    let angles_deg: Vec<f64> = serde_json::from_value(made["angles_deg"].clone())?;

    let entry = |name: &str, who, request: Value| Entry {
        name: name.into(),
        who,
        request,
        n_values: n_frames - 1,
    };
    let ours = |name: &str, n_threads: usize| {
        let recipe = json!({
            "windows": [{ "name": "one", "windows": [WINDOW] }],
            "rotation": true,
            "max_rotation_deg": 180,
            "max_displacement_px": REACH_PX,
        });
        let request = json!({
            "do": "motion", "file": file, "n_frames": n_frames, "n_threads": n_threads, "recipe": recipe,
        });
        entry(name, Who::Movemeter, request)
    };
    let peer =
        json!({ "do": "rotation-0.7", "file": file, "n_frames": n_frames, "windows": [WINDOW] });
    let outcomes = contest::run(
        bench,
        &[
            ours("movemeter `--rotation`, 1 thread", 1),
            ours("movemeter `--rotation`, 2 threads", 2),
            entry("movemeter 0.7 `measure_rotation`", Who::Peers, peer),
        ],
    )?;
    let row = |outcome: &Outcome| row(outcome, &outcomes[2], &angles_deg[1..]);
    Ok(markdown::table(&HEADINGS, &outcomes.iter().map(row).collect::<Vec<_>>()))
}

const HEADINGS: [&str; 5] =
    ["program", "windows·frames/s", "0.7's time ÷ this", "median error, °", "largest error, °"];

fn row(outcome: &Outcome, peer: &Outcome, truth_deg: &[f64]) -> Vec<String> {
    if let Some(reason) = outcome.failure() {
        return markdown::failed(&outcome.name, reason, HEADINGS.len());
    }
    let ratio =
        if peer.failure().is_some() { String::new() } else { peer.cost_over(outcome).to_string() };
    let errors = errors_deg(&found(&outcome.reply), truth_deg);
    let sizes = Spread::of(errors.iter().map(|error| error.abs()).collect());
    let [median, largest] = [sizes.median, sizes.highest].map(figures);
    vec![outcome.name.clone(), outcome.rate().to_string(), ratio, median, largest]
}

/// The angle is the last that is found of a window. What was not found is as wrong as can be.
fn errors_deg(found: &[Vec<Option<f64>>], truth_deg: &[f64]) -> Vec<f64> {
    let angles = found.iter().map(|numbers| numbers.last().copied().flatten());
    let error = |(angle, truth): (Option<f64>, &f64)| {
        angle.map_or(180.0, |angle| (angle - truth + 180.0).rem_euclid(360.0) - 180.0)
    };
    angles.zip(truth_deg).map(error).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_go_the_short_way_round() {
        let found = [vec![Some(0.1), Some(0.2), Some(-179.0)], vec![Some(10.5)], vec![None]];
        assert_eq!(errors_deg(&found, &[179.0, 10.0, 0.0]), [2.0, 0.5, 180.0]);
    }
}
