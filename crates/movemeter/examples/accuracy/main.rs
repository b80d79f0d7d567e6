//! Measures how exact the measurement is, on recordings whose motion is known: docs/accuracy.md.
//!
//! `cargo xtask accuracy` runs this in release and writes the document; `--quick` looks at fewer windows.
#![allow(clippy::print_stdout, reason = "the document goes to where the caller wants it")]

mod scene;
mod bound;
mod classic;
mod tally;
mod markdown;
mod efficiency;
mod phase;
mod coverage;

use std::time::Instant;

/// How many patterns each table is made from.
struct Extent {
    command: &'static str,
    efficiency: u64,
    phase: u64,
    coverage: u64,
}

/// 32×32 windows: 45 patterns of 225 give 20,250 values, which know a ratio to 0.5 %.
const FULL: Extent =
    Extent { command: "cargo xtask accuracy", efficiency: 45, phase: 24, coverage: 16 };

const QUICK: Extent =
    Extent { command: "cargo xtask accuracy --quick", efficiency: 3, phase: 2, coverage: 1 };

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let extent = if is_quick { QUICK } else { FULL };
    let start = Instant::now();
    let efficiency = efficiency::measure(extent.efficiency);
    let (biases, coverages) = (phase::biases(extent.phase), coverage::coverages(extent.coverage));
    let Extent { command, efficiency: n_efficiency, phase: n_phase, coverage: n_coverage } = extent;
    println!(
        include_str!("document.md"),
        command = command,
        n_efficiency = n_efficiency,
        n_phase = n_phase,
        n_coverage = n_coverage,
        beside_the_bound = efficiency.beside_the_bound(),
        clipped = efficiency.clipped(),
        clean = efficiency.clean(),
        biases = biases,
        coverages = coverages,
    );
    eprintln!("done in {:.0} s", start.elapsed().as_secs_f64());
}
