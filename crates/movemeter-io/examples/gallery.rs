//! Makes the recording of the gallery: speckle that turns about the middle and drifts. `cargo xtask gallery` runs it.

use std::f64::consts::TAU;

use movemeter::geometry::{Displacement, Size};
use movemeter::synth;
use movemeter_io::{BitDepth, write_tiff};

const N_FRAMES: usize = 25;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path =
        std::env::args_os().nth(1).ok_or("say where the recording goes, as in turning.tif")?;
    let drift = |frame: usize| {
        let swing = 1.5 * (TAU * frame as f64 / 12.0).sin();
        Displacement::new(swing, 0.5 * swing)
    };
    let drifts = (0..N_FRAMES).map(drift).collect();
    let speckle = synth::speckle(Size::new(320, 240)).noise(0.01).turning(0.0015).path(drifts);
    write_tiff(&mut speckle.frames(N_FRAMES), BitDepth::Eight, path)?;
    Ok(())
}
