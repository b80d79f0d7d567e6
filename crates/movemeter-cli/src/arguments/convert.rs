//! What can be typed about converting tables and sessions.

use std::path::PathBuf;

use clap::Args;

use super::SpeakingArguments;

pub(super) const EXAMPLES: &str = "\
What the table says of itself (recipe, inputs, version) is kept. Text has six decimals: what was read from \
.csv or .tsv has no more of them in another format.

Examples:
  movemeter convert motion.csv -o motion.parquet
  movemeter convert motion.parquet -o motion.csv -o motion.npz
  movemeter convert motion.csv -o run.zip
  movemeter convert motion.npz --wide -o motion.csv";

/// `movemeter convert …`
#[derive(Debug, Args)]
pub struct ConvertArguments {
    /// Table or session to read: .csv .tsv .json .parquet .npz .zip.
    #[arg(value_name = "TABLE")]
    pub table: PathBuf,

    /// Table or session to write; its ending chooses the format: .csv .tsv .json .parquet .npz .zip. May be given
    /// several times; `-` writes CSV to standard output.
    #[arg(short, long = "output", value_name = "OUT", required = true)]
    pub outputs: Vec<PathBuf>,

    /// Write tables with a column for each window instead, as movemeter 0.7 did; only for .csv. With
    /// -o motion.csv they are movements_motion_rg0.csv, for each group of windows one, and
    /// summary_desctructive_motion.csv: lengths of displacements in px, and their means.
    #[arg(long)]
    pub wide: bool,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}
