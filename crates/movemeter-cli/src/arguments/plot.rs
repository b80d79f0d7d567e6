//! What can be typed after `movemeter plot`.

use std::path::PathBuf;

use clap::Args;
use movemeter::traces::Quantity;

use super::{PageArguments, SelectionArguments, SpeakingArguments};
use crate::values;

pub(super) const USAGE: &str = "movemeter plot TABLE -o PICTURE [OPTIONS]";

pub(super) const INTRODUCTION: &str = "\
Draws what a table of measure holds, as a picture that goes into a paper: curves over time (over frame numbers where there \
are no times), in micrometres if the table knows the pixel size. Each window has a line with a band of one standard \
deviation, each group of several a thick line, their mean. Of more than 24 windows only means are drawn, with bands from \
the 10th to the 90th percentile. Nothing is drawn where nothing was measured.";

pub(super) const EXAMPLES: &str = "\
Examples:
  x and y over time:
    movemeter plot motion.csv -o motion.pdf
  How far two groups moved, in the first hundred frames:
    movemeter plot motion.csv --what magnitude --group left --group right --frames ..99 -o motion.svg
  The way one window went:
    movemeter plot motion.csv --path --window 0 -o path.png
  At which frequencies it swings:
    movemeter plot motion.csv --spectrum --what x -o spectrum.pdf";

/// `movemeter plot …`
#[derive(Clone, Debug, Args)]
pub struct PlotArguments {
    /// Table that measure wrote.
    pub table: PathBuf,

    /// What is drawn, a panel for each: x and y (displacement), magnitude (its length, for groups also
    /// that of the mean displacement, dashed), angle, brightness.
    #[arg(
        long, value_name = "x,y,magnitude,angle,brightness", value_delimiter = ',',
        value_parser = quantity, default_value = "x,y", help_heading = "Plot"
    )]
    pub what: Vec<Quantity>,

    /// Draw y over x: the way that windows went, with equal scales.
    #[arg(long, conflicts_with_all = ["spectrum", "what"], help_heading = "Plot")]
    pub path: bool,

    /// Draw the amplitude of each frequency (single-sided, Hann window) instead of time. Needs frames at
    /// even intervals; windows with gaps are left out.
    #[arg(long, help_heading = "Plot")]
    pub spectrum: bool,

    /// What of the table.
    #[command(flatten)]
    pub selection: SelectionArguments,

    /// How large.
    #[command(flatten)]
    pub page: PageArguments,

    /// Picture to write; its ending chooses the format: .pdf .svg .png. A file of that name is replaced.
    #[arg(short, long = "output", value_name = "PICTURE", help_heading = "Output")]
    pub output: PathBuf,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}

fn quantity(text: &str) -> Result<Quantity, String> {
    values::by_name(text, &Quantity::ALL, Quantity::as_str)
}
