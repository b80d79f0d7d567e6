//! What can be typed about pictures of results.

use clap::Args;
use movemeter::recipe::FrameRange;
use movemeter_io::picture::Selection;

use crate::values::{self, PageSize};

/// Which windows and frames are shown.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Selecting")]
pub struct SelectionArguments {
    /// Show only the windows of this group. May be given several times.
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,

    /// Show only the windows of these numbers in their group, from 0, as in 0,3,7.
    #[arg(long = "window", value_name = "N,N,...", value_delimiter = ',', value_parser = values::counted_from_zero)]
    pub windows: Vec<usize>,

    /// Show only frames A to B, both included, or every STEP-th of them. Frames count from 0; an open
    /// end reaches to the end, as in 10.. or ..99.
    #[arg(
        long, value_name = "A..B[:STEP]", value_parser = values::frame_range,
        allow_hyphen_values = true
    )]
    pub frames: Option<FrameRange>,
}

impl SelectionArguments {
    /// The same for the library.
    pub fn selection(&self) -> Selection {
        Selection {
            groups: self.groups.clone(),
            windows: self.windows.clone(),
            frames: self.frames.unwrap_or_default(),
        }
    }
}

/// How large a picture is.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Picture")]
pub struct PageArguments {
    /// Width and height in mm or px, as in 85x60mm or 1200x800px. Left out: 85 mm wide, a column of
    /// most journals, and as high as it suits; so too if only the width is given.
    #[arg(long, value_name = "W[xH]", value_parser = values::page_size)]
    pub size: Option<PageSize>,

    /// Pixels of an inch.
    #[arg(long, value_name = "DPI", value_parser = values::dpi, default_value = "300")]
    pub dpi: f64,
}

impl PageArguments {
    /// Width and height, mm.
    pub fn size_mm(&self) -> [Option<f64>; 2] {
        self.size.unwrap_or_default().mm(self.dpi)
    }
}
