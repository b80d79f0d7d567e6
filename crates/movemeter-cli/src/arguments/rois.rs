//! What can be typed about ROIs.

use std::path::PathBuf;

use clap::Args;
use movemeter::geometry::{Point, Rect, Size};
use movemeter::roi::{Circle, Color};

use crate::values;

pub(super) const USAGE: &str = "movemeter rois [FILE...] [SHAPES] [--block W[xH]] [-o OUT]...";

pub(super) const INTRODUCTION: &str = "\
Makes, shows and converts files of ROIs (regions of interest): shapes, and the windows that fill them. \
FILEs are read, SHAPES are added as one group; all is listed, or written with -o, or drawn over a recording.";

pub(super) const EXAMPLES: &str = "\
How to fill, and group and colour, are said of the SHAPES of the same line; if there is none, of all ROIs \
of the FILEs. Measure them with movemeter measure recording.tif --rois FILE -o motion.csv.

Examples:
  What is in a file:
    movemeter rois RoiSet.zip
  A ring of windows around an eye, and how it looks:
    movemeter rois --ellipse 300,200,420,380 --ring 40 --block 32 --group eye -o eye.json
    movemeter rois eye.json --over recording.tif -o eye.png
  Windows along a vein, half overlapping, added to them:
    movemeter rois eye.json --line 80,600,400,560 --block 24 --step 0.5 --group vein -o all.json
  Three concentric arcs through points, each a group, and the same ring as twelve radial lines:
    movemeter rois --arc 100,300,300,100,500,300 --ring 30 --arcs 3 --block 16 -o arcs.json
    movemeter rois --arc 300,300,200 --ring 120 --radial 12 --block 16 -o lines.json
  What was drawn in Fiji, each filled with windows; and back to Fiji:
    movemeter rois RoiSet.zip --block 32 -o rois.json
    movemeter rois rois.json -o RoiSet-windows.zip";

/// `movemeter rois …`
#[derive(Debug, Args)]
pub struct RoisArguments {
    /// Files of ROIs: of this command (.json), ImageJ or Fiji (.roi, RoiSet.zip), a movemeter 0.7 session (.zip), a
    /// list or table with the columns group, x, y, w, h (.csv). Groups of one name become one.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// What is drawn.
    #[command(flatten)]
    pub shapes: DrawArguments,

    /// How it is filled.
    #[command(flatten)]
    pub fill: FillArguments,

    /// Recording they are for: gives the frame's size, and the picture that .png draws over.
    #[arg(long, value_name = "STACK", help_heading = "Frame")]
    pub over: Option<PathBuf>,

    /// Which frame of it to draw over, from 0.
    #[arg(
        long, value_name = "N", value_parser = values::counted_from_zero, default_value = "0",
        allow_negative_numbers = true, requires = "over", help_heading = "Frame"
    )]
    pub frame: usize,

    /// Size of the frames they are for, in px, if there is no recording to say it.
    #[arg(
        long, value_name = "WxH", value_parser = values::window_size, conflicts_with = "over",
        help_heading = "Frame"
    )]
    pub size: Option<Size>,

    /// File to write: .json keeps all; .zip (RoiSet) and .roi are for ImageJ; .csv lists the windows; .png
    /// draws them over a frame of --over. May be given several times. Left out: all is listed.
    #[arg(short, long = "output", value_name = "OUT", help_heading = "Output")]
    pub outputs: Vec<PathBuf>,
}

/// What is drawn.
#[derive(Debug, Args)]
#[command(
    next_help_heading = "Shapes, in px from the middle of the top left pixel; each may be given several times"
)]
pub struct DrawArguments {
    /// Rectangle: left column, top row, width, height.
    #[arg(long = "box", value_name = "X,Y,W,H", value_parser = values::rect, allow_hyphen_values = true)]
    pub boxes: Vec<Rect>,

    /// Ellipse that fills this rectangle; with --ring its ring alone.
    #[arg(long = "ellipse", value_name = "X,Y,W,H", value_parser = values::rect, allow_hyphen_values = true)]
    pub ellipses: Vec<Rect>,

    /// Line from point to point.
    #[arg(long = "line", value_name = "X,Y,X,Y...", value_parser = values::places, allow_hyphen_values = true)]
    pub lines: Vec<Vec<Point>>,

    /// Polygon with these corners; with --distance its outline alone.
    #[arg(long = "polygon", value_name = "X,Y,X,Y,X,Y...", value_parser = values::places, allow_hyphen_values = true)]
    pub polygons: Vec<Vec<Point>>,

    /// Point, the middle of a window.
    #[arg(long = "point", value_name = "X,Y", value_parser = values::places, allow_hyphen_values = true)]
    pub points: Vec<Vec<Point>>,

    /// Ring of a circle: its middle and radius, or three points or more that it goes through.
    #[arg(long = "arc", value_name = "X,Y,R|X,Y,X,Y,X,Y...", value_parser = values::circle, allow_hyphen_values = true)]
    pub arcs: Vec<Circle>,

    /// The whole frame.
    #[arg(long)]
    pub full_frame: bool,

    /// How near to a line, or to the outline of a polygon, the middle of a window lies. Left out: for lines, half
    /// a window; polygons are filled.
    #[arg(long, value_name = "PX", value_parser = values::number, allow_negative_numbers = true)]
    pub distance: Option<f64>,

    /// How thick the ring of an ellipse or arc is, inwards. Left out: ellipses are filled, arcs 1.1 windows thick.
    #[arg(long, value_name = "PX", value_parser = values::number, allow_negative_numbers = true)]
    pub ring: Option<f64>,

    /// So many arcs instead of one, each inside the one before, each a group.
    #[arg(long = "arcs", value_name = "N", value_parser = values::parts, requires = "arcs")]
    pub n_arcs: Option<usize>,

    /// So many radial lines instead of an arc, as long as --ring is thick, each a group. The first begins at the
    /// left and goes up.
    #[arg(long = "radial", value_name = "N", value_parser = values::parts, requires = "arcs", conflicts_with = "n_arcs")]
    pub n_radial: Option<usize>,

    /// Only the part of an arc that lies in this. Left out: in the frame.
    #[arg(long, value_name = "X,Y,W,H", value_parser = values::rect, allow_hyphen_values = true, requires = "arcs")]
    pub within: Option<Rect>,
}

/// How it is filled.
#[derive(Debug, Args)]
#[command(next_help_heading = "Windows")]
pub struct FillArguments {
    /// Fill with windows of this size in px, side by side, all inside the frame. Left out: each shape is one
    /// window, the least around it.
    #[arg(long, value_name = "W[xH]", value_parser = values::window_size, allow_hyphen_values = true)]
    pub block: Option<Size>,

    /// Distance from one window to the next, in sides of a window: 0.5 half overlapping, 2 with gaps.
    #[arg(
        long, value_name = "F", value_parser = values::step, default_value = "1",
        allow_negative_numbers = true, requires = "block"
    )]
    pub step: f64,

    /// Place them as movemeter 0.7 did, to the pixel: with a step of less than 1 past the shape's end, even
    /// out of the frame.
    #[arg(long = "as-0.7", requires = "block")]
    pub as_original: bool,

    /// Make one window of each shape of the FILEs, however it was filled.
    #[arg(long, conflicts_with = "block")]
    pub whole: bool,

    /// Name of the group in tables. Left out: roi; several arcs or radial lines are arc1, radial1
    /// and so on, or are numbered after this.
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,

    /// Colour of the group in pictures. Left out: one for each, by its place.
    #[arg(long, value_name = "#RRGGBB", value_parser = values::color)]
    pub color: Option<Color>,
}
