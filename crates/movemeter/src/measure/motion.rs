//! How far the content of each window moved.

use std::sync::Arc;

use super::against::Against;
use super::brightness;
use super::chain::Chain;
use super::keyframe::Keyframes;
use super::reference::{self, Ahead, ReferenceFrame};
use super::stage::{Measurement, ScratchPool, Taken};
use super::windows::Site;
use crate::brightness::Brightness;
use crate::deformation::Deforming;
use crate::error::Error;
use crate::frame::Frame;
use crate::geometry::Displacement;
use crate::mask::{Counts, Mask};
use crate::matching::covariance::{Correlation, Noise};
use crate::matching::matcher::Matcher;
use crate::matching::plan::{Method, Planner};
use crate::matching::subpixel::Subpixel;
use crate::matching::warp::Model;
use crate::monitor::Monitor;
use crate::preprocess::blur;
use crate::recipe::{Recipe, Reference};
use crate::simd::Level;
use crate::source::{FrameSource, StackInfo};
use crate::table::Table;
use crate::track::{Found, Status, Track, Tracks};

/// Measures displacements. Hand it to [`run()`](super::run()).
pub struct Motion {
    site: Site,
    follow: bool,
    mask: Option<Mask>,
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
    /// From the first that comes, by keyframes.
    FromFirstByKeyframes,
    /// From this one; its number, if it is one of the recording's.
    From(Box<Against>, Option<usize>),
    /// From one before each.
    Chained(Chain),
    /// From the first, by keyframes.
    Keyed(Keyframes),
}

/// How the work is done where that makes no difference to the result but rounding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Means {
    /// The CPU level; the best by default.
    pub level: Option<Level>,
    /// The way to correlate; the cheapest by default.
    pub method: Option<Method>,
    /// Whether following windows without a limit are looked for in the whole of every frame, not
    /// first where their motion so far leads: the judge of looking there first.
    pub exhaustive: bool,
    /// Whether what is prepared of the reference for each window is kept for all frames; by default if all of it takes less
    /// than 256 MB. It decides how covariances are rounded, so blocks of windows are told what the whole does
    /// ([`Motion::keeps`]).
    pub keeps: Option<bool>,
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
        Self::with(ahead, means, recipe, source.info(), monitor)
    }

    /// The same with what was read ahead, for frames of this kind: all of the recording, or a block of them, without the reference even
    /// ([`Ahead::of_recording`]).
    pub fn with(
        ahead: Ahead,
        means: Means,
        recipe: &Recipe,
        info: &StackInfo,
        monitor: &dyn Monitor,
    ) -> Result<Self, Error> {
        recipe.check_for(info.size)?;
        let Ahead { preparation, reference } = ahead;
        let n_averaged = reference.as_ref().map_or(1, |reference| reference.n_frames);
        let site = site(means, recipe, info, n_averaged).preparing(preparation);
        if let Some(warning) = recipe.warning(info.size) {
            monitor.warn(warning);
        }
        let mut pool = ScratchPool::default();
        pool.fit();
        let counting = match reference {
            Some(ReferenceFrame { frame, number, .. }) => {
                let role = Against::role_of_reference(recipe.follow);
                let frame = site.prepare_preprocessed(&frame, role, &pool);
                Counting::From(Box::new(Against::new(&site, frame, recipe.follow, &pool)), number)
            }
            None => counting_from_first(recipe.reference),
        };
        let pixel_size_um = recipe.pixel_size_um.or(info.pixel_size_um);
        let tracks = empty_tracks(recipe, info.n_frames, pixel_size_um);
        let (follow, mask) = (recipe.follow, recipe.mask.clone());
        Ok(Self { site, follow, mask, counting, pool, tracks })
    }

    /// Whether all that is prepared of the reference for these windows is kept for all frames: see [`Means::keeps`].
    pub fn keeps(recipe: &Recipe, info: &StackInfo) -> bool {
        site(Means::default(), recipe, info, 1).may_keep()
    }

    /// What was measured so far.
    pub fn tracks(&self) -> &Tracks {
        &self.tracks
    }

    /// What was measured.
    pub fn into_tracks(self) -> Tracks {
        self.tracks
    }

    /// The keyframes, if it measures by them and has begun.
    #[cfg(test)]
    pub(super) fn into_keyframes(self) -> Option<Keyframes> {
        if let Counting::Keyed(keyframes) = self.counting { Some(keyframes) } else { None }
    }

    /// Starts from the first frame, if that is the reference; gives its samples.
    fn start(&mut self, first: &Taken, frame: &Frame) -> Option<Vec<Found>> {
        let (site, pool) = (&self.site, &self.pool);
        match &self.counting {
            Counting::FromFirst => {
                let frame = site.prepare(frame, Against::role_of_reference(self.follow), pool);
                let against = Against::new(site, frame, self.follow, pool);
                self.counting = Counting::From(Box::new(against), Some(first.stamp.number));
                None
            }
            Counting::FromEachBefore => {
                let (chain, samples) = Chain::start(site, frame, self.follow, pool);
                self.counting = Counting::Chained(chain);
                Some(samples)
            }
            Counting::FromFirstByKeyframes => {
                let (keyframes, samples) = Keyframes::start(site, frame, self.follow, pool);
                self.counting = Counting::Keyed(keyframes);
                Some(samples)
            }
            Counting::From(..) | Counting::Chained(_) | Counting::Keyed(_) => None,
        }
    }

    /// Every window in every frame of the batch, all of which are included.
    fn samples(&mut self, batch: &[(&Taken, &Frame)], monitor: &dyn Monitor) -> Vec<Found> {
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
            Counting::Chained(chain) => chain.next(site, &frames(batch), pool, monitor),
            Counting::Keyed(keyframes) => keyframes.next(site, &frames(batch), pool, monitor),
            Counting::FromFirst | Counting::FromEachBefore | Counting::FromFirstByKeyframes => {
                Vec::new()
            }
        }
    }

    /// Adds the samples of the included frames to the tracks, and says of the others that they are not.
    fn keep(&mut self, batch: &[Taken], samples: &[Found]) {
        let n_windows = self.site.rects.len();
        if let Some(brightness) = &mut self.tracks.brightness {
            let moved = |frame: usize, window: usize| match self.follow {
                true => samples[frame * n_windows + window].sample.displacement(),
                false => Some(Displacement::ZERO),
            };
            let counts = self.mask.as_ref().and_then(Mask::counts);
            brightness::measure(brightness, (&self.site.rects, counts), batch, moved);
        }
        let excluded = vec![Found::lost(Status::Excluded); n_windows];
        let mut measured = samples.chunks_exact(n_windows);
        for taken in batch {
            let samples = match taken.frame {
                Some(_) => measured.next().expect("each included frame was measured"),
                None => &excluded,
            };
            self.tracks.stamps.push(taken.stamp);
            for (track, found) in self.tracks.tracks.iter_mut().zip(samples) {
                track.samples.push(found.sample);
                if self.tracks.deforming != Deforming::No {
                    track.deformations.push(found.deformation);
                }
            }
        }
    }
}

fn frames<'a>(batch: &[(&Taken, &'a Frame)]) -> Vec<&'a Frame> {
    batch.iter().map(|(_, frame)| *frame).collect()
}

/// Enough frames at once that what is known of a window is fetched from memory for several of them.
const BATCH_BYTES_PER_THREAD: usize = 8 << 20;

impl Measurement for Motion {
    fn batch_bytes_per_thread(&self) -> usize {
        BATCH_BYTES_PER_THREAD
    }

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

fn counting_from_first(reference: Reference) -> Counting {
    match reference {
        Reference::Previous => Counting::FromEachBefore,
        Reference::Keyframe => Counting::FromFirstByKeyframes,
        Reference::First | Reference::Mean | Reference::Frame(_) => Counting::FromFirst,
    }
}

/// Smoothing and spline of a fit feel a filled pixel less than 1e-4 px so far from it; at 1 px, clean texture is
/// misplaced by 1e-3 px, and at 3 px a grid of dead pixels would leave too little of a window.
const FIT_MARGIN_PX: usize = 2;
/// Beyond so many standard deviations of a blur, a 50th of what is filled is left.
const BLUR_MARGIN: f64 = 2.0;

/// The pixels that count: those that do not feel what the mask covers.
fn counts(recipe: &Recipe) -> Option<Arc<Counts>> {
    let mask = recipe.mask.as_ref().filter(|mask| Mask::covers_any(mask))?;
    let of_fit = match recipe.subpixel {
        Subpixel::GaussNewton => FIT_MARGIN_PX,
        Subpixel::Parabola | Subpixel::Gaussian | Subpixel::None | Subpixel::Resize(_) => 0,
    };
    let of_blur = (BLUR_MARGIN * recipe.blur_sigma_px).ceil() as usize;
    Some(Arc::new(mask.counts()?.shrunk(of_fit + of_blur)))
}

/// All windows, to be matched in such frames with a reference that is the mean of `n_averaged`.
fn site(means: Means, recipe: &Recipe, info: &StackInfo, n_averaged: usize) -> Site {
    let matcher = matcher(recipe, means, n_averaged, info.is_rounded());
    let planner = means.method.map_or_else(Planner::default, Planner::forced);
    let how = (recipe.follow, !means.exhaustive);
    Site::new(matcher, &recipe.windows, info.size, planner, how).keeping(means.keeps)
}

/// A mean of n frames has 1/n of a frame's noise: the part 1/(n + 1) of what it and a frame have.
fn matcher(recipe: &Recipe, means: Means, n_averaged: usize, is_rounded: bool) -> Matcher {
    let of_mean = 1.0 / (n_averaged as f64 + 1.0);
    let taps = blur::taps(recipe.blur_sigma_px);
    // Rounding to whole numbers has variance 1/12, in a frame and in the reference.
    let rounding = if is_rounded { (1.0 + 1.0 / n_averaged as f64) / 12.0 } else { 0.0 };
    Matcher {
        scores_all: means.exhaustive || means.method.is_some(),
        level: means.level.unwrap_or_else(Level::new),
        subpixel: recipe.subpixel,
        min_score: recipe.min_score,
        keep_doubtful: recipe.keep_doubtful,
        max_displacement_px: recipe.max_displacement_px,
        model: recipe.model,
        max_rotation_rad: recipe.max_rotation_rad(),
        noise: Noise {
            of_template: if recipe.follow { of_mean } else { 1.0 - of_mean },
            expected: Correlation::of_white_noise(&taps),
            rounding: rounding * Correlation::variance_left(&taps),
        },
        counts: counts(recipe),
    }
}

/// No frame yet, with room for this many: lists that grow leave as much memory again unused.
fn empty_tracks(recipe: &Recipe, n_frames: usize, pixel_size_um: Option<f64>) -> Tracks {
    let deforming = match (recipe.model, recipe.rotation) {
        (Model::Affine, _) => Deforming::Straining,
        (Model::Rigid, _) | (Model::Translation, true) => Deforming::Turning,
        (Model::Translation, false) => Deforming::No,
    };
    let n_deformations = if deforming == Deforming::No { 0 } else { n_frames };
    let names: Vec<Arc<str>> =
        recipe.windows.groups().iter().map(|group| group.name.as_str().into()).collect();
    let groups = recipe.windows.groups().iter().zip(names);
    let tracks = groups.flat_map(|(group, name)| {
        let windows = group.windows.iter().enumerate();
        windows.map(move |(window, &rect)| Track {
            group: Arc::clone(&name),
            window,
            rect,
            samples: Vec::with_capacity(n_frames),
            deformations: Vec::with_capacity(n_deformations),
        })
    });
    let brightness =
        recipe.brightness.map(|mode| Brightness::new(mode, recipe.windows.len(), n_frames));
    Tracks { stamps: Vec::new(), tracks: tracks.collect(), brightness, pixel_size_um, deforming }
}
