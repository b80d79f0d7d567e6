//! What can be typed about preprocessing.

use std::path::PathBuf;

use clap::Args;
use movemeter::mask::Mask;
use movemeter::preprocess::background::Background;
use movemeter::recipe::{FrameRange, MAX_BLUR_SIGMA_PX};
use movemeter_io::BitDepth;

use super::{OpenArguments, SpeakingArguments};
use crate::exclusion::{Exclusion, exclusion};
use crate::values;

pub(super) const USAGE: &str = "movemeter preprocess STACK... -o OUT [OPTIONS]";

pub(super) const INTRODUCTION: &str = "\
Writes a recording as the matcher sees it with the same options of measure: filled where it is masked, \
inverted, less its background, blurred, in this order. (The fit between the pixels smooths frames a little more, with \
weights of 0.21, 0.58 and 0.21 along rows and columns; that is not shown.)";

pub(super) const EXAMPLES: &str = "\
Frames that are not chosen, or excluded, are not written: frames count from 0 again. TIFF keeps what is known of the \
recording, times and pixel size too, where ImageJ and Fiji look for it; npy and PNG hold pixels alone. A film is \
compressed: for looking at, not for measuring.

Examples:
  Is the blur too strong?
    movemeter preprocess recording.tif --blur 2 -o blurred.tif
  A faint, dark feature that moves over a static background:
    movemeter preprocess recording.tif --invert --background min -o feature.tif
  A recording that any program can show:
    movemeter preprocess frames/ --background min --bits 8 -o feature.tif
  An image for each frame, seen/f_0000.png and so on (the folder must be there):
    movemeter preprocess recording.tif --bits 8 -o seen/f_####.png
  A film for a talk:
    movemeter preprocess recording.tif --background mean --range -200..200 -o feature.mp4";

/// What is done to frames before they are matched.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Preprocessing")]
pub struct PreparationArguments {
    /// Leave out the pixels where this image is black (0), in every frame and window, wherever windows
    /// go: dust, dead pixels, a scale bar. All brighter ones are used. One image of the frame's size; not
    /// as JPEG, which makes black nearly black.
    #[arg(long, value_name = "IMAGE")]
    pub mask: Option<PathBuf>,

    /// Make dark bright first: each pixel becomes the largest value of its type (255, 65535; for
    /// other types 0) minus itself. Needed for dark features with --background min.
    #[arg(long)]
    pub invert: bool,

    /// Take off what stays the same: for each pixel its darkest value (min) or its mean (mean) over
    /// all frames measured; for faint features that move over a static texture. Reads the recording
    /// once more. [default: none]
    #[arg(long, value_name = "min|mean|none", value_parser = values::background)]
    pub background: Option<Background>,

    #[arg(
        long, value_name = "SIGMA", value_parser = values::number, allow_negative_numbers = true,
        help = blur_help()
    )]
    pub blur: Option<f64>,
}

impl PreparationArguments {
    /// The mask as a recipe has it before its image is loaded.
    pub fn mask(&self) -> Option<Mask> {
        self.mask.as_ref().map(|path| path.display().to_string().into())
    }
}

fn blur_help() -> String {
    format!(
        "Blur frames last, to calm noise: standard deviation of the Gaussian in px, from 0 (none) to \
         {MAX_BLUR_SIGMA_PX}. [default: 0]"
    )
}

/// Which frames are written, and what is known of them.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Frames")]
pub struct ChosenArguments {
    /// Write only frames A to B, both included, or every STEP-th of them. Frames count from 0; an
    /// open end reaches to the end, as in 10.. or ..99.
    #[arg(
        long, value_name = "A..B[:STEP]", value_parser = values::frame_range,
        allow_hyphen_values = true
    )]
    pub frames: Option<FrameRange>,

    /// Leave out these frames, as in 3,17,40..45, ends included, or the files of these names; also when the
    /// background is looked for.
    #[arg(
        long, value_name = "LIST", value_parser = exclusion, allow_hyphen_values = true
    )]
    pub exclude: Option<Exclusion>,

    /// Frames a second of the recording, for the times that are written. Left out: as the recording says.
    #[arg(
        long, value_name = "HZ", value_parser = values::number, allow_negative_numbers = true
    )]
    pub fps: Option<f64>,

    /// Side of a pixel in the specimen that is written, with unit nm, um or mm (none: um). Left out: as the
    /// recording says.
    #[arg(
        long, value_name = "0.8um", value_parser = values::pixel_size, allow_hyphen_values = true
    )]
    pub pixel_size: Option<f64>,
}

/// `movemeter preprocess …`
#[derive(Debug, Args)]
pub struct PreprocessArguments {
    /// Recordings: TIFF stacks, videos, high-speed cameras' files, arrays (npy, npz, Zarr), pictures or
    /// folders of them; several are one recording, in the order given.
    #[arg(required = true, value_name = "STACK")]
    pub stacks: Vec<PathBuf>,

    /// What is done.
    #[command(flatten)]
    pub preparation: PreparationArguments,

    /// Which frames, and what is known of them.
    #[command(flatten)]
    pub chosen: ChosenArguments,

    /// How to open them.
    #[command(flatten)]
    pub opening: OpenArguments,

    /// File to write: .tif (or .tiff), .npy, .mp4 (a film to look at, made by ffmpeg), or .png with # for each digit of the frame's number, as in f_####.png.
    /// Files of these names are replaced when all is done.
    #[arg(short, long = "output", value_name = "OUT", help_heading = "Output")]
    pub output: PathBuf,

    /// Bits of a written pixel: 32 keeps every value as it is (floating point); 8 and 16 round to
    /// whole numbers from 0 to 255 or 65535, and bring what lies outside to the nearer end. PNG has 8
    /// or 16.
    #[arg(
        long, value_name = "8|16|32", value_parser = values::bit_depth, default_value = "32",
        help_heading = "Output"
    )]
    pub bits: BitDepth,

    /// Grey levels that become black and white in a film. Left out: 0 and 255 of 8 bits, else the darkest and
    /// the brightest of all frames.
    #[arg(
        long, value_name = "BLACK..WHITE", value_parser = values::range, allow_hyphen_values = true,
        help_heading = "Output"
    )]
    pub range: Option<[f32; 2]>,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}
