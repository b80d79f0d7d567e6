//! Pictures of results: traces, heatmaps, windows on frames, as PNG, SVG and PDF that go straight into a paper.
//!
//! [`plot()`] draws curves, [`HeatmapPainter`] colours of windows, [`OverlayPainter`] windows and arrows on frames: each gives
//! a [`Page`], which is written as vectors or pixels, or [`Pixels`] for films ([`write_pictures`]) and screens.
//! All is drawn as SVG first ([`drawing`]); `resvg` and `krilla` make pixels and PDF of it, with a font that is part of the program. The same tracks give the same bytes on every
//! machine.

mod png;
mod font;
pub mod drawing;
pub mod page;
pub mod colormap;
mod axis;
pub mod selection;
mod layout;
mod lines;
pub mod plot;
pub mod grey;
pub mod heat;
mod stamp;
pub mod overlay;
pub mod films;
pub mod written;

pub use crate::pixels::{Pictures, Pixels};
pub use films::{HeatmapFilm, OverlayFilm, check_recording};
pub use heat::{HeatmapOptions, HeatmapPainter};
pub use overlay::{OverlayOptions, OverlayPainter};
pub use page::{Page, PictureFormat};
pub use plot::{PlotKind, PlotOptions, plot};
pub use png::png;
pub use selection::{Group, Selection, groups};
pub use written::{picture_files, write_pictures};
