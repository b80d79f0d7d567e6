//! `session.json`: where the recording is, how it is measured, and what is said of the results.

use std::path::{Path, PathBuf};

use movemeter::brightness::BrightnessMode;
use movemeter::deformation::Deforming;
use movemeter::geometry::Rect;
use movemeter::recipe::Recipe;
use movemeter::roi::RoiGroup;
use movemeter::track::Tracks;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Session;
use super::samples::About;
use crate::options::OpenOptions;
use crate::output::folder_of;
use crate::provenance::{HashedInput, Provenance, relative};
use crate::recipe_file::RecipeFile;
use crate::results::Results;

pub(super) const NAME: &str = "session.json";

/// The version of what is written here. Readers refuse others: what they would not understand might matter.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Head {
    movemeter_session: u32,
    movemeter: String,
    inputs: Vec<Place>,
    recipe: Recipe,
    #[serde(default)]
    rois: Vec<RoiGroup>,
    #[serde(default)]
    opened: Opened,
    #[serde(default)]
    results: Option<OfResults>,
    #[serde(default)]
    view: Value,
}

/// An input and where it is.
#[derive(Serialize, Deserialize)]
struct Place {
    name: String,
    /// As seen from the session's folder.
    relative: Option<PathBuf>,
    absolute: Option<PathBuf>,
    sha256: String,
    n_files: Option<usize>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Opened {
    channel: Option<usize>,
    z: Option<usize>,
}

#[derive(Serialize, Deserialize)]
struct OfResults {
    recipe: Recipe,
    recipe_json: String,
    opened: Opened,
    inputs: Vec<Place>,
    doubts: Vec<String>,
    incomplete: Option<String>,
    n_frames: usize,
    windows: Vec<Window>,
    angles: bool,
    strains: bool,
    brightness: Option<BrightnessMode>,
}

#[derive(Serialize, Deserialize)]
struct Window {
    group: String,
    window: usize,
    rect: Rect,
}

impl Place {
    fn of(input: &HashedInput, folder: &Path) -> Self {
        let HashedInput { name, path, sha256, n_files } = input.clone();
        let absolute = path.map(|path| absolute(&path));
        let relative = absolute.as_ref().map(|path| relative(path, folder));
        Self { name, relative, absolute, sha256, n_files }
    }

    /// With the path from the session's folder if it is there; else with the absolute one.
    fn recorded(self, folder: &Path) -> HashedInput {
        let Self { name, relative, absolute, sha256, n_files } = self;
        let is_there = |path: &PathBuf| folder.join(path).exists();
        HashedInput { name, path: relative.filter(is_there).or(absolute), sha256, n_files }
    }
}

impl Opened {
    fn of(options: &OpenOptions) -> Self {
        Self { channel: options.channel, z: options.z }
    }

    fn options(self) -> OpenOptions {
        OpenOptions { channel: self.channel, z: self.z, ffmpeg: None }
    }
}

/// Where a path leads, from the root of all folders on.
fn absolute(path: &Path) -> PathBuf {
    let canonical = path.canonicalize();
    canonical.or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.into())
}

/// The text for a session that will be at `path`.
pub(super) fn written(session: &Session, path: &Path) -> String {
    let folder = absolute(&folder_of(path));
    let places =
        |inputs: &[HashedInput]| inputs.iter().map(|one| Place::of(one, &folder)).collect();
    let measured_by = session.results.as_ref().and_then(|of| of.provenance.version.clone());
    let head = Head {
        movemeter_session: VERSION,
        movemeter: measured_by.unwrap_or(env!("CARGO_PKG_VERSION").into()),
        inputs: places(&session.inputs),
        recipe: session.file.recipe.clone(),
        rois: session.file.rois.clone(),
        opened: Opened::of(&session.file.opening),
        results: session.results.as_ref().map(|results| of_results(results, places)),
        view: session.view.clone(),
    };
    serde_json::to_string_pretty(&head).expect("settings are numbers and words")
}

fn of_results(results: &Results, places: impl Fn(&[HashedInput]) -> Vec<Place>) -> OfResults {
    let Results { tracks, recipe, provenance } = results;
    let Tracks { deforming, brightness, .. } = tracks;
    let windows = tracks.tracks.iter().map(|track| Window {
        group: track.group.to_string(),
        window: track.window,
        rect: track.rect,
    });
    OfResults {
        recipe: recipe.clone(),
        recipe_json: provenance.recipe_json.clone(),
        opened: Opened::of(&provenance.opened),
        inputs: places(&provenance.inputs),
        doubts: provenance.doubts.clone(),
        incomplete: provenance.incomplete.clone(),
        n_frames: tracks.n_frames(),
        windows: windows.collect(),
        angles: Deforming::Turning <= *deforming,
        strains: Deforming::Straining <= *deforming,
        brightness: brightness.as_ref().map(|brightness| brightness.mode),
    }
}

/// The session without its tracks, and what must be known to read these.
pub(super) fn read(text: &[u8], path: &Path) -> Result<(Session, Option<About>), String> {
    let within = |error: serde_json::Error| format!("{NAME}: {error}");
    let value: Value = serde_json::from_slice(text).map_err(within)?;
    match value.get("movemeter_session").and_then(Value::as_u64) {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => {
            return Err(format!(
                "it is of version {version}, and this movemeter reads version {VERSION}; read it with a newer one"
            ));
        }
        None => return Err(format!("{NAME} does not say its version")),
    }
    let head: Head = serde_json::from_value(value).map_err(within)?;
    let folder = folder_of(path);
    let recorded =
        |places: Vec<Place>| places.into_iter().map(|one| one.recorded(&folder)).collect();
    let (mut about, mut results) = (None, None);
    if let Some(of) = head.results {
        let provenance = Provenance {
            version: Some(head.movemeter),
            recipe_json: of.recipe_json,
            opened: of.opened.options(),
            inputs: recorded(of.inputs),
            doubts: of.doubts,
            incomplete: of.incomplete,
        };
        results = Some(Results { tracks: Tracks::default(), recipe: of.recipe, provenance });
        about = Some(About {
            windows: of.windows.into_iter().map(|one| (one.group, one.window, one.rect)).collect(),
            n_frames: of.n_frames,
            deforming: match (of.angles, of.strains) {
                (_, true) => Deforming::Straining,
                (true, false) => Deforming::Turning,
                (false, false) => Deforming::No,
            },
            brightness: of.brightness,
        });
    }
    let (recipe, rois, opening) = (head.recipe, head.rois, head.opened.options());
    let file = RecipeFile { recipe, rois, opening };
    Ok((Session { inputs: recorded(head.inputs), file, results, view: head.view }, about))
}
