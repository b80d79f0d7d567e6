//! A measurement with everything that tables can hold.

use std::path::{Path, PathBuf};

use movemeter::brightness::BrightnessMode;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::matching::warp::Model;
use movemeter::monitor::Silent;
use movemeter::recipe::Recipe;
use movemeter::roi::Color;
use movemeter::synth;
use movemeter::track::Tracks;
use movemeter_io::{HashedInput, OpenOptions, Provenance, Results, TableFormat, write_table};

/// Every format that is written and read.
pub const FORMATS: [&str; 5] = ["csv", "tsv", "json", "parquet", "npz"];

/// Windows of two groups, one of which has a name that is hard to write; the second window has no texture.
pub fn recipe() -> Recipe {
    let mut recipe = Recipe {
        model: Model::Affine,
        brightness: Some(BrightnessMode::Absolute),
        pixel_size_um: Some(0.645),
        frame_rate_hz: Some(30.0),
        max_displacement_px: Some(6.0),
        exclude: vec![2],
        ..Recipe::default()
    };
    let windows = [Rect::new(8, 8, 32, 32), Rect::new(44, 20, 24, 30)];
    recipe.windows.add_colored("eye, \"left\"; µ", Some(Color([1, 2, 3])), windows);
    recipe.windows.add("12", [Rect::new(60, 50, 24, 24)]);
    recipe
}

/// All of it, measured once more each time.
pub fn results() -> Results {
    let recipe = recipe();
    let moving = synth::speckle(Size::new(96, 80)).moving(Displacement::new(0.3, -0.2));
    let tracks = recipe.measure(&mut moving.frames(5), &Silent).unwrap();
    let provenance = provenance(&recipe);
    Results { tracks, recipe, provenance }
}

pub fn provenance(recipe: &Recipe) -> Provenance {
    let input = |name: &str, path: Option<&str>, n_files| HashedInput {
        name: name.into(),
        path: path.map(PathBuf::from),
        sha256: "ab".repeat(32),
        n_files,
    };
    Provenance {
        version: Some("0.9.1".into()),
        recipe_json: serde_json::to_string(recipe).unwrap(),
        opened: OpenOptions { channel: Some(1), z: Some(0), ffmpeg: None },
        inputs: vec![
            input("fly (old)", Some("../recordings/fly (old)"), Some(6)),
            input("a, b.tif", None, None),
        ],
        doubts: vec!["damage: torn, and cut".into()],
        incomplete: Some("stopped after frame 5 of 9".into()),
    }
}

/// Writes tracks into a file of this name.
pub fn write(results: &Results, path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    let format = TableFormat::of(path).unwrap();
    write_table(&results.tracks.table(), &results.provenance, format, &mut file).unwrap();
}

/// The largest difference of what was measured; NaN must be where NaN was, and words must be the same.
pub fn largest_difference(a: &Tracks, b: &Tracks) -> f64 {
    let (a, b) = (a.table(), b.table());
    let names = |table: &movemeter::table::Table<'_>| {
        table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!((names(&a), a.n_rows), (names(&b), b.n_rows));
    let mut largest = 0.0;
    for (one, other) in a.columns.iter().zip(&b.columns) {
        for row in 0..a.n_rows {
            match (one.cell(row), other.cell(row)) {
                (movemeter::table::Cell::Float(one), movemeter::table::Cell::Float(other)) => {
                    assert_eq!(one.is_nan(), other.is_nan());
                    largest = f64::max(largest, (one - other).abs());
                }
                (one, other) => assert_eq!(one, other),
            }
        }
    }
    largest
}
