//! A report of a measurement: one HTML file that needs nothing else, to be read, printed and kept.

mod html;
mod settings;
mod summary;
mod data;
mod pictures;
mod worst;
mod page;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use movemeter::monitor::Monitor;
use movemeter::recipe::Recipe;
use movemeter::review::Review;
use movemeter::source::FrameSource;

use crate::error::Error;
use crate::finding::find_input;
use crate::hashes::UNKNOWN;
use crate::mask::read_mask;
use crate::provenance::{HashedInput, hash_input};
use crate::results::Results;
use crate::series::{Input, Recording, open_all};
use worst::Shown;

/// What a report is made of.
pub struct Report<'a> {
    results: &'a Results,
    /// The name of the table.
    name: String,
    shown: Shown,
}

/// Samples that are shown.
const N_WORST: usize = 20;

impl<'a> Report<'a> {
    /// Looks at the worst samples in the recording, and prepares the report.
    ///
    /// `table` is where the results were read from. The recording is looked for where the table says, or is
    /// `stacks`, if any are given. If it is not found, or is not the one that was measured, the report has no
    /// pictures and says why; only what was named in `stacks` must be there.
    pub fn new(
        results: &'a Results,
        table: &Path,
        stacks: &[PathBuf],
        monitor: &dyn Monitor,
    ) -> Result<Self, Error> {
        let shown = match review(results, table, stacks, monitor) {
            Ok(mut review) => Shown::of(&results.tracks, &mut review),
            Err(error) if !stacks.is_empty() => return Err(error),
            Err(error) => Shown::without(&results.tracks, error.to_string()),
        };
        let name = table.file_name().unwrap_or(table.as_os_str());
        Ok(Self { results, name: name.to_string_lossy().into_owned(), shown })
    }

    /// Why there are no pictures of samples; `None` if there are.
    pub fn without_pictures(&self) -> Option<&str> {
        self.shown.missing.as_deref()
    }

    /// How many samples are shown.
    pub fn n_shown(&self) -> usize {
        self.shown.worst.len()
    }
}

/// Writes a report as HTML.
pub fn write_report(report: &Report<'_>, writer: &mut dyn Write) -> io::Result<()> {
    page::write(report, writer)
}

/// Whether this is what was measured; pictures of another recording would show what never was.
fn check_same(read: &Input, measured: &HashedInput) -> Result<(), Error> {
    let found = match measured.sha256 == UNKNOWN {
        true => return Ok(()),
        false => hash_input(read)?.sha256,
    };
    match found == measured.sha256 {
        true => Ok(()),
        false => Err(Error::InputChanged {
            path: read.path.clone(),
            found,
            expected: measured.sha256.clone(),
        }),
    }
}

fn review(
    results: &Results,
    table: &Path,
    stacks: &[PathBuf],
    monitor: &dyn Monitor,
) -> Result<Review<Box<dyn FrameSource>>, Error> {
    let inputs = &results.provenance.inputs;
    // The mask's image is the last input.
    let n_stacks = inputs.len().saturating_sub(usize::from(results.recipe.mask.is_some()));
    let found = |input| {
        find_input(input, table).ok_or_else(|| Error::Missing {
            path: input.path.clone().unwrap_or_else(|| PathBuf::from(&input.name)),
        })
    };
    let stacks = match stacks {
        [] => inputs[..n_stacks].iter().map(found).collect::<Result<Vec<_>, _>>()?,
        stacks => stacks.to_vec(),
    };
    let mut recipe = Recipe { ..results.recipe.clone() };
    if recipe.mask.is_some()
        && let Some(input) = inputs.last()
    {
        recipe.mask = Some(read_mask(found(input)?)?.0);
    }
    let Recording { source, inputs: read, .. } = open_all(&stacks, &results.provenance.opened)?;
    for (read, measured) in read.iter().zip(inputs) {
        check_same(read, measured)?;
    }
    Ok(Review::new(&recipe, source, monitor)?)
}
