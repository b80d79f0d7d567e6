//! What can be typed about stabilising.

use std::path::PathBuf;

use clap::Args;
use movemeter::geometry::Rect;
use movemeter::recipe::Reference;
use movemeter::stabilize::{Border, Correction};
use movemeter_io::BitDepth;

use super::preprocess::{ChosenArguments, PreparationArguments};
use super::{OpenArguments, SpeakingArguments};
use crate::values;

pub(super) const USAGE: &str = "movemeter stabilize STACK... -o OUT [OPTIONS]";

pub(super) const INTRODUCTION: &str = "\
Writes a recording with its motion taken out: every frame is moved and turned back to where the reference is. The motion is \
that of one window, which follows its content; what moves in the window against the rest pulls at it, so choose one (--roi) that \
holds only what should stand still. At the end the motion before and after is said, measured again on the frames that \
were made.";

pub(super) const EXAMPLES: &str = "\
Pixels between pixels come from quintic splines; each frame is resampled once. Colour recordings become grey. Where the motion of a \
frame cannot be measured, nothing is written, unless --keep-unmeasured is given. TIFF keeps what is known of the recording.

Examples:
  The whole frame drifts and turns a little:
    movemeter stabilize recording.tif --max-displacement 20 --max-rotation 5 -o still.tif
  Hold a bone still that is seen at 100,80; cut off what is not seen in all frames:
    movemeter stabilize recording.tif --roi 100,80,64,64 --motion translation --border crop -o still.tif
  Measure drift in one channel, take it out of another:
    movemeter stabilize beads.tif --apply-to cells.tif -o cells_still.tif
  Measure once, apply often:
    movemeter stabilize beads.tif --save-transforms drift.csv -o beads_still.tif
    movemeter stabilize cells.tif --transforms drift.csv -o cells_still.tif";

/// `movemeter stabilize …`
#[derive(Debug, Args)]
pub struct StabilizeArguments {
    /// Recordings: TIFF stacks, videos, high-speed cameras' files, arrays (npy, npz, Zarr), pictures or
    /// folders of them; several are one recording, in the order given.
    #[arg(required = true, value_name = "STACK")]
    pub stacks: Vec<PathBuf>,

    /// How the motion is measured.
    #[command(flatten)]
    pub motion: MotionArguments,

    /// How the motion is carried over.
    #[command(flatten)]
    pub transforms: TransformArguments,

    /// What is done to frames before they are measured.
    #[command(flatten)]
    pub preparation: PreparationArguments,

    /// Which frames, and what is known of them.
    #[command(flatten)]
    pub chosen: ChosenArguments,

    /// How to open them.
    #[command(flatten)]
    pub opening: OpenArguments,

    /// Where it goes.
    #[command(flatten)]
    pub written: StabilizedArguments,

    /// Number of threads; results are the same for any. Left out: one for each core.
    #[arg(
        long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true,
        help_heading = "Running"
    )]
    pub threads: Option<usize>,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}

/// How the motion is measured.
#[derive(Debug, Args)]
#[command(next_help_heading = "Motion")]
pub struct MotionArguments {
    /// What is taken out: the displacement of the window's centre, the rotation about it (its centre then goes on moving
    /// as it did), or both.
    #[arg(
        long, value_name = "translation|rotation|both", value_parser = values::correction,
        default_value = Correction::Both.as_str()
    )]
    pub motion: Correction,

    /// Window that shall stand still, in the reference: left column, top row, width and height in whole pixels, from 0.
    /// Left out: the frame less a fifth of its shorter side all around.
    #[arg(long, value_name = "X,Y,W,H", value_parser = values::rect, allow_hyphen_values = true)]
    pub roi: Option<Rect>,

    /// Frame that the others are moved back to: first, previous (each frame to the one before, errors sum up), mean (of all
    /// frames), keyframe (first, with the content taken anew where it changes its look), or a frame's number.
    #[arg(
        long, value_name = "first|previous|mean|keyframe|N", value_parser = values::reference,
        default_value_t = Reference::First, allow_negative_numbers = true
    )]
    pub reference: Reference,

    /// Farthest that the window moves in x or y, in px; a good guess makes it faster and safer. Counts from the
    /// reference; with previous and keyframe, from where it was last measured. Left out: as far as the frame reaches.
    #[arg(long, value_name = "PX", value_parser = values::distance, allow_negative_numbers = true)]
    pub max_displacement: Option<f64>,

    /// Farthest that the window turns to either side, in degrees up to 180; a good guess makes it faster
    /// and safer. Left out: all angles.
    #[arg(long, value_name = "DEG", value_parser = values::number, allow_negative_numbers = true)]
    pub max_rotation: Option<f64>,

    /// Write frames whose motion could not be measured as they were recorded, unmoved. Left out: that is an error. They
    /// are named either way.
    #[arg(long)]
    pub keep_unmeasured: bool,
}

/// How the motion is carried over from one recording to another.
#[derive(Debug, Args)]
#[command(next_help_heading = "Transforms")]
pub struct TransformArguments {
    /// Write this recording instead, moved as STACK was measured to move. It has as many frames, of the same size.
    /// May be given several times: several are one recording.
    #[arg(long, value_name = "STACK")]
    pub apply_to: Vec<PathBuf>,

    /// Keep the measured motion in a table, as of movemeter measure: .csv .tsv .json. May be given several times.
    #[arg(long, value_name = "TABLE")]
    pub save_transforms: Vec<PathBuf>,

    /// Measure nothing: take the motion from such a table, by the numbers of the frames. Any table of movemeter measure will do that
    /// has one window, measured with --follow. JSON keeps all digits, text a millionth of a pixel.
    #[arg(long, value_name = "TABLE", conflicts_with_all = [
        "apply_to", "save_transforms", "roi", "reference", "max_displacement", "max_rotation",
        "mask", "invert", "background", "blur", "frames", "exclude",
    ])]
    pub transforms: Option<PathBuf>,
}

/// Where it goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct StabilizedArguments {
    /// File to write: .tif (or .tiff), .npy, .mp4 (a film to look at, made by ffmpeg), or .png with # for each digit of the frame's number, as in f_####.png.
    /// Files of these names are replaced when all is done.
    #[arg(short, long = "output", value_name = "OUT")]
    pub output: PathBuf,

    /// What is shown where a frame was not recorded: the nearest pixel of its edge (keep), 0 (black), or nothing, with all frames cropped to
    /// the largest rectangle that all have (crop).
    #[arg(
        long, value_name = "keep|black|crop", value_parser = values::border,
        default_value = Border::Keep.as_str()
    )]
    pub border: Border,

    /// Write an image that is black where any frame was not recorded and white elsewhere, for --mask: .png .tif .npy.
    #[arg(long, value_name = "IMAGE")]
    pub mask_out: Option<PathBuf>,

    /// Bits of a written pixel: 32 keeps values between grey levels (floating point); 8 and 16 round, and bring what lies outside to the
    /// nearer end. Left out: as recorded.
    #[arg(long, value_name = "8|16|32", value_parser = values::bit_depth)]
    pub bits: Option<BitDepth>,
}
