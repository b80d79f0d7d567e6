//! What can be typed after `movemeter overlay`.

use std::path::PathBuf;

use clap::Args;

use super::{OpenArguments, PageArguments, SelectionArguments, SpeakingArguments};
use crate::values;

pub(super) const USAGE: &str = "movemeter overlay STACK... TABLE -o VIDEO|PICTURE [OPTIONS]";

pub(super) const INTRODUCTION: &str = "\
Draws windows and arrows on the frames they were measured in, in the colours of their groups: as a film, or a picture of one \
frame. Arrows begin at the centre of their window and are longer than the displacement by a round factor, which is written \
below. A window that was not measured is dashed, grey and crossed out; a doubtful one is dashed and amber with a question mark. \
Windows that were measured with --follow are drawn where they went.";

pub(super) const EXAMPLES: &str = "\
Examples:
  A film for a talk:
    movemeter overlay recording.tif motion.csv -o motion.mp4
  The way of the last 30 frames behind each window, at true length:
    movemeter overlay recording.tif motion.csv --trail 30 --magnify 1 -o motion.mp4
  Frame 20 for a paper:
    movemeter overlay recording.tif motion.csv --frame 20 -o frame.pdf
  A picture for each frame (the folder must be there):
    movemeter overlay recording.tif motion.csv -o seen/f_####.png";

/// `movemeter overlay …`
#[derive(Clone, Debug, Args)]
pub struct OverlayArguments {
    /// The recording that was measured, one STACK or several, and last the table that measure wrote.
    #[arg(required = true, num_args = 2.., value_name = "STACK... TABLE")]
    pub inputs: Vec<PathBuf>,

    /// Draw only the frame of this number in the recording.
    #[arg(long, value_name = "N", value_parser = values::counted_from_zero, allow_negative_numbers = true, help_heading = "Overlay")]
    pub frame: Option<usize>,

    /// How many times longer than the displacement arrows are. Left out: a round factor with which the
    /// longest are about as long as a window.
    #[arg(long, value_name = "FACTOR", value_parser = magnify, allow_negative_numbers = true, help_heading = "Overlay")]
    pub magnify: Option<f64>,

    /// Draw the way of this many frames before, magnified as arrows are.
    #[arg(long, value_name = "N", value_parser = values::counted_from_zero, default_value = "0", help_heading = "Overlay")]
    pub trail: usize,

    /// Grey levels that become black and white. Left out: what suits the first frame drawn.
    #[arg(
        long, value_name = "BLACK..WHITE", value_parser = values::range, allow_hyphen_values = true,
        help_heading = "Overlay"
    )]
    pub range: Option<[f32; 2]>,

    /// What of the table.
    #[command(flatten)]
    pub selection: SelectionArguments,

    /// How large a picture of one frame is, in .pdf and .svg.
    #[command(flatten)]
    pub page: PageArguments,

    /// How to open the recording.
    #[command(flatten)]
    pub opening: OpenArguments,

    /// File to write. A film: .mp4 (made by ffmpeg), .tif in colour, or .png with # for each digit of the
    /// frame's number. With --frame a picture: .pdf .svg .png. Files of these names are replaced.
    #[arg(short, long = "output", value_name = "OUT", help_heading = "Output")]
    pub output: PathBuf,

    /// Frames a second of a film. Left out: those of the table's times, or 25.
    #[arg(long, value_name = "HZ", value_parser = values::number, allow_negative_numbers = true, help_heading = "Output")]
    pub fps: Option<f64>,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}

fn magnify(text: &str) -> Result<f64, String> {
    let factor = values::number(text)?;
    match 0.0 < factor && factor <= 1e6 {
        true => Ok(factor),
        false => Err("it must be more than 0 and at most 1000000".into()),
    }
}
