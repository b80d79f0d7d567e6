//! What can be typed about reports.

use std::path::PathBuf;

use clap::Args;

use super::SpeakingArguments;

pub(super) const USAGE: &str = "movemeter report TABLE [STACK...] -o HTML [OPTIONS]";

pub(super) const INTRODUCTION: &str = "\
Makes a page of a measurement, in one file that needs no network: what was measured and how, noise levels, \
displacements over time, a map, and the samples that should be looked at by eye: what was looked for, what was \
found, and how the two differ.";

pub(super) const EXAMPLES: &str = "\
The recording is looked for where the table says it was, from the table's folder too, and beside the table under its \
name. If it is in none of these places, the page has no pictures of samples, and says so.

Examples:
  movemeter report motion.csv -o motion.html
  The recording is elsewhere now:
    movemeter report motion.csv /archive/recording.tif -o motion.html
  A session:
    movemeter report run.zip -o run.html";

/// `movemeter report …`
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Table or session that was measured.
    #[arg(value_name = "TABLE")]
    pub table: PathBuf,

    /// The recording that was measured. Left out: it is looked for where the table says.
    #[arg(value_name = "STACK")]
    pub stacks: Vec<PathBuf>,

    /// Page to write, .html. A file of that name is replaced when all is done.
    #[arg(short, long = "output", value_name = "HTML", help_heading = "Output")]
    pub output: PathBuf,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}
