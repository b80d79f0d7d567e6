//! One stack of a batch: whether it is to be measured, and measuring it.

use std::path::Path;
use std::time::{Instant, SystemTime};

use movemeter::error::Error as CoreError;
use movemeter::monitor::{Monitor, Stage, Warning};
use movemeter::source::{DAMAGE, FrameSource, StackInfo};
use movemeter::track::{Status, Tracks};

use super::crew::Crew;
use super::found::Stack;
use super::lock::Lock;
use super::outcome::{Outcome, Plan, Reason};
use super::record::{self, DONE, FAILED, Failure, FileRecord, InputRecord, Record, VERSION};
use super::tables::Tables;
use crate::error::Error;
use crate::job::{Job, doubts};
use crate::moment::iso;
use crate::provenance::Provenance;
use crate::series::{Input, open_all};
use crate::unread::Unread;

/// Why a stack was not measured.
enum Trouble {
    /// Somebody wants to stop.
    Stopped,
    /// It seems cut off, but may still be being written.
    Growing(String),
    LeftOut(String),
    Failed(Error),
    /// The same in words.
    Said(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Crew<'_> {
    /// Measures a stack if need be; `None` while another program does.
    pub(super) fn settle(&self, stack: &Stack) -> Option<Outcome> {
        if let Some(trouble) = &stack.trouble {
            return Some(Outcome::Failed(trouble.clone()));
        }
        let results = self.batch.results_of(stack);
        if let Plan::Keep(record) = self.plan(stack) {
            return Some(Outcome::Kept(*record));
        }
        let lock = match Lock::of_stack(&results) {
            Ok(Some(lock)) => lock,
            Ok(None) => return None,
            Err(error) => return Some(self.failed(stack, Trouble::Failed(error))),
        };
        let outcome = match self.plan(stack) {
            // Whoever held the lock has measured it.
            Plan::Keep(record) => Outcome::Kept(*record),
            Plan::Measure(reason) => {
                self.monitor.begun(stack, reason);
                let measured = self.measure(stack, &results).map(Outcome::Measured);
                measured.unwrap_or_else(|trouble| self.failed(stack, trouble))
            }
        };
        drop(lock);
        if matches!(outcome, Outcome::LeftOut(_)) {
            // Unless there is something in it.
            let _ = std::fs::remove_dir(&results);
        }
        Some(outcome)
    }

    /// Whether what is there can be kept.
    pub(super) fn plan(&self, stack: &Stack) -> Plan {
        let results = self.batch.results_of(stack);
        let Some(record) = Record::read(&results) else {
            return Plan::Measure(match results.join(FAILED).exists() {
                true => Reason::FailedBefore,
                false => Reason::New,
            });
        };
        match self.outdated(&record, stack, &results) {
            Some(reason) => Plan::Measure(reason),
            None => Plan::Keep(Box::new(record)),
        }
    }

    fn outdated(&self, record: &Record, stack: &Stack, results: &Path) -> Option<Reason> {
        let check_hashes = self.batch.check_hashes;
        let is_same = |(k, input): (usize, &InputRecord)| match k {
            0 => input.is_of(stack, check_hashes),
            _ => input.is_as_it_was(check_hashes),
        };
        if record.movemeter != VERSION {
            Some(Reason::OtherVersion)
        } else if record.recipe_sha256 != self.recipe_sha256 {
            Some(Reason::OtherRecipe)
        } else if !record.has_tables(&self.batch.tables, results) {
            Some(Reason::NoTables)
        } else if record.incomplete.is_some() && !self.batch.keep_going {
            Some(Reason::Incomplete)
        } else {
            (!record.inputs.iter().enumerate().all(is_same)).then_some(Reason::Changed)
        }
    }

    fn measure(&self, stack: &Stack, results: &Path) -> Result<Record, Trouble> {
        let (began, clock) = (SystemTime::now(), Instant::now());
        check_same_recording(stack, results)?;
        let mut job = self.opened(stack)?;
        let inputs = job.inputs.clone();
        let files = inputs.iter().map(FileRecord::of_input).collect::<Result<Vec<_>, _>>()?;
        let mut tables = Tables::create(results, &self.batch.tables)?;
        let (tracks, incomplete) = self.tracks(stack, &mut job)?;
        let provenance = Provenance { incomplete, ..job.provenance()? };
        tables.write(&tracks.table(), &provenance.seen_from(results))?;
        check_unchanged(&inputs, &files)?;
        let hashed = inputs.iter().zip(files).zip(&provenance.inputs);
        let n_excluded = tracks.count(Status::Excluded);
        // From here on the old results are given up.
        let old = Record::read(results);
        remove(results, DONE)?;
        let record = Record {
            movemeter: VERSION.into(),
            stack: stack.name.clone(),
            recipe_sha256: self.recipe_sha256.clone(),
            incomplete: provenance.incomplete.clone(),
            frames: tracks.n_frames(),
            windows: tracks.n_windows(),
            samples: tracks.n_frames() * tracks.n_windows() - n_excluded,
            ok: tracks.count(Status::Ok),
            inputs: hashed
                .map(|((input, files), hash)| InputRecord::new(input, files, hash))
                .collect(),
            tables: tables.finish()?,
            began: iso(began),
            ended: iso(SystemTime::now()),
            seconds: clock.elapsed().as_secs_f64(),
        };
        self.remove_others(old.as_ref(), results)?;
        record::write(&record, &results.join(DONE))?;
        remove(results, FAILED)?;
        Ok(record)
    }

    /// Tables of earlier results that are not written any more.
    fn remove_others(&self, old: Option<&Record>, results: &Path) -> Result<(), Error> {
        let old = old.into_iter().flat_map(|old| &old.tables);
        let mut others = old.filter(|table| !self.batch.tables.contains(&table.path));
        others.try_for_each(|table| remove(results, &table.path))
    }

    /// The recording, ready to be measured, if something can move in it.
    fn opened(&self, stack: &Stack) -> Result<Job, Trouble> {
        let recording = open_all(std::slice::from_ref(&stack.path), &self.batch.recipe.opening)?;
        let info = recording.source.info();
        let is_damaged = info.metadata.iter().find(|(name, _)| name == DAMAGE);
        if let Some((_, damage)) = is_damaged.filter(|_| self.is_patient) {
            return Err(Trouble::Growing(damage.clone()));
        }
        if info.n_frames == 1 {
            return Err(Trouble::LeftOut("a single picture, in which nothing moves".into()));
        }
        for doubt in doubts(info) {
            self.monitor.doubt(stack, &doubt);
        }
        Ok(Job::new(recording, self.batch.recipe.clone())?)
    }

    /// What was measured, and what is missing, if that is accepted.
    fn tracks(&self, stack: &Stack, job: &mut Job) -> Result<(Tracks, Option<String>), Trouble> {
        let n_windows = job.recipe.windows.len();
        let permits = self.permits.take(self.weight(job.source.info(), n_windows));
        let n_threads = self.n_threads(permits.n);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
        let pool = pool.map_err(|error| {
            Trouble::Said(format!("cannot start {n_threads} threads: {error}; try fewer"))
        })?;
        let relay = Relay { crew: self, stack };
        let keep_going = self.batch.keep_going && !self.is_patient;
        let (tracks, ended) = pool.install(|| job.measure(keep_going, &relay));
        match ended {
            Ok(()) => Ok((tracks, None)),
            Err(CoreError::Cancelled) => Err(Trouble::Stopped),
            Err(CoreError::Read { frame, source }) => {
                let Unread { what, place } = Unread::new(frame, &source);
                match tracks.n_frames() {
                    n if keep_going && 0 < n => Ok((
                        tracks,
                        Some(format!("{what}; only the frames before it are measured{place}")),
                    )),
                    _ => Err(Trouble::Said(what + &place)),
                }
            }
            Err(error) => Err(Error::from(error).into()),
        }
    }

    /// How many permits a stack takes: what its frames and samples take of memory, in parts of
    /// [`PERMIT_BYTES`].
    fn weight(&self, info: &StackInfo, n_windows: usize) -> usize {
        let frame_bytes = (info.size.area() * size_of::<f32>()).max(BATCH_BYTES);
        let n_samples = info.n_frames.saturating_mul(n_windows);
        let bytes =
            (FRAMES_AT_ONCE * frame_bytes).saturating_add(n_samples.saturating_mul(SAMPLE_BYTES));
        bytes.div_ceil(PERMIT_BYTES).clamp(1, self.n_permits)
    }

    /// Writes down why a stack was not measured.
    fn failed(&self, stack: &Stack, trouble: Trouble) -> Outcome {
        let message = match trouble {
            Trouble::Stopped => return Outcome::Waiting("stopped before it was measured".into()),
            Trouble::Growing(damage) => return Outcome::Waiting(damage),
            Trouble::LeftOut(why) => return Outcome::LeftOut(why),
            // What cannot be read may be still to come.
            Trouble::Said(message) if self.is_patient => return Outcome::Waiting(message),
            Trouble::Failed(error) if self.is_patient && is_of_reading(&error) => {
                return Outcome::Waiting(error.to_string());
            }
            Trouble::Said(message) => message,
            Trouble::Failed(error @ Error::NoRoom { .. }) => {
                let message = error.to_string();
                self.stop_for(error);
                return Outcome::Failed(message);
            }
            Trouble::Failed(error) => error.to_string(),
        };
        let failure = Failure {
            movemeter: VERSION.into(),
            stack: stack.name.clone(),
            recipe_sha256: self.recipe_sha256.clone(),
            message: message.clone(),
            ended: iso(SystemTime::now()),
        };
        // The summary says it, too.
        let _ = record::write(&failure, &self.batch.results_of(stack).join(FAILED));
        Outcome::Failed(message)
    }
}

/// Frames come in batches of this much for each thread.
const BATCH_BYTES: usize = 8 << 20;
/// Two batches are held, and one that is prepared takes up to four times as much.
const FRAMES_AT_ONCE: usize = 6;
/// A sample with its deformation and brightness.
const SAMPLE_BYTES: usize = 100;
/// What a stack of small frames takes, with some room.
const PERMIT_BYTES: usize = 64 << 20;

/// Tells the batch's monitor how one stack goes.
struct Relay<'a> {
    crew: &'a Crew<'a>,
    stack: &'a Stack,
}

impl Monitor for Relay<'_> {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        self.crew.monitor.progress(self.stack, stage, done, total);
    }

    fn warn(&self, warning: Warning) {
        self.crew.monitor.warn(self.stack, &warning);
    }

    fn is_cancelled(&self) -> bool {
        self.crew.is_stopped()
    }
}

/// Whether a recording cannot be read, while nothing is wrong with what was asked for or with the output.
fn is_of_reading(error: &Error) -> bool {
    !matches!(
        error,
        Error::Measuring(_) | Error::Unwritable { .. } | Error::NoRoom { .. } | Error::Unfit { .. }
    )
}

/// Two recordings of one name must not overwrite each other's results, run by run.
fn check_same_recording(stack: &Stack, results: &Path) -> Result<(), Error> {
    let Some(record) = Record::read(results) else { return Ok(()) };
    match record.inputs.first() {
        Some(old) if !old.was_at(&stack.path) && !old.is_of(stack, false) => Err(Error::Unfit {
            path: results.into(),
            cause: format!(
                "there are results of another recording, {}; give another output folder, or delete them",
                old.path
            ),
        }),
        _ => Ok(()),
    }
}

/// Tables of a recording that was still being written would be of neither state.
fn check_unchanged(inputs: &[Input], files: &[Vec<FileRecord>]) -> Result<(), Trouble> {
    for (input, before) in inputs.iter().zip(files) {
        if FileRecord::of_input(input)? != *before {
            return Err(Trouble::Said(format!(
                "the recording changed while it was measured; run the batch again when it is whole ({})",
                input.path.display()
            )));
        }
    }
    Ok(())
}

fn remove(folder: &Path, name: &str) -> Result<(), Error> {
    let path = folder.join(name);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::unwritable(&path, &error))
        }
        _ => Ok(()),
    }
}
