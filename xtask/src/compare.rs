//! `cargo xtask compare`: measures how fast and how exact movemeter is beside other programs.
//!
//! All are given the same frames in the same run, and their turns come round and round, so that what
//! else the machine does hits all alike. movemeter is measured by the example `compare` of
//! `movemeter-io`, the others by `xtask/compare/peers`.

mod numbers;
mod markdown;
mod worker;
mod bench;
mod contest;
mod errors;
mod machine;
mod grid;
mod resized;
mod whole_frame;
mod rotation;
mod brightness;
mod flatness;
mod memory;
mod share;
mod drawing;

use std::fs;
use std::time::Instant;

use crate::Result;
use crate::repository::Workspace;
use bench::Bench;
use grid::Grid;

/// How much is measured.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    /// Everything; document and picture are written.
    Full,
    /// A few frames, one round; the document goes to the terminal.
    Quick,
}

/// Where the results go.
const DOCUMENT: &str = "docs/performance.md";
const PICTURE: &str = "docs/performance.svg";

/// Measures everything and writes document and picture.
pub(crate) fn run(extent: Extent) -> Result<()> {
    let start = Instant::now();
    let workspace = Workspace::read()?;
    let load = machine::load();
    let mut bench = Bench::set_up(extent, &workspace)?;
    let grid = grid::measure(&mut bench)?;
    let document = document(&mut bench, &grid, load)?;
    if extent == Extent::Full {
        fs::write(workspace.root.join(PICTURE), drawing::draw(&grid))?;
        fs::write(workspace.root.join(DOCUMENT), document)?;
        println!("{DOCUMENT}\n{PICTURE}");
    } else {
        println!("{document}");
    }
    eprintln!("done in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn document(bench: &mut Bench, grid: &Grid, load: Option<f64>) -> Result<String> {
    let whole_frame = whole_frame::measure(bench, grid)?;
    let rotation = rotation::measure(bench)?;
    let brightness = brightness::measure(bench)?;
    let flatness = flatness::measure(bench)?;
    let memory = memory::measure(bench)?;
    let share = share::measure(bench, grid)?;
    let machine = machine::describe(bench, load)?;
    Ok(format!(
        include_str!("compare/document.md"),
        command = bench.either("cargo xtask compare", "cargo xtask compare --quick"),
        n_rounds = bench.n_rounds,
        reach = grid::REACH_PX,
        n_windows = grid.n_windows(),
        n_frames = grid.n_frames(),
        grid = grid.table(),
        threads = grid.threads(),
        resized = resized::compare(grid),
        whole_frame = whole_frame,
        rotation_reach = rotation::REACH_PX,
        rotation = rotation,
        brightness = brightness,
        flatness = flatness,
        memory = memory,
        share = share,
        machine = machine,
    ))
}
