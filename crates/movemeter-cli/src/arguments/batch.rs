//! `movemeter batch …`: what can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use movemeter_io::batch::Shard;

use super::SpeakingArguments;
use crate::values;

pub(super) const USAGE: &str = "movemeter batch FOLDER... --recipe FILE -o FOLDER [OPTIONS]\n       movemeter batch --merge -o FOLDER";

pub(super) const INTRODUCTION: &str = "\
Measures many recordings by one recipe. Each gets a folder of its own with its tables, and summary.csv has a line \
for each.

A batch may be stopped or killed at any moment: the same command goes on from there. It keeps what is done, and \
measures again where the recording, the recipe or the program has changed since. A recording that cannot be measured \
does not stop the others; the next run tries it again.

In each FOLDER every video, camera's file, stack of TIFF or npy is a recording of its own; pictures (files with one \
frame each) make one recording together. Of the folders in it, those of pictures are recordings, too. So a folder of \
pictures is one recording, and a folder of such folders is many.";

pub(super) const EXAMPLES: &str = "\
The results of day1/a.tif are in FOLDER/day1/a: the tables, and done.json, which appears last. Where that name would be \
given twice (a.tif and a.avi), the endings stay: FOLDER/day1/a.tif. If a recording cannot be measured, failed.json says why.

Exit codes: 0 all is done, 1 something failed, 2 wrong usage, 130 stopped with Ctrl-C.

Examples:
  First a look at what would be done, then all of it:
    movemeter batch day1 day2 --recipe recipe.toml -o results --dry-run
    movemeter batch day1 day2 --recipe recipe.toml -o results
  While recordings still come in, until there was none for ten minutes:
    movemeter batch incoming --recipe recipe.toml -o results --watch --until-idle 600
  On four computers, or in a job array; the last to end joins the summaries:
    movemeter batch day1 --recipe recipe.toml -o results --shard 1/4     (2/4, 3/4, 4/4)";

/// `movemeter batch …`
#[derive(Debug, Args)]
pub struct BatchArguments {
    /// Folders of recordings; a recording may be given by itself, too.
    #[arg(required_unless_present = "merge", value_name = "FOLDER")]
    pub folders: Vec<PathBuf>,

    /// How all are measured: windows and settings.
    #[arg(long, value_name = "FILE", required_unless_present = "merge")]
    pub recipe: Option<PathBuf>,

    /// Look for recordings in all folders below, too.
    #[arg(long)]
    pub recursive: bool,

    /// Say what would be done with each recording, and do nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Folder for the results; it is made if need be.
    #[arg(short, long = "output", value_name = "FOLDER", help_heading = "Output")]
    pub output: PathBuf,

    /// Formats of each recording's table, motion.csv and so on, as in csv,json.
    #[arg(
        long = "format",
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "csv",
        help_heading = "Output"
    )]
    pub formats: Vec<String>,

    /// Join all recordings' motion.csv into one table, with a first column that names the recording; its name ends in
    /// .csv.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub table: Option<PathBuf>,

    /// Join the summaries of all parts, and measure nothing.
    #[arg(
        long, help_heading = "Many computers",
        conflicts_with_all = ["folders", "recipe", "recursive", "dry_run", "shard", "watch"]
    )]
    pub merge: bool,

    /// Measure only part I of N: every N-th recording. Every part must be run, on any computer, in any order.
    #[arg(long, value_name = "I/N", help_heading = "Many computers")]
    pub shard: Option<Shard>,

    /// Keep looking for new recordings; each is taken when its files have stood still for a while. Ctrl-C ends it.
    #[arg(long, help_heading = "Folders being filled", conflicts_with_all = ["shard", "dry_run"])]
    pub watch: bool,

    /// How long files must have stood still, in seconds.
    #[arg(
        long, value_name = "SECONDS", value_parser = values::seconds, default_value = "5",
        allow_negative_numbers = true, help_heading = "Folders being filled", requires = "watch"
    )]
    pub settle: Duration,

    /// End when nothing has changed for so long, in seconds; what seemed cut off until then is tried then. Left out:
    /// Ctrl-C ends it.
    #[arg(
        long, value_name = "SECONDS", value_parser = values::seconds, allow_negative_numbers = true,
        help_heading = "Folders being filled", requires = "watch"
    )]
    pub until_idle: Option<Duration>,

    /// Tell by its bytes whether a recording has changed, not by the size and time of its files. Slower; for
    /// recordings that were copied.
    #[arg(long, help_heading = "Running")]
    pub check_hashes: bool,

    /// Where a frame cannot be read, keep what was measured of the frames before it; table and summary say so.
    #[arg(long, help_heading = "Running")]
    pub keep_going: bool,

    /// How many recordings are measured side by side; large ones count as several. Left out: one for each thread.
    #[arg(
        long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true,
        help_heading = "Running"
    )]
    pub jobs: Option<usize>,

    /// Number of threads, of all recordings together; results are the same for any. Left out: one for each core.
    #[arg(
        long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true,
        help_heading = "Running"
    )]
    pub threads: Option<usize>,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}
