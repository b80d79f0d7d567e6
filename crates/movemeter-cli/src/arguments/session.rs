//! What can be typed about sessions.

use std::path::PathBuf;

use clap::Args;

use super::SpeakingArguments;

pub(super) const USAGE: &str =
    "movemeter session SESSION [--recording STACK]... [-o OUT.zip [--as-0.7]] [OPTIONS]";

pub(super) const INTRODUCTION: &str = "\
Shows what a session holds, or writes it anew. A session is one .zip with the settings of a measurement, where the \
recording is, and the results in full precision; recordings are not copied. measure writes one with -o run.zip.";

pub(super) const EXAMPLES: &str = "\
Sessions of the movemeter in Python (movemeter_NAME.zip, version 0.7) are read too. There the sign of displacements is \
the other way round; here they are turned, in reading and in writing.

Examples:
  What is in it, and is the recording still there?
    movemeter session run.zip
  The recording is elsewhere now:
    movemeter session run.zip --recording /archive/recording.tif -o moved.zip
  A session of version 0.7, as a table and as a page:
    movemeter session movemeter_fly.zip -o fly.zip
    movemeter report fly.zip -o fly.html
  For the movemeter in Python:
    movemeter session run.zip --as-0.7 -o movemeter_run.zip";

/// `movemeter session …`
#[derive(Debug, Args)]
pub struct SessionArguments {
    /// Session, or a table that is to become one.
    #[arg(value_name = "SESSION")]
    pub session: PathBuf,

    /// Where the recording is now; once for each of its files and folders, in their order.
    #[arg(long = "recording", value_name = "STACK", requires = "output")]
    pub recordings: Vec<PathBuf>,

    /// Session to write, .zip. A file of that name is replaced when all is done. Left out: what is in SESSION is
    /// printed.
    #[arg(short, long = "output", value_name = "OUT.zip", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Write it for the movemeter in Python, version 0.7: signs turned, what was not measured is NaN, and no error
    /// bars or statuses, which it does not have.
    #[arg(long = "as-0.7", requires = "output", help_heading = "Output")]
    pub as_0_7: bool,

    /// Print what is in it as one JSON object, for programs.
    #[arg(long, conflicts_with = "output", help_heading = "Output")]
    pub json: bool,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}
