//! Many recordings measured by one recipe, each into a folder of its own, and a summary of all.
//!
//! A batch can be killed at any moment and begun again: what is done and unchanged is kept. In the folder of each
//! stack, `done.json` appears last, when the tables are whole ([`Record`]).

mod shard;
mod permits;
mod names;
mod lock;
mod place;
mod found;
mod record;
mod outcome;
mod tables;
mod summary;
mod joining;
mod crew;
mod one;
mod watch;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use self::crew::Crew;
use crate::error::Error;
use crate::format::known_endings;
use crate::recipe_file::RecipeFile;
use crate::table::TableFormat;

pub use found::{Found, Stack};
pub use joining::{TABLE, join_tables};
pub use outcome::{BatchMonitor, Outcome, Plan, Reason};
pub use record::{FileRecord, InputRecord, Record};
pub use shard::Shard;
pub use summary::{Row, SUMMARY, State, Summary, merge};
pub use watch::Watch;

/// What is to be measured, how, and where the results go.
///
/// ```no_run
/// use movemeter::Silent;
/// use movemeter_io::RecipeFile;
/// use movemeter_io::batch::{Batch, State};
///
/// let batch = Batch { folders: vec!["day1".into()], output: "results".into(), ..Batch::default() };
/// let report = batch.run(&Silent)?;
/// println!("{} done, {} failed", report.summary.count(State::Done), report.summary.count(State::Failed));
/// # Ok::<(), movemeter_io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batch {
    /// Where the recordings are.
    pub folders: Vec<PathBuf>,
    /// Whether recordings in folders below are measured, too.
    pub recursive: bool,
    /// How they are measured.
    pub recipe: RecipeFile,
    /// Where the results go.
    pub output: PathBuf,
    /// The names of the tables of each stack; their endings choose the formats.
    pub tables: Vec<String>,
    /// The part of the stacks that is measured. `None`: all.
    pub shard: Option<Shard>,
    /// Whether a recording is known by its bytes. If not: by the lengths and times of its files.
    pub check_hashes: bool,
    /// Whether the frames before one that cannot be read are worth measuring.
    pub keep_going: bool,
    /// How many stacks are measured side by side, if they are small. `None`: as many as threads.
    pub n_jobs: Option<usize>,
    /// Threads that measure, of all stacks together. `None`: one for each core.
    pub n_threads: Option<usize>,
    /// Whether to wait for recordings that are still being written.
    pub watch: Option<Watch>,
}

impl Default for Batch {
    /// One table for each stack, `motion.csv`.
    fn default() -> Self {
        Self {
            folders: Vec::new(),
            recursive: false,
            recipe: RecipeFile::default(),
            output: PathBuf::new(),
            tables: vec!["motion.csv".into()],
            shard: None,
            check_hashes: false,
            keep_going: false,
            n_jobs: None,
            n_threads: None,
            watch: None,
        }
    }
}

/// What a batch did.
#[derive(Debug)]
pub struct Report {
    /// What is there now, as it is written in the output folder.
    pub summary: Summary,
    /// How many stacks were measured now; the others were before, or are not.
    pub n_measured: usize,
    /// Folders in the folders that hold more, and were not gone through.
    pub passed: Vec<PathBuf>,
}

impl Batch {
    /// Measures all that needs to be measured, and writes the summary.
    ///
    /// A stack that cannot be measured is no error: the summary says why, and the next run tries again. Where
    /// results cannot be written at all, or nothing is found, it is. Stopped by the monitor, the summary says what
    /// is waiting.
    pub fn run(&self, monitor: &dyn BatchMonitor) -> Result<Report, Error> {
        self.check()?;
        place::begin(&self.output, &self.folders)?;
        let mut before = HashMap::new();
        if let Some(watch) = self.watch {
            before = watch::watch(self, watch, monitor)?;
        }
        let found = self.find()?;
        if found.stacks.is_empty() && self.shard.is_none() {
            return Err(self.nothing_found(&found));
        }
        let crew = Crew::new(self, monitor, false);
        monitor.begin(found.stacks.len());
        let mut outcomes = crew.settle_all(&found.stacks);
        let has_room = crew.check_room();
        let measured = |outcome: &Outcome| matches!(outcome, Outcome::Measured(_));
        let now = outcomes.iter().filter(|outcome| measured(outcome)).count();
        let n_measured = now + before.values().filter(|outcome| measured(outcome)).count();
        for (stack, outcome) in found.stacks.iter().zip(&mut outcomes) {
            // After a stop nothing is looked at again.
            if matches!(outcome, Outcome::Waiting(_))
                && let Some(known) = before.remove(&stack.name)
            {
                *outcome = known;
            }
        }
        let summary = self.summary(&found.stacks, &outcomes, &crew);
        // Where there was no room, perhaps there is for this; if not, that is said already.
        let kept = summary.keep(&self.output);
        has_room?;
        kept?;
        Ok(Report { summary, n_measured, passed: found.passed })
    }

    /// What would be done with each stack.
    pub fn plan(&self) -> Result<Vec<(Stack, Plan)>, Error> {
        self.check()?;
        let crew = Crew::new(self, &movemeter::monitor::Silent, false);
        let stacks = self.find()?.stacks;
        let planned = |stack: Stack| {
            let plan = crew.plan(&stack);
            (stack, plan)
        };
        Ok(stacks.into_iter().map(planned).collect())
    }

    /// The recordings of this part of the batch.
    pub fn find(&self) -> Result<Found, Error> {
        let mut found =
            found::find(&self.folders, self.recursive, &self.recipe.opening, &self.output)?;
        if let Some(shard) = self.shard {
            let mut place = 0..;
            found.stacks.retain(|_| place.next().is_some_and(|place| shard.holds(place)));
        }
        Ok(found)
    }

    /// Where a stack's results are.
    pub fn results_of(&self, stack: &Stack) -> PathBuf {
        self.output.join(&stack.name)
    }

    /// What can be known before any folder is looked into.
    fn check(&self) -> Result<(), Error> {
        if self.folders.is_empty() {
            return Err(Error::NoInput);
        }
        for folder in &self.folders {
            std::fs::metadata(folder).map_err(|error| Error::refused(folder, &error))?;
        }
        for name in &self.tables {
            TableFormat::of(Path::new(name))?;
        }
        self.recipe.recipe.check_settings()?;
        match self.recipe.recipe.windows.is_empty() && self.recipe.rois.is_empty() {
            true => Err(movemeter::error::Error::NoWindows.into()),
            false => Ok(()),
        }
    }

    fn summary(&self, stacks: &[Stack], outcomes: &[Outcome], crew: &Crew<'_>) -> Summary {
        let rows = stacks.iter().zip(outcomes).map(|(stack, outcome)| Row::new(stack, outcome));
        Summary {
            recipe_sha256: crew.recipe_sha256.clone(),
            shard: self.shard,
            rows: rows.collect(),
        }
    }

    fn nothing_found(&self, found: &Found) -> Error {
        let path = self.folders[0].clone();
        match found.passed.is_empty() {
            true => Error::NoImages { path, endings: known_endings() },
            false => Error::Unfit {
                path,
                cause:
                    "no recording directly in the folder; --recursive looks in the folders below"
                        .into(),
            },
        }
    }
}
