//! How far the content of each window moved.

use std::sync::Arc;

use super::against::Against;
use super::chain::Chain;
use super::reference::{self, Ahead};
use super::stage::{Measurement, ScratchPool, Taken};
use super::windows::Site;
use crate::error::Error;
use crate::frame::Frame;
use crate::matching::matcher::Matcher;
use crate::matching::plan::{Method, Planner};
use crate::monitor::{Monitor, Warning};
use crate::recipe::{Recipe, Reference};
use crate::simd::Level;
use crate::source::FrameSource;
use crate::table::Table;
use crate::track::{Sample, Status, Track, Tracks};

/// Measures displacements. Hand it to [`run()`](super::run()).
pub struct Motion {
    site: Site,
    follow: bool,
    counting: Counting,
    pool: ScratchPool,
    tracks: Tracks,
}

/// From which frame displacements count.
enum Counting {
    /// From the first that comes.
    FromFirst,
    /// From one before each, from the first that comes on.
    FromEachBefore,
    /// From this one; its number, if it is one of the recording's.
    From(Against, Option<usize>),
    /// From one before each.
    Chained(Chain),
}

/// How the work is done where that makes no difference to the result but rounding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Means {
    /// The CPU level; the best by default.
    pub level: Option<Level>,
    /// The way to correlate; the cheapest by default.
    pub method: Option<Method>,
}

impl Motion {
    /// Checks the recipe against the stack, and reads the reference if that is not the first frame.
    pub fn new(
        recipe: &Recipe,
        source: &mut dyn FrameSource,
        monitor: &dyn Monitor,
    ) -> Result<Self, Error> {
        Self::by(Means::default(), recipe, source, monitor)
    }

    /// The same by the given means.
    pub fn by(
        means: Means,
        recipe: &Recipe,
        source: &mut dyn FrameSource,
        monitor: &dyn Monitor,
    ) -> Result<Self, Error> {
        recipe.check(source.info())?;
        let ahead = reference::read_ahead(recipe, source, monitor)?;
        let matcher = matcher(recipe, means, ahead.as_ref().map_or(1, |ahead| ahead.n_frames));
        let planner = means.method.map_or_else(Planner::default, Planner::forced);
        let site = Site::new(matcher, &recipe.windows, source.info().size, planner);
        warn_of_clipping(&site, monitor);
        let mut pool = ScratchPool::default();
        pool.fit();
        let counting = match ahead {
            Some(Ahead { frame, number, .. }) => {
                Counting::From(Against::new(&site, &frame, recipe.follow, &pool), number)
            }
            None if recipe.reference == Reference::Previous => Counting::FromEachBefore,
            None => Counting::FromFirst,
        };
        let pixel_size_um = recipe.pixel_size_um.or(source.info().pixel_size_um);
        let tracks = empty_tracks(recipe, pixel_size_um);
        Ok(Self { site, follow: recipe.follow, counting, pool, tracks })
    }

    /// What was measured so far.
    pub fn tracks(&self) -> &Tracks {
        &self.tracks
    }

    /// What was measured.
    pub fn into_tracks(self) -> Tracks {
        self.tracks
    }

    /// Starts from the first frame, if that is the reference; gives its samples.
    fn start(&mut self, first: &Taken, frame: &Frame) -> Option<Vec<Sample>> {
        let (site, pool) = (&self.site, &self.pool);
        match &self.counting {
            Counting::FromFirst => {
                let against = Against::new(site, frame, self.follow, pool);
                self.counting = Counting::From(against, Some(first.stamp.number));
                None
            }
            Counting::FromEachBefore => {
                let (chain, samples) = Chain::start(site, frame, self.follow, pool);
                self.counting = Counting::Chained(chain);
                Some(samples)
            }
            Counting::From(..) | Counting::Chained(_) => None,
        }
    }

    /// Every window in every frame of the batch, all of which are included.
    fn samples(&mut self, batch: &[(&Taken, &Frame)], monitor: &dyn Monitor) -> Vec<Sample> {
        let (site, pool) = (&self.site, &self.pool);
        match &mut self.counting {
            Counting::From(against, number) => {
                let is_reference = |taken: &Taken| *number == Some(taken.stamp.number);
                let others = batch.iter().filter(|(taken, _)| !is_reference(taken));
                let others: Vec<&Frame> = others.map(|(_, frame)| *frame).collect();
                let mut samples = against.samples(site, &others, pool, monitor);
                if let Some(place) = batch.iter().position(|(taken, _)| is_reference(taken)) {
                    let at = place * site.rects.len();
                    samples.splice(at..at, against.samples_of_reference(site, pool));
                }
                samples
            }
            Counting::Chained(chain) => {
                let going = batch.iter().take_while(|_| !monitor.is_cancelled());
                going.flat_map(|(_, frame)| chain.next(site, frame, pool)).collect()
            }
            Counting::FromFirst | Counting::FromEachBefore => Vec::new(),
        }
    }

    /// Adds the samples of the included frames to the tracks, and says of the others that they are not.
    fn keep(&mut self, batch: &[Taken], samples: &[Sample]) {
        let n_windows = self.site.rects.len();
        let excluded = vec![Sample::lost(Status::Excluded); n_windows];
        let mut measured = samples.chunks_exact(n_windows);
        for taken in batch {
            let samples = match taken.frame {
                Some(_) => measured.next().expect("each included frame was measured"),
                None => &excluded,
            };
            self.tracks.stamps.push(taken.stamp);
            for (track, &sample) in self.tracks.tracks.iter_mut().zip(samples) {
                track.samples.push(sample);
            }
        }
    }
}

impl Measurement for Motion {
    fn frames(&mut self, batch: &[Taken], monitor: &dyn Monitor) -> Result<(), Error> {
        self.pool.fit();
        let mut included: Vec<(&Taken, &Frame)> =
            batch.iter().filter_map(|taken| Some((taken, taken.frame.as_ref()?))).collect();
        let mut samples = Vec::new();
        if let Some(&(taken, frame)) = included.first()
            && let Some(of_first) = self.start(taken, frame)
        {
            samples = of_first;
            included.remove(0);
        }
        samples.extend(self.samples(&included, monitor));
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        self.keep(batch, &samples);
        Ok(())
    }

    fn table(&self) -> Table<'_> {
        self.tracks.table()
    }
}

/// A mean of n frames has 1/n of a frame's noise: the part 1/(n + 1) of what it and a frame have.
fn matcher(recipe: &Recipe, means: Means, n_averaged: usize) -> Matcher {
    let of_mean = 1.0 / (n_averaged as f64 + 1.0);
    Matcher {
        level: means.level.unwrap_or_else(Level::new),
        subpixel: recipe.subpixel,
        min_score: recipe.min_score,
        keep_doubtful: recipe.keep_doubtful,
        max_displacement_px: recipe.max_displacement_px,
        template_noise: if recipe.follow { of_mean } else { 1.0 - of_mean },
    }
}

fn warn_of_clipping(site: &Site, monitor: &dyn Monitor) {
    let n_windows = site.n_clipped();
    if let Some(max_displacement_px) = site.matcher.max_displacement_px
        && 0 < n_windows
    {
        monitor.warn(Warning::SearchClipped { n_windows, max_displacement_px });
    }
}

fn empty_tracks(recipe: &Recipe, pixel_size_um: Option<f64>) -> Tracks {
    let names: Vec<Arc<str>> =
        recipe.windows.groups().iter().map(|group| group.name.as_str().into()).collect();
    let groups = recipe.windows.groups().iter().zip(names);
    let tracks = groups.flat_map(|(group, name)| {
        let windows = group.windows.iter().enumerate();
        windows.map(move |(window, &rect)| Track {
            group: Arc::clone(&name),
            window,
            rect,
            samples: Vec::new(),
        })
    });
    Tracks { stamps: Vec::new(), tracks: tracks.collect(), pixel_size_um }
}
