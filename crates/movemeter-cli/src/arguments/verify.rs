//! What can be typed about measuring again.

use std::path::PathBuf;

use clap::Args;

use super::SpeakingArguments;

pub(super) const INTRODUCTION: &str = "\
Measures again what a table or session says, by its recipe and from its inputs, and compares every number as it \
is written. The inputs must have the SHA-256 that the file names; it says which were used if they are not where they \
were.";

pub(super) const EXAMPLES: &str = "\
Exit code 0: identical; 1: something differs, or could not be measured again.

Examples:
  movemeter verify motion.csv
  movemeter verify run.zip
  The recordings are on another disk now:
    movemeter verify motion.csv /mnt/archive/2026";

/// `movemeter verify …`
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// Table or session to verify: .csv .tsv .json .parquet .npz .zip.
    #[arg(value_name = "TABLE")]
    pub table: PathBuf,

    /// Where its inputs are, if they are neither where they were nor beside TABLE: the recordings, or
    /// folders that hold them.
    #[arg(value_name = "PLACE")]
    pub places: Vec<PathBuf>,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}
