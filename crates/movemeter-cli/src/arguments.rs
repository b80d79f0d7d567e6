//! What can be typed after `movemeter`, and the help that teaches it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use movemeter::brightness::BrightnessMode;
use movemeter::geometry::{Rect, Size};
use movemeter::matching::subpixel::Subpixel;
use movemeter::matching::warp::Model;
use movemeter::recipe::{DEFAULT_MIN_SCORE, FrameRange, Reference};
use movemeter_io::OpenOptions;

use crate::exclusion::{Exclusion, exclusion};
use crate::values;

mod preprocess;
mod rois;
mod convert;
mod recipe;
mod verify;
mod stabilize;
mod report;
mod session;

pub use convert::ConvertArguments;
mod batch;

pub use batch::BatchArguments;
mod picture;
mod plot;
mod heatmap;
mod overlay;

pub use heatmap::{HeatmapArguments, MomentArgument};
pub use overlay::OverlayArguments;
pub use picture::{PageArguments, SelectionArguments};
pub use plot::PlotArguments;
pub use preprocess::{PreparationArguments, PreprocessArguments};
pub use recipe::RecipeArguments;
pub use report::ReportArguments;
pub use rois::{DrawArguments, FillArguments, RoisArguments};
pub use session::SessionArguments;
pub use stabilize::StabilizeArguments;
pub use verify::VerifyArguments;

const INTRODUCTION: &str = "\
Measures how things move in a recording, to a thousandth of a pixel.

You say where to look (windows) and movemeter says, for every frame, how far the content of each \
window has moved since a reference frame: dx to the right, dy down.";

const FIRST_STEPS: &str = "\
First steps:
  movemeter demo                      see it work on a recording whose motion is known
  movemeter info recording.tif        see what a recording holds
  movemeter measure recording.tif --roi 100,80,64,64 -o motion.csv

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped with Ctrl-C.";

const MEASURE_USAGE: &str = "movemeter measure STACK... (--roi X,Y,W,H | --grid W[xH] | --rois FILE | --recipe FILE)... -o OUT [OPTIONS]";

const MEASURE_INTRODUCTION: &str = "\
Measures, for every frame, how far the content of each window has moved, and writes a table. It has a \
row per frame and window: displacement dx_px (to the right) and dy_px (down), error bars sd_x_px and \
sd_y_px, the score of the match, and a status that says ok or why it could not be measured.";

const MEASURE_EXAMPLES: &str = "\
Ctrl-C stops; what was measured until then is kept in a file like motion.partial.csv. If nothing \
could be measured, the table says why, and a warning is printed.

Examples:
  One window, 64 x 64 pixels, its top left corner at column 100 and row 80:
    movemeter measure recording.tif --roi 100,80,64,64 -o motion.csv
  A folder of images, covered with windows whose content moves at most 20 px:
    movemeter measure frames/ --grid 32 --max-displacement 20 -o motion.csv
  A feature followed where it goes, with times and micrometres in the table:
    movemeter measure a.tif b.tif --roi 100,80,64,64 --follow \\
      --fps 500 --pixel-size 0.8um -o motion.csv
  A faint feature that moves over a static texture; first a look at what is matched:
    movemeter preprocess recording.tif --background min --bits 8 -o feature.tif
    movemeter measure recording.tif --background min --roi 100,80,64,64 --follow -o motion.csv
  What was drawn in Fiji and saved from its ROI Manager, or made by movemeter rois:
    movemeter measure recording.tif --rois RoiSet.zip -o motion.csv
  Another recording by the same settings and windows:
    movemeter measure monday.tif --roi 100,80,64,64 --follow --save-recipe eye.toml -o monday.csv
    movemeter measure tuesday.tif --recipe eye.toml -o tuesday.csv";

const INFO_EXAMPLES: &str = "\
Examples:
  movemeter info recording.tif
  movemeter info frames/ --json";

const DEMO_EXAMPLES: &str = "\
Examples:
  movemeter demo
  movemeter demo -o demo      keeps recording, true motion and table in the folder demo";

const COMPLETIONS_EXAMPLES: &str = "\
Example, for bash:
  movemeter completions bash > ~/.local/share/bash-completion/completions/movemeter";

/// Everything that can be typed.
#[derive(Debug, Parser)]
#[command(
    name = "movemeter",
    version,
    about = INTRODUCTION,
    after_help = FIRST_STEPS,
    arg_required_else_help = true,
    subcommand_required = true,
    max_term_width = 100
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure how windows move, and write a table
    #[command(
        before_help = MEASURE_INTRODUCTION, after_help = MEASURE_EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        override_usage = MEASURE_USAGE, arg_required_else_help = true
    )]
    Measure(Box<MeasureArguments>),
    /// Write a recording as the matcher sees it
    #[command(
        before_help = preprocess::INTRODUCTION, after_help = preprocess::EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        override_usage = preprocess::USAGE, arg_required_else_help = true
    )]
    Preprocess(PreprocessArguments),
    /// Make, show and convert files of ROIs: shapes, and the windows that fill them
    #[command(
        before_help = rois::INTRODUCTION, after_help = rois::EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        override_usage = rois::USAGE, arg_required_else_help = true
    )]
    Rois(Box<RoisArguments>),
    /// Write a table or session in another format
    #[command(after_help = convert::EXAMPLES, arg_required_else_help = true)]
    Convert(ConvertArguments),
    /// Measure again what a table or session says, and compare bit for bit
    #[command(
        before_help = verify::INTRODUCTION, after_help = verify::EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        arg_required_else_help = true
    )]
    Verify(VerifyArguments),
    /// Write a recording with its motion taken out
    #[command(
        before_help = stabilize::INTRODUCTION, after_help = stabilize::EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        override_usage = stabilize::USAGE, arg_required_else_help = true
    )]
    Stabilize(Box<StabilizeArguments>),
    /// Measure many recordings by one recipe; resumes where it stopped
    #[command(
        before_help = batch::INTRODUCTION, after_help = batch::EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        override_usage = batch::USAGE, arg_required_else_help = true
    )]
    Batch(Box<BatchArguments>),
    /// Draw what was measured: curves over time, paths, spectra
    #[command(
        before_help = plot::INTRODUCTION, after_help = plot::EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        override_usage = plot::USAGE, arg_required_else_help = true
    )]
    Plot(PlotArguments),
    /// Draw what was measured as colours at its place
    #[command(
        before_help = heatmap::INTRODUCTION, after_help = heatmap::EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        override_usage = heatmap::USAGE, arg_required_else_help = true
    )]
    Heatmap(HeatmapArguments),
    /// Draw windows and arrows on the frames
    #[command(
        before_help = overlay::INTRODUCTION, after_help = overlay::EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        override_usage = overlay::USAGE, arg_required_else_help = true
    )]
    Overlay(OverlayArguments),
    /// Make a page that shows a measurement, with the samples to be looked at by eye
    #[command(
        before_help = report::INTRODUCTION, after_help = report::EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        override_usage = report::USAGE, arg_required_else_help = true
    )]
    Report(ReportArguments),
    /// List, move and convert sessions: recording, settings and results in one .zip
    #[command(
        before_help = session::INTRODUCTION, after_help = session::EXAMPLES,
        help_template = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}",
        override_usage = session::USAGE, arg_required_else_help = true
    )]
    Session(SessionArguments),
    /// Show what a recording holds: frames, size, times, pixel size
    #[command(after_help = INFO_EXAMPLES, arg_required_else_help = true)]
    Info(InfoArguments),
    /// Make a recording with known motion, measure it, show truth beside result
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(DemoArguments),
    /// Print a script that lets a shell complete movemeter's options
    #[command(after_help = COMPLETIONS_EXAMPLES, arg_required_else_help = true)]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// `movemeter measure …`
#[derive(Clone, Debug, Args)]
pub struct MeasureArguments {
    /// Recordings: TIFF stacks, videos, high-speed cameras' files, arrays (npy, npz, Zarr), pictures or
    /// folders of them; several are one recording, in the order given.
    #[arg(required = true, value_name = "STACK")]
    pub stacks: Vec<PathBuf>,

    /// Where to look.
    #[command(flatten)]
    pub windows: WindowArguments,

    /// How to look.
    #[command(flatten)]
    pub matching: MatchingArguments,

    /// What is done to frames before.
    #[command(flatten)]
    pub preparation: PreparationArguments,

    /// When to look.
    #[command(flatten)]
    pub frames: FrameArguments,

    /// Settings and windows from a file.
    #[command(flatten)]
    pub recipe: RecipeArguments,

    /// Measure each STACK as a recording of its own, into a table of its own, as in
    /// -o 'tables/{name}.csv'.
    #[arg(long, help_heading = "Opening")]
    pub each: bool,

    /// How to open them.
    #[command(flatten)]
    pub opening: OpenArguments,

    /// Table to write; its ending chooses the format: .csv .tsv .json .parquet .npz (numpy), or .zip for a session,
    /// which keeps settings and results to go on with. May be given several times; `-` writes CSV to standard output.
    /// Text has six decimals, the others all digits. A file of that name is replaced when all is done. With --each,
    /// {name} stands for the name of the recording without its ending.
    #[arg(short, long = "output", value_name = "OUT", required = true, help_heading = "Output")]
    pub outputs: Vec<PathBuf>,

    /// Write tables with a column for each window instead, as movemeter 0.7 did; only for .csv. With
    /// -o motion.csv they are movements_motion_rg0.csv, for each group of windows one, and
    /// summary_desctructive_motion.csv: lengths of displacements in px, and their means.
    #[arg(long, help_heading = "Output")]
    pub wide: bool,

    /// How to run.
    #[command(flatten)]
    pub running: RunningArguments,
}

/// How recordings are opened.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Opening")]
pub struct OpenArguments {
    /// Which channel of a recording with several, from 0. Left out: the first.
    #[arg(long, value_name = "N", value_parser = values::counted_from_zero, allow_negative_numbers = true)]
    pub channel: Option<usize>,

    /// Which plane of a recording with several depths, from 0. Left out: the first.
    #[arg(long, value_name = "N", value_parser = values::counted_from_zero, allow_negative_numbers = true)]
    pub z: Option<usize>,

    /// The program ffmpeg, which reads what is not read here; given, it reads all videos. Left out: what
    /// MOVEMETER_FFMPEG names, else the one on the path.
    #[arg(long, value_name = "PROGRAM")]
    pub ffmpeg: Option<PathBuf>,
}

impl OpenArguments {
    /// The same for the reader.
    pub fn options(&self) -> OpenOptions {
        let Self { channel, z, ffmpeg } = self;
        OpenOptions { channel: *channel, z: *z, ffmpeg: ffmpeg.clone() }
    }
}

/// Where to look.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Windows")]
pub struct WindowArguments {
    /// Window to measure: left column, top row, width and height in whole pixels, from 0. May
    ///  be given several times.
    #[arg(
        long = "roi", value_name = "X,Y,W,H", value_parser = values::rect,
        allow_hyphen_values = true
    )]
    pub rois: Vec<Rect>,

    /// Cover the frame with windows of this size in px, side by side. May be given several times;
    /// each is a group of its own in the table (grid, grid2, …).
    #[arg(
        long = "grid", value_name = "W[xH]", value_parser = values::window_size,
        allow_hyphen_values = true
    )]
    pub grids: Vec<Size>,

    /// File of ROIs: of movemeter rois (.json), ImageJ or Fiji (.roi, RoiSet.zip), a movemeter 0.7 session
    /// (.zip), a list or table with the columns group, x, y, w, h (.csv). May be given several times; groups of
    /// one name become one.
    #[arg(long = "rois", value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Distance from one window of a grid to the next, in sides of a window: 0.5 half overlapping, 2
    /// with gaps.
    #[arg(
        long, value_name = "F", value_parser = values::step, default_value = "1",
        allow_negative_numbers = true, requires = "grids"
    )]
    pub step: f64,

    /// Cover only this part of the frame with the grids, in px. Left out: the whole frame.
    #[arg(
        long, value_name = "X,Y,W,H", value_parser = values::rect, allow_hyphen_values = true,
        requires = "grids"
    )]
    pub within: Option<Rect>,
}

/// How to look.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Matching")]
pub struct MatchingArguments {
    /// Frame that displacements count from: first (measured), previous (summed up from frame to
    /// frame), mean (of all frames), keyframe (first, with the content taken anew where it changes its
    /// look: for long recordings), or a frame's number. [default: first]
    #[arg(
        long, value_name = "first|previous|mean|keyframe|N", value_parser = values::reference,
        allow_negative_numbers = true
    )]
    pub reference: Option<Reference>,

    /// Follow the content of each window to where it is now. Left out: windows stay, and it is asked
    /// where their present content was in the reference.
    #[arg(long)]
    pub follow: bool,

    /// Farthest that anything moves in x or y, in px; a good guess makes it faster and safer. Counts
    /// from the reference; with previous and keyframe, from where it was last measured. Left out:
    /// anywhere in the frame.
    #[arg(long, value_name = "PX", value_parser = values::distance, allow_negative_numbers = true)]
    pub max_displacement: Option<f64>,

    /// How the position between pixels is found: gauss-newton is exact and gives error bars, parabola
    /// and gaussian are quick, none gives whole pixels, resize:U enlarges U times as OpenCV users do.
    /// [default: gauss-newton]
    #[arg(
        long, value_name = "gauss-newton|parabola|gaussian|none|resize:U",
        value_parser = values::subpixel
    )]
    pub subpixel: Option<Subpixel>,

    /// What the content of a window may do besides moving: rigid lets it turn, affine also stretch and
    /// shear, by a few degrees and per cent. The table gets the angle (clockwise), and the strains.
    /// [default: translation]
    #[arg(long, value_name = "translation|rigid|affine", value_parser = values::model)]
    pub model: Option<Model>,

    /// Look for the content at every angle. The table gets the angle, in degrees clockwise.
    #[arg(long)]
    pub rotation: bool,

    /// Farthest that anything turns to either side, in degrees up to 180; a good guess makes it faster
    /// and safer. Left out: all angles.
    #[arg(
        long, value_name = "DEG", value_parser = values::number, allow_negative_numbers = true
    )]
    pub max_rotation: Option<f64>,

    #[arg(
        long, value_name = "S", value_parser = values::number, allow_negative_numbers = true,
        help = min_score_help()
    )]
    pub min_score: Option<f64>,

    /// Keep the displacement of doubtful matches (at_edge, ambiguous, low_score) in the table.
    #[arg(long)]
    pub keep_doubtful: bool,

    /// Measure how bright each window is, too: as recorded, before preprocessing, and with --follow
    /// where the window went. The column brightness holds the mean v in grey levels (absolute, the
    /// default), v / min v (minimum), or (v - min v) / max v (range), with min and max over all
    /// frames. The darkest and brightest pixel and the standard deviation follow, always in grey
    /// levels.
    #[arg(
        long, value_name = "absolute|range|minimum", value_parser = values::brightness,
        num_args = 0..=1, default_missing_value = BrightnessMode::Absolute.as_str(),
        help_heading = "Besides motion"
    )]
    pub brightness: Option<BrightnessMode>,
}

fn min_score_help() -> String {
    format!(
        "Matches with a lower score (correlation, -1 to 1) are not believed. [default: {DEFAULT_MIN_SCORE}]"
    )
}

/// When to look.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Frames")]
pub struct FrameArguments {
    /// Measure only frames A to B, both included, or every STEP-th of them. Frames count from 0; an
    /// open end reaches to the end, as in 10.. or ..99.
    #[arg(
        long, value_name = "A..B[:STEP]", value_parser = values::frame_range,
        allow_hyphen_values = true
    )]
    pub frames: Option<FrameRange>,

    /// Leave out these frames, as in 3,17,40..45, ends included, or the files of these names; the table
    /// says excluded for them.
    #[arg(long, value_name = "LIST", value_parser = exclusion, allow_hyphen_values = true)]
    pub exclude: Option<Exclusion>,

    /// Frames a second, for times in the table. Left out: as the recording says.
    #[arg(long, value_name = "HZ", value_parser = values::number, allow_negative_numbers = true)]
    pub fps: Option<f64>,

    /// Side of a pixel in the specimen, with unit nm, um or mm (none: um), for micrometres in the
    /// table. Left out: as the recording says.
    #[arg(
        long, value_name = "0.8um", value_parser = values::pixel_size, allow_hyphen_values = true
    )]
    pub pixel_size: Option<f64>,
}

/// How to run.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Running")]
pub struct RunningArguments {
    /// Number of threads; results are the same for any. Left out: one for each core.
    #[arg(long, value_name = "N", value_parser = values::threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,

    /// Where a frame cannot be read, keep what was measured of the frames before it; the table says so.
    /// With --each, go on with the next recording where one fails.
    #[arg(long)]
    pub keep_going: bool,

    /// How to speak.
    #[command(flatten)]
    pub speaking: SpeakingArguments,
}

/// How to speak.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Running")]
pub struct SpeakingArguments {
    /// Print nothing but errors.
    #[arg(long, conflicts_with = "json_progress")]
    pub quiet: bool,

    /// Print progress, warnings, result and errors on standard error as one JSON object a line, for
    /// programs.
    #[arg(long)]
    pub json_progress: bool,
}

/// `movemeter info …`
#[derive(Debug, Args)]
pub struct InfoArguments {
    /// Recordings: TIFF stacks, videos, high-speed cameras' files, arrays (npy, npz, Zarr), pictures or
    /// folders of them; several are one recording, in the order given.
    #[arg(required = true, value_name = "STACK")]
    pub stacks: Vec<PathBuf>,

    /// Show each STACK as a recording of its own.
    #[arg(long)]
    pub each: bool,

    /// Print one JSON object, for programs; with --each, an array of them.
    #[arg(long)]
    pub json: bool,

    /// How to open them.
    #[command(flatten)]
    pub opening: OpenArguments,
}

/// `movemeter demo …`
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Folder to keep the recording, its true motion and the table in; it is made if need be. Left
    /// out: a temporary folder, deleted at the end.
    #[arg(short, long = "output", value_name = "FOLDER")]
    pub output: Option<PathBuf>,
}
