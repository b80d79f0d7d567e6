//! What a batch gave, a line for each stack.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::found::Stack;
use super::outcome::Outcome;
use super::place;
use super::record::{Record, VERSION};
use super::shard::Shard;
use crate::error::Error;
use crate::output::OutputFile;

/// The name of the table of all stacks.
pub const SUMMARY: &str = "summary.csv";

/// What became of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Measured; its tables are whole.
    Done,
    /// Measured up to a frame that cannot be read; its tables say so.
    Incomplete,
    /// Not measured: see the message.
    Failed,
    /// A single picture, in which nothing can move.
    LeftOut,
    /// Not measured yet.
    Waiting,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::LeftOut => "left out",
            Self::Waiting => "waiting",
        })
    }
}

/// A stack's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What it is called; its tables are in the folder of this name.
    pub stack: String,
    /// What became of it.
    pub status: State,
    /// How many frames it has.
    pub frames: Option<usize>,
    /// How many windows were measured in each.
    pub windows: Option<usize>,
    /// How many samples: windows times frames, without frames left out.
    pub samples: Option<usize>,
    /// How many of these could be measured.
    pub ok: Option<usize>,
    /// How long it took, s.
    pub seconds: Option<f64>,
    /// The recording's hash, as in its tables.
    pub sha256: Option<String>,
    /// Where the recording is.
    pub input: String,
    /// Why it was not measured, or what is missing.
    pub message: Option<String>,
}

impl Row {
    pub(super) fn new(stack: &Stack, outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Measured(record) | Outcome::Kept(record) => Self::of_record(stack, record),
            Outcome::LeftOut(why) => Self::unmeasured(stack, State::LeftOut, why),
            Outcome::Failed(why) => Self::unmeasured(stack, State::Failed, why),
            Outcome::Waiting(why) => Self::unmeasured(stack, State::Waiting, why),
        }
    }

    fn of_record(stack: &Stack, record: &Record) -> Self {
        let is_whole = record.incomplete.is_none();
        Self {
            status: if is_whole { State::Done } else { State::Incomplete },
            frames: Some(record.frames),
            windows: Some(record.windows),
            samples: Some(record.samples),
            ok: Some(record.ok),
            seconds: Some((record.seconds * 1e3).round() / 1e3),
            sha256: record.inputs.first().map(|input| input.sha256.clone()),
            message: record.incomplete.clone(),
            ..Self::unmeasured(stack, State::Done, "")
        }
    }

    fn unmeasured(stack: &Stack, status: State, why: &str) -> Self {
        Self {
            stack: stack.name.clone(),
            status,
            frames: None,
            windows: None,
            samples: None,
            ok: None,
            seconds: None,
            sha256: None,
            input: stack.path.display().to_string(),
            message: Some(why.into()),
        }
    }
}

/// The table of all stacks of a batch, or of a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Tells the recipe from others.
    pub recipe_sha256: String,
    /// Of which part of a batch it is.
    pub shard: Option<Shard>,
    /// A row for each stack, in natural order of their names.
    pub rows: Vec<Row>,
}

/// Begins the comment that tells the recipe.
pub(super) const RECIPE: &str = "# recipe_sha256 ";

impl Summary {
    /// How many stacks there are of this state.
    pub fn count(&self, state: State) -> usize {
        self.rows.iter().filter(|row| row.status == state).count()
    }

    /// Where it is, in an output folder.
    pub fn path(&self, output: &Path) -> PathBuf {
        output.join(self.shard.map_or_else(|| SUMMARY.into(), Shard::summary_name))
    }

    /// Puts it in its place. Parts of a batch are joined when the last is there; a summary of the whole takes their
    /// place.
    pub(super) fn keep(&self, output: &Path) -> Result<(), Error> {
        let _lock = place::lock(output)?;
        self.write(&self.path(output))?;
        match self.shard {
            None => self.replace_parts(output),
            Some(Shard { of, .. }) => {
                if Shard::all_in(output, of).iter().all(|path| path.exists())
                    && let Ok(whole) = joined(output, of)
                {
                    whole.write(&whole.path(output))?;
                }
                Ok(())
            }
        }
    }

    fn write(&self, path: &Path) -> Result<(), Error> {
        let unwritable = |error: io::Error| Error::unwritable(path, &error);
        let mut file = OutputFile::create(path)?;
        let mut head = format!("# movemeter {VERSION}\n{RECIPE}{}\n", self.recipe_sha256);
        if let Some(shard) = self.shard {
            head += &format!("# shard {shard}\n");
        }
        file.write_all(head.as_bytes()).map_err(unwritable)?;
        self.write_rows(&mut file).map_err(unwritable)?;
        file.finish()
    }

    fn write_rows(&self, file: &mut OutputFile) -> io::Result<()> {
        let mut writer =
            csv::WriterBuilder::new().comment(Some(b'#')).has_headers(false).from_writer(file);
        writer.write_record(COLUMNS)?;
        for row in &self.rows {
            writer.serialize(row)?;
        }
        writer.flush()
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let refused = |error: io::Error| Error::refused(path, &error);
        let mut lines = BufReader::new(File::open(path).map_err(refused)?).lines();
        let comments =
            lines.by_ref().map_while(Result::ok).take_while(|line| line.starts_with('#'));
        let recipe =
            comments.filter_map(|line| line.strip_prefix(RECIPE).map(str::to_owned)).next();
        let file = File::open(path).map_err(refused)?;
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(file);
        let rows = reader.deserialize().collect::<Result<Vec<Row>, _>>();
        let (Some(recipe_sha256), Ok(rows)) = (recipe, rows) else {
            return Err(Error::Unreadable {
                format: "summary",
                path: path.into(),
                cause:
                    "this was not written by movemeter batch, or was changed; run the batch again"
                        .into(),
            });
        };
        Ok(Self { recipe_sha256, shard: Shard::of_summary(path), rows })
    }

    /// Parts that say nothing which is not here.
    fn replace_parts(&self, output: &Path) -> Result<(), Error> {
        let parts = parts_in(output)?;
        let known = |row: &Row| self.rows.iter().any(|other| other.stack == row.stack);
        for (path, _) in parts {
            if Self::read(&path).is_ok_and(|part| part.rows.iter().all(known)) {
                std::fs::remove_file(&path).map_err(|error| Error::unwritable(&path, &error))?;
            }
        }
        Ok(())
    }
}

const COLUMNS: [&str; 10] = [
    "stack", "status", "frames", "windows", "samples", "ok", "seconds", "sha256", "input",
    "message",
];

/// Joins the summaries of a batch's parts into one, and writes it.
///
/// The parts must be there all, of one number of parts and one recipe.
pub fn merge(output: &Path) -> Result<Summary, Error> {
    let parts = parts_in(output)?;
    let unfit = |cause: String| Err(Error::Unfit { path: output.into(), cause });
    let Some((_, first)) = parts.first() else {
        return unfit(
            "there is no part of a batch; run its parts first, with --shard 1/N and so on".into(),
        );
    };
    if let Some((_, other)) = parts.iter().find(|(_, shard)| shard.of != first.of) {
        return unfit(format!(
            "there are parts of a batch in {} parts and of one in {}; delete the summaries of the old one",
            first.of, other.of
        ));
    }
    let _lock = place::lock(output)?;
    let whole = joined(output, first.of)?;
    whole.write(&whole.path(output))?;
    Ok(whole)
}

fn joined(output: &Path, of: usize) -> Result<Summary, Error> {
    let unfit = |cause: String| Err(Error::Unfit { path: output.into(), cause });
    let paths = Shard::all_in(output, of);
    let missing: Vec<String> = (1..=of)
        .zip(&paths)
        .filter(|(_, path)| !path.exists())
        .map(|(number, _)| Shard { number, of }.to_string())
        .collect();
    if !missing.is_empty() {
        return unfit(format!(
            "parts of the batch are missing: {}; run them first",
            missing.join(" ")
        ));
    }
    let parts = paths.iter().map(|path| Summary::read(path)).collect::<Result<Vec<_>, _>>()?;
    let recipe_sha256 = parts[0].recipe_sha256.clone();
    if let Some(other) = parts.iter().position(|part| part.recipe_sha256 != recipe_sha256) {
        return unfit(format!(
            "part 1/{of} was measured by another recipe than part {}/{of}; run all by the same",
            other + 1
        ));
    }
    let mut rows: Vec<Row> = parts.into_iter().flat_map(|part| part.rows).collect();
    rows.sort_by(|a, b| crate::natural::natural_cmp(&a.stack, &b.stack));
    Ok(Summary { recipe_sha256, shard: None, rows })
}

fn parts_in(output: &Path) -> Result<Vec<(PathBuf, Shard)>, Error> {
    let refused = |error: io::Error| Error::refused(output, &error);
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(output).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        parts.extend(Shard::of_summary(&path).map(|shard| (path, shard)));
    }
    parts.sort_by_key(|(_, shard)| (shard.of, shard.number));
    Ok(parts)
}
