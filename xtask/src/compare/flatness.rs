//! Whether a window in a frame costs the same in long recordings and on large grids.

use serde_json::{Value, json};

use super::bench::Bench;
use super::contest::{self, Entry, Outcome};
use super::grid::REACH_PX;
use super::markdown;
use super::worker::Who;
use crate::Result;

/// A recording of so many windows across and down, as long as its frames are repeated.
struct Size {
    across: usize,
    n_frames: usize,
}

/// Distance of the windows, and what is around them, px.
const STEP_PX: usize = 32;
const AROUND_PX: usize = 32;

/// So many frames of a recording differ.
const PERIOD: usize = 5;

/// Two tables: by the number of frames, and by that of windows.
pub(super) fn measure(bench: &mut Bench) -> Result<String> {
    let last = bench.either(4, 3);
    let lengths = [10, 100, 1000, 10_000].map(|n_frames| Size { across: 2, n_frames });
    let grids = [10, 32, 100].map(|across| Size { across, n_frames: 3 });
    let by_frames = by_size(bench, "frames", &lengths[..last])?;
    let by_windows = by_size(bench, "windows", &grids[..last - 1])?;
    Ok(format!("{by_frames}\n\n{by_windows}"))
}

fn by_size(bench: &mut Bench, what: &str, sizes: &[Size]) -> Result<String> {
    let mut entries = Vec::new();
    for size in sizes {
        entries.push(size.entry(bench)?);
    }
    let outcomes = contest::run(bench, &entries)?;
    let row = |(size, outcome): (&Size, &Outcome)| {
        let (n_frames, n_windows) = (size.n_frames, size.across * size.across);
        let number = if what == "frames" { n_frames } else { n_windows };
        let cost = outcome.cost_s().times(1e6).to_string();
        vec![number.to_string(), cost, outcome.cost_over(&outcomes[0]).to_string()]
    };
    let rows: Vec<_> = sizes.iter().zip(&outcomes).map(row).collect();
    Ok(markdown::table(&[what, "µs a window·frame", "÷ that of the fewest"], &rows))
}

impl Size {
    fn entry(&self, bench: &mut Bench) -> Result<Entry> {
        let side = self.across * STEP_PX + AROUND_PX;
        let file = bench.file(&format!("grid-{}.npy", self.across));
        let request = json!({ "do": "make-grid", "file": file, "side": side, "n_frames": PERIOD });
        let windows: Value = bench.ask(Who::Movemeter, &request)?["windows"].take();
        let recipe = json!({
            "windows": [{ "name": "grid", "windows": windows }],
            "follow": true,
            "max_displacement_px": REACH_PX,
        });
        Ok(Entry {
            name: format!("{} windows, {} frames", self.across * self.across, self.n_frames),
            who: Who::Movemeter,
            request: json!({
                "do": "motion", "file": file, "n_frames": self.n_frames, "n_threads": 2, "recipe": recipe,
            }),
            n_values: self.across * self.across * (self.n_frames - 1),
        })
    }
}
