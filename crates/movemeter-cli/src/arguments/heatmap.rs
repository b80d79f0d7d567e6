//! What can be typed after `movemeter heatmap`.

use std::path::PathBuf;

use clap::Args;
use movemeter::heatmap::{Heat, Over};
use movemeter_io::picture::colormap::Colormap;

use super::{OpenArguments, PageArguments, SelectionArguments, SpeakingArguments};
use crate::values;

pub(super) const USAGE: &str = "movemeter heatmap TABLE -o PICTURE|STACK [OPTIONS]";

pub(super) const INTRODUCTION: &str = "\
Draws what a table of measure holds as colours, each window at its place: as a picture, a film, or a stack of the values \
themselves. All frames share one scale. What was not measured is grey with lines through it; values beyond the ends of the \
scale have the colour of the end, and the bar then ends in a point.";

pub(super) const EXAMPLES: &str = "\
Where windows overlap, each pixel shows the window whose centre is nearest.

Examples:
  How far everything moved, the mean of all frames:
    movemeter heatmap motion.csv -o displacement.pdf
  The direction in frame 20, over the recording:
    movemeter heatmap motion.csv --what direction --frame 20 --over recording.tif -o direction.png
  How fast, as a film and as a picture for each frame (the folder must be there):
    movemeter heatmap motion.csv --what speed --max 200 -o speed.mp4
    movemeter heatmap motion.csv --what speed --max 200 -o speed/f_####.png
  The values, to work on in ImageJ or Python; one pixel for each window:
    movemeter heatmap motion.csv --cells -o displacement.tif";

/// Which frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentArgument {
    /// One, by its number in the recording.
    Frame(usize),
    /// All together.
    Over(Over),
    /// Each.
    Each,
}

/// `movemeter heatmap …`
#[derive(Clone, Debug, Args)]
pub struct HeatmapArguments {
    /// Table that measure wrote.
    pub table: PathBuf,

    /// What is shown: displacement (its length), speed (change of that length since the frame before, a
    /// second or a frame), direction (degrees from right towards down), score, sd (error bar, mean of x
    /// and y).
    #[arg(
        long, value_name = "displacement|speed|direction|score|sd", value_parser = heat,
        default_value = "displacement", help_heading = "Heatmap"
    )]
    pub what: Heat,

    /// Which frame: its number in the recording, the mean or the largest (max) over frames, or each.
    /// Left out: mean for a picture, each for films and stacks.
    #[arg(
        long, value_name = "N|mean|max|each", value_parser = moment, allow_negative_numbers = true,
        help_heading = "Heatmap"
    )]
    pub frame: Option<MomentArgument>,

    /// Value at the lower end of the scale. Left out: 0; for scores, the least there is.
    #[arg(long, value_name = "VALUE", value_parser = values::number, allow_negative_numbers = true, help_heading = "Heatmap")]
    pub min: Option<f64>,

    /// Value at the upper end of the scale. Left out: the largest there is in all frames shown.
    #[arg(long, value_name = "VALUE", value_parser = values::number, allow_negative_numbers = true, help_heading = "Heatmap")]
    pub max: Option<f64>,

    /// Colours: viridis, cividis, inferno, magma, plasma, turbo, greys; for directions twilight or
    /// sinebow, whose ends are the same. Left out: viridis, for directions twilight.
    #[arg(long, value_name = "NAME", value_parser = colormap, help_heading = "Heatmap")]
    pub colormap: Option<Colormap>,

    /// Lay the colours over the frames of this recording. Also says how large frames are; without, the
    /// part that windows cover is shown.
    #[arg(long, value_name = "STACK", num_args = 1, help_heading = "Heatmap")]
    pub over: Option<PathBuf>,

    /// In a stack of values, one pixel for each window of a grid instead of the recording's pixels.
    #[arg(long, help_heading = "Heatmap")]
    pub cells: bool,

    /// What of the table.
    #[command(flatten)]
    pub selection: SelectionArguments,

    /// How large.
    #[command(flatten)]
    pub page: PageArguments,

    /// How to open the recording.
    #[command(flatten)]
    pub opening: OpenArguments,

    /// File to write. A picture: .pdf .svg .png. A film: .mp4 (made by ffmpeg), or .png with # for each
    /// digit of the frame's number. The values: .tif .npy (float32, NaN where nothing was measured).
    /// Files of these names are replaced.
    #[arg(short, long = "output", value_name = "OUT", help_heading = "Output")]
    pub output: PathBuf,

    /// Frames a second of a film. Left out: those of the table's times, or 25.
    #[arg(long, value_name = "HZ", value_parser = values::number, allow_negative_numbers = true, help_heading = "Output")]
    pub fps: Option<f64>,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}

fn heat(text: &str) -> Result<Heat, String> {
    values::by_name(text, &Heat::ALL, Heat::as_str)
}

fn colormap(text: &str) -> Result<Colormap, String> {
    values::by_name(text, &Colormap::ALL, Colormap::as_str)
}

fn moment(text: &str) -> Result<MomentArgument, String> {
    match text {
        "mean" => Ok(MomentArgument::Over(Over::Mean)),
        "max" => Ok(MomentArgument::Over(Over::Max)),
        "each" => Ok(MomentArgument::Each),
        _ => text
            .parse()
            .map(MomentArgument::Frame)
            .map_err(|_| "it must be a frame's number, mean, max or each".into()),
    }
}
