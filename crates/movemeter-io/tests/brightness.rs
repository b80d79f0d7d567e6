//! Brightness against an independent maker of recordings, which knows it without noise.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};
use std::process::Command;

use movemeter::geometry::Rect;
use movemeter::monitor::Silent;
use movemeter::recipe::Recipe;
use movemeter_io::open;

/// Where the recording is, the window, and its true mean in each frame.
struct Made {
    path: PathBuf,
    window: Rect,
    means: Vec<f64>,
}

fn made(folder: &Path, options: &str) -> Option<Made> {
    let maker = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/tools/gen_speckle.py");
    let python = std::env::var_os("MOVEMETER_PYTHON");
    let (true, Some(python)) = (maker.exists(), python) else {
        println!("skipped: {} or MOVEMETER_PYTHON is not there", maker.display());
        return None;
    };
    let base = folder.join("made");
    let run = Command::new(python).arg(maker).arg(&base).args(options.split(' ')).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = std::fs::read_to_string(folder.join("made_truth.csv")).unwrap();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect())
        .collect();
    let whole = |column: usize| rows[0][column] as usize;
    let window = Rect::new(whole(2) as isize, whole(3) as isize, whole(4), whole(5));
    let means = rows.iter().map(|row| row[12]).collect();
    Some(Made { path: base.with_extension("tif"), window, means })
}

#[test]
fn flickering_light_is_measured_to_its_noise() {
    let folder = tempfile::tempdir().unwrap();
    let common = "--size 96x96 --n 8 --motion sweep --du 0.3 --dv -0.2 --bright 0.3 --period 7";
    for (options, allowed) in [
        // Rounding to whole grey levels, 0.29 for each of the 83 × 83 pixels: of the mean, 0.0035. (At
        // this density no spot is brighter than the camera can see.)
        ("--density 2 --e-max 0", 5.0 * 0.0035),
        // The noise of a pixel is at most 65535 / √15000 = 540 grey levels: of the mean, 6.5.
        ("--density 2 --e-max 15000", 4.0 * 6.5),
    ] {
        let Some(made) = made(folder.path(), &format!("{common} {options}")) else { return };
        let recipe = Recipe { windows: [made.window].into(), ..Recipe::default() };
        let mut stack = open(&made.path).unwrap();
        let readings = recipe.measure_brightness(&mut *stack, &Silent).unwrap();
        let found: Vec<f64> = readings.brightness.means(0).collect();
        assert_eq!(found.len(), 8);
        let apart = found.iter().zip(&made.means).map(|(found, truth)| (found - truth).abs());
        let worst = apart.fold(0.0, f64::max);
        println!("{options}: worst {worst:.4} of {:.0} grey levels", made.means[0]);
        assert!(worst <= allowed, "{options}: {worst}");
    }
}
