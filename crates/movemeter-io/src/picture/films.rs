//! Heatmaps and overlays of many frames, drawn one after the other.

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::heatmap::Moment;
use movemeter::source::FrameSource;
use movemeter::spectrum::even_interval_s;
use movemeter::track::Tracks;

use super::heat::HeatmapPainter;
use super::overlay::OverlayPainter;
use super::page::Page;
use super::stamp::said;
use crate::error::Error;
use crate::pixels::{Pictures, Pixels};

/// Heatmaps of some frames, over those of a recording if there is one.
pub struct HeatmapFilm<'a> {
    /// Draws them.
    pub painter: HeatmapPainter<'a>,
    /// What was measured.
    pub tracks: &'a Tracks,
    /// What is drawn.
    pub moments: Vec<Moment>,
    /// The recording below.
    pub over: Option<Box<dyn FrameSource>>,
}

impl HeatmapFilm<'_> {
    /// One of them as a page. Over a recording, a heatmap of all frames lies over the first.
    pub fn page(&mut self, index: usize) -> Result<Page, Error> {
        let moment = &self.moments[index];
        let stamp = self.tracks.stamps[moment.first()];
        if let Some(source) = &mut self.over {
            self.painter.below(&frame(source, stamp.number)?);
        }
        let title = match moment {
            Moment::Frame(_) => Some(said(&stamp)),
            Moment::Several(..) => None,
        };
        Ok(self.painter.page(moment, title.as_deref()))
    }
}

impl Pictures for HeatmapFilm<'_> {
    fn count(&self) -> usize {
        self.moments.len()
    }

    fn size(&self) -> Size {
        self.painter.page_size(matches!(self.moments.first(), Some(Moment::Frame(_))))
    }

    fn rate_hz(&self) -> Option<f64> {
        rate_hz(self.tracks)
    }

    fn draw(&mut self, index: usize) -> Result<Pixels, Error> {
        Ok(self.page(index)?.pixels())
    }
}

/// Windows and arrows on some frames of a recording.
pub struct OverlayFilm<'a> {
    /// Draws them.
    pub painter: OverlayPainter<'a>,
    /// What was measured.
    pub tracks: &'a Tracks,
    /// The frames drawn, by their places in the table.
    pub frames: Vec<usize>,
    /// The recording.
    pub source: Box<dyn FrameSource>,
}

impl OverlayFilm<'_> {
    /// One of them as a page.
    pub fn page(&mut self, index: usize) -> Result<Page, Error> {
        let place = self.frames[index];
        let image = frame(&mut self.source, self.tracks.stamps[place].number)?;
        Ok(self.painter.page(&image, place))
    }
}

impl Pictures for OverlayFilm<'_> {
    fn count(&self) -> usize {
        self.frames.len()
    }

    fn size(&self) -> Size {
        self.painter.size(self.source.info().size)
    }

    fn rate_hz(&self) -> Option<f64> {
        rate_hz(self.tracks)
    }

    fn draw(&mut self, index: usize) -> Result<Pixels, Error> {
        let place = self.frames[index];
        let image = frame(&mut self.source, self.tracks.stamps[place].number)?;
        Ok(self.painter.pixels(&image, place))
    }
}

/// The error says that a recording does not have all frames of a table, or has others than those measured.
pub fn check_recording(source: &dyn FrameSource, tracks: &Tracks) -> Result<(), Error> {
    let info = source.info();
    let last = tracks.stamps.iter().map(|stamp| stamp.number).max().unwrap_or(0);
    if info.n_frames <= last {
        return Err(Error::NoPicture(format!(
            "the table has frame {last}, but the recording only {} frames: it is not the one that was measured ({})",
            info.n_frames, info.name
        )));
    }
    match tracks.tracks.iter().find(|track| !track.rect.is_inside(info.size)) {
        None => Ok(()),
        Some(track) => Err(Error::NoPicture(format!(
            "window {} of group {:?} ({}) is not inside the frames of {} px: this is not the recording that was \
             measured ({})",
            track.window, track.group, track.rect, info.size, info.name
        ))),
    }
}

fn frame(source: &mut dyn FrameSource, number: usize) -> Result<Frame, Error> {
    let mut frame = Frame::default();
    let failed = |source: BoxError| Error::Source { frame: number, source };
    source.read(number, &mut frame).map_err(failed)?;
    Ok(frame)
}

/// Screens show no more frames a second.
const FASTEST_HZ: f64 = 60.0;

/// How many frames a second a film has: as many as were recorded, if a screen can show them.
fn rate_hz(tracks: &Tracks) -> Option<f64> {
    let times_s: Vec<f64> = tracks.stamps.iter().map(|stamp| stamp.time_s).collect();
    let rate_hz = 1.0 / even_interval_s(&times_s)?;
    (rate_hz <= FASTEST_HZ).then_some(rate_hz)
}
