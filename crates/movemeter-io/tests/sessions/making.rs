//! Measurements and archives to be written and read.

use std::io::Write;
use std::path::{Path, PathBuf};

use movemeter::roi::Windows;
use movemeter::{BrightnessMode, Displacement, Model, Recipe, Rect, Silent, Size, Status, synth};
use movemeter_io::{BitDepth, Job, RecipeFile, Results, write_tiff};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The name of a group that would do harm if it were not escaped.
pub const NASTY: &str = "</script><script>alert('1')</script> & \"é\"";

/// Measures a recording of six frames in this folder, with windows in two groups, one of them flat.
pub fn measured(folder: &Path, change: impl FnOnce(&mut Recipe)) -> Results {
    let path = folder.join("a b.tif");
    let speckle = synth::speckle(Size::new(96, 64)).bits(Some(16)).noise(0.01);
    let mut stack = speckle.moving(Displacement::new(0.31, -0.17)).frames(6);
    write_tiff(&mut stack, BitDepth::Sixteen, &path).unwrap();
    let mut windows: Windows = [Rect::new(8, 8, 24, 24), Rect::new(40, 20, 24, 24)].into();
    windows.add(NASTY, [Rect::new(64, 30, 24, 24)]);
    let mut recipe =
        Recipe { windows, follow: true, max_displacement_px: Some(6.0), ..Recipe::default() };
    change(&mut recipe);
    let mut job = Job::open(&[path], RecipeFile { recipe, ..RecipeFile::default() }).unwrap();
    let (mut tracks, ended) = job.measure(false, &Silent);
    ended.unwrap();
    tracks.tracks[1].samples[4] = movemeter::Sample::lost(Status::LowScore);
    let recipe = job.recipe.clone();
    Results { tracks, recipe, provenance: job.provenance().unwrap() }
}

/// The same with all that can be measured besides.
pub fn all_measured(folder: &Path) -> Results {
    measured(folder, |recipe| {
        recipe.model = Model::Affine;
        recipe.brightness = Some(BrightnessMode::Range);
        recipe.pixel_size_um = Some(0.1 + 0.2);
        recipe.frame_rate_hz = Some(30.0);
        recipe.exclude = vec![2];
    })
}

/// An archive with these members.
pub fn archive(folder: &Path, name: &str, members: &[(&str, &str)]) -> PathBuf {
    let path = folder.join(name);
    let mut zip = ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, text) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    path
}
