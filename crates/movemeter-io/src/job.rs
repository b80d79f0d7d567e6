//! A measurement of files from start to end: what `measure`, `batch` and `verify` have in common.

use std::path::PathBuf;

use movemeter::error::{BoxError, Error as CoreError};
use movemeter::measure::{Motion, run};
use movemeter::monitor::Monitor;
use movemeter::recipe::Recipe;
use movemeter::roi::windows_of;
use movemeter::source::{FrameSource, Selected, StackInfo};
use movemeter::track::Tracks;

use crate::error::Error;
use crate::hashes::Hashes;
use crate::mask::read_mask;
use crate::options::OpenOptions;
use crate::provenance::Provenance;
use crate::recipe_file::RecipeFile;
use crate::series::{Input, Recording, open_all};
use crate::unread::{Unread, left_out};

/// Everything a measurement needs, checked; the inputs' hashes are being taken meanwhile.
///
/// ```no_run
/// use movemeter::Silent;
/// use movemeter_io::{Job, RecipeFile};
///
/// let file = RecipeFile::default();
/// let mut job = Job::open(&["recording.tif".into()], file)?;
/// let (tracks, ended) = job.measure(false, &Silent);
/// ended?;
/// let provenance = job.provenance()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub struct Job {
    /// Every setting, with its windows and its mask's image.
    pub recipe: Recipe,
    /// The frames of the recipe's range.
    pub source: Selected<Box<dyn FrameSource>>,
    /// What is read, the mask's image last if there is one.
    pub inputs: Vec<Input>,
    opened: OpenOptions,
    hashes: Hashes,
}

impl Job {
    /// Opens a recording and prepares to measure it.
    pub fn open(paths: &[PathBuf], file: RecipeFile) -> Result<Self, Error> {
        file.recipe.check_settings()?;
        Self::new(open_all(paths, &file.opening)?, file)
    }

    /// The same for a recording that was opened as `file` says.
    pub fn new(recording: Recording, file: RecipeFile) -> Result<Self, Error> {
        let RecipeFile { mut recipe, rois, opening: opened } = file;
        recipe.check_settings()?;
        let mut inputs = recording.inputs;
        if let Some(mask) = recipe.mask.as_ref().filter(|mask| mask.counts().is_none()) {
            let (mask, input) = read_mask(mask.name())?;
            recipe.mask = Some(mask);
            inputs.push(input);
        }
        let source = recipe.selected(recording.source)?;
        let drawn = windows_of(&rois, source.info().size)?;
        for group in drawn.groups() {
            recipe.windows.add_colored(&group.name, group.color, group.windows.iter().copied());
        }
        recipe.check(source.info())?;
        let hashes = Hashes::begin(inputs.clone());
        Ok(Self { recipe, source, inputs, opened, hashes })
    }

    /// Measures; gives what was measured, and whether that is all.
    ///
    /// With `keep_going`, where a frame cannot be read in a pass before measuring (for the background or the
    /// reference), what can be measured of the frames before it is measured.
    pub fn measure(
        &mut self,
        keep_going: bool,
        monitor: &dyn Monitor,
    ) -> (Tracks, Result<(), CoreError>) {
        let (all, ended) = tracks(&self.recipe, &mut self.source, monitor);
        match ended {
            Err(CoreError::Read { frame, .. }) if keep_going && all.n_frames() == 0 => {
                let before = tracks_before(frame, &self.recipe, &mut self.source, monitor);
                (before.unwrap_or(all), ended)
            }
            _ => (all, ended),
        }
    }

    /// Where what was measured comes from, when all hashes are taken.
    pub fn provenance(self) -> Result<Provenance, Error> {
        let (recipe_json, doubts) = (self.recipe_json(), doubts(self.source.info()));
        let inputs = self.hashes.all()?;
        Ok(Provenance { recipe_json, opened: self.opened, inputs, doubts, ..Provenance::default() })
    }

    /// The same without waiting long for hashes.
    pub fn provenance_soon(self) -> Provenance {
        let (recipe_json, doubts) = (self.recipe_json(), doubts(self.source.info()));
        let inputs = self.hashes.soon();
        Provenance { recipe_json, opened: self.opened, inputs, doubts, ..Provenance::default() }
    }

    fn recipe_json(&self) -> String {
        serde_json::to_string(&self.recipe).expect("settings are numbers and words")
    }
}

/// What the user should know before believing the frames.
pub fn doubts(info: &StackInfo) -> Vec<String> {
    info.doubts().map(|(name, value)| format!("{name}: {value}")).collect()
}

/// What a table says of a frame that could not be read, when what was measured before it is kept; the error
/// is for who does not want that, or has nothing before it.
pub fn broken_off(
    frame: usize,
    cause: &BoxError,
    n_measured: usize,
    keep_going: bool,
) -> Result<String, String> {
    let Unread { what, place } = Unread::new(frame, cause);
    if keep_going && 0 < n_measured {
        let measured = match n_measured {
            1 => "only the frame before it is measured".into(),
            n => format!("only the {n} frames before it are measured"),
        };
        return Ok(format!("{what}; {measured}{place}"));
    }
    let mut ways = left_out(frame);
    if 0 < n_measured {
        ways += ", or measure the frames before it with --keep-going";
    }
    Err(format!("{what}; {ways}{place}"))
}

/// What was measured, and whether that is all.
fn tracks(
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    monitor: &dyn Monitor,
) -> (Tracks, Result<(), CoreError>) {
    let mut motion = match Motion::new(recipe, source, monitor) {
        Ok(motion) => motion,
        Err(error) => return (Tracks::default(), Err(error)),
    };
    let ended = run(source, recipe, monitor, &mut [&mut motion]);
    (motion.into_tracks(), ended)
}

/// What is measured as if the recording ended before this frame; nothing if that makes no sense, as
/// when the reference is behind it.
fn tracks_before(
    frame: usize,
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    monitor: &dyn Monitor,
) -> Option<Tracks> {
    let info = source.info();
    let indices = (0..info.n_frames).filter(|&index| info.number(index) < frame).collect();
    let mut before = Selected::new(source, indices).ok()?;
    recipe.check(before.info()).ok()?;
    let (tracks, ended) = tracks(recipe, &mut before, monitor);
    ended.is_ok().then_some(tracks)
}
