//! Which share of what one core can do is done on the grid.

use serde_json::json;

use super::bench::Bench;
use super::grid::{Asked, Grid};
use super::markdown;
use super::numbers::{Spread, figures};
use super::worker::Who;
use crate::Result;

/// A part of the work on one window of 32×32 px that is looked for up to 10 px away.
struct Step {
    what: &'static str,
    /// Additions and multiplications; divisions and roots are few.
    n_operations: f64,
    derivation: &'static str,
}

/// Pixels of a window, and places where it is looked for: one more on each side than it may move.
const PIXELS: f64 = 32.0 * 32.0;
const POSITIONS: f64 = 23.0 * 23.0;
/// Places whose bound does not show that they score lower, as many as there usually are.
const SCORED: f64 = 4.0;
/// Looks that a fit usually takes.
const LOOKS: f64 = 2.0;

const STEPS: [Step; 5] = [
    Step {
        what: "its part of the frame",
        n_operations: PIXELS * 2.0 * (4.0 + 16.0),
        derivation: "32² px × 2 directions × (smoothing by 3 taps, coefficients by 11)",
    },
    Step {
        what: "sums of blocks",
        n_operations: 54.0 * 51.0 * 8.0 + 51.0 * 51.0 * 2.0 + 23.0 * 51.0 * 24.0 + POSITIONS * 16.0,
        derivation: "4 rows of 54 px, less an offset, at 51 heights; 51² × 2 sums of two; of 8 blocks their sum and \
                     sum of squares down 23 × 51 columns, and along 23² places",
    },
    Step {
        what: "bounds and scores",
        n_operations: POSITIONS * 64.0 * 2.0 + SCORED * PIXELS * 6.0,
        derivation: "23² places × 64 blocks × a product and a sum; 4 places × 32² px × 6",
    },
    Step {
        what: "fit between the pixels",
        n_operations: LOOKS * (37.0 * 32.0 * 17.0 + PIXELS * (11.0 + 9.0)),
        derivation: "2 looks × (6 taps along 37 rows of 32, less an offset; 6 taps down 32² px; 5 sums over them)",
    },
    Step {
        what: "error bar",
        n_operations: PIXELS * (8.0 + 32.0) + 26.0 * 26.0 * 22.0,
        derivation: "32² px × (the residual, its correlation at 16 lags); its gradients at 26² px",
    },
];

/// The table of operations and shares.
pub(super) fn measure(bench: &mut Bench, grid: &Grid) -> Result<String> {
    let mut peaks = Vec::new();
    let mut level = String::new();
    for _ in 0..bench.n_rounds {
        let reply = bench.measure(Who::Movemeter, &json!({ "do": "peak" }), false)?;
        peaks.push(reply["flops"].as_f64().ok_or("the peak is no number")?);
        level = reply["level"].as_str().unwrap_or_default().into();
    }
    let peak = Spread::of(peaks);
    let rate = grid.default_row(Asked::Follow, 1).outcome.rate();
    let row = |what: &str, n: f64, derivation: &str| {
        let share = 100.0 * n * rate.median / peak.median;
        vec![what.to_owned(), figures(n), derivation.to_owned(), figures(share)]
    };
    let mut rows: Vec<_> =
        STEPS.iter().map(|step| row(step.what, step.n_operations, step.derivation)).collect();
    rows.push(row("all", STEPS.iter().map(|step| step.n_operations).sum(), ""));
    let table = markdown::table(&HEADINGS, &rows);
    let peak = peak.times(1e-9);
    Ok(format!("One core did {peak} billion operations a second here, with {level}.\n\n{table}"))
}

const HEADINGS: [&str; 4] = [
    "work on a window·frame",
    "operations",
    "are",
    "% of one core's peak, at the rate of 1 thread",
];
