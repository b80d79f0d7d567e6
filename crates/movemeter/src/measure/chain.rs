//! Every frame against the one before; positions are summed from the first frame on.
//!
//! A frame in which a window is lost does not break its chain: the next one is compared with the
//! last in which it was measured.
//!
//! The covariance is the sum of the steps'. That is more than the truth where the content stays the
//! same: a frame's noise then enters two steps with opposite signs.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::course::{self, Course};
use super::pair;
use super::stage::{Scratch, ScratchPool};
use super::windows::{Place, Prepared, Site};
use crate::deformation::Deformation;
use crate::frame::Frame;
use crate::geometry::{Displacement, Rect};
use crate::matching::matcher::Role;
use crate::matching::template::Template;
use crate::monitor::Monitor;
use crate::track::{Covariance, Found, Sample, Status};

/// Earlier frames that may be held for windows lost since. When windows were lost at more different
/// times than that, the chains of those lost first end: memory must not grow with the recording.
const MAX_HELD_FRAMES: usize = 8;

/// All windows with their sums so far.
pub(super) struct Chain {
    follow: bool,
    n_frames: usize,
    links: Vec<Link>,
}

/// One window: what was last measured of it, and the sum until then.
struct Link {
    window: usize,
    sum: Displacement,
    covariance: Covariance,
    deformation: Deformation,
    last: Last,
    course: Course,
    status: Status,
}

/// Against what the next frame is measured.
enum Last {
    /// The window is fixed: the whole earlier frame, shared with other windows.
    Frame { number: usize, frame: Arc<Prepared> },
    /// The window follows: its content, and where that was.
    Content { template: Box<Template>, rect: Rect },
    /// The chain has ended, for this reason.
    Ended(Status),
}

impl Chain {
    /// Starts at the first frame; gives its samples too.
    pub fn start(
        site: &Site,
        first: &Frame,
        follow: bool,
        pool: &ScratchPool,
    ) -> (Self, Vec<Found>) {
        let first = Arc::new(site.prepare(first, Role::Both, pool));
        let start = |window: usize| {
            let mut template = Box::<Template>::default();
            let place = site.place(window);
            let texture = pair::take(site, &first, place, &mut template, &mut pool.get());
            let last = match (texture, follow) {
                (Err(status), _) => Last::Ended(status),
                (Ok(()), true) => Last::Content { template, rect: place.rect },
                (Ok(()), false) => Last::Frame { number: 0, frame: Arc::clone(&first) },
            };
            let found = texture.map_or_else(Found::lost, |()| Found::reference());
            let (sum, covariance) = (Displacement::ZERO, Covariance::ZERO);
            let (deformation, status) = (Deformation::NONE, found.sample.status);
            let course = Course::default();
            (Link { window, sum, covariance, deformation, last, course, status }, found)
        };
        let (links, samples) = (0..site.rects.len()).into_par_iter().map(start).unzip();
        (Self { follow, n_frames: 0, links }, samples)
    }

    /// Every window in the next frames, until the monitor says to stop.
    pub fn next(
        &mut self,
        site: &Site,
        frames: &[&Frame],
        pool: &ScratchPool,
        monitor: &dyn Monitor,
    ) -> Vec<Found> {
        let mut samples = Vec::with_capacity(frames.len() * self.links.len());
        // As many at once as there are threads to prepare them.
        for frames in frames.chunks(rayon::current_num_threads()) {
            let prepare = |frame: &&Frame| site.prepare(frame, Role::Both, pool);
            let prepared: Vec<Prepared> = frames.par_iter().map(prepare).collect();
            for frame in prepared {
                let Some(found) = self.step(site, &Arc::new(frame), pool, monitor) else {
                    return samples;
                };
                samples.extend(found);
            }
        }
        samples
    }

    /// Every window in the next frame, unless the monitor says to stop.
    fn step(
        &mut self,
        site: &Site,
        frame: &Arc<Prepared>,
        pool: &ScratchPool,
        monitor: &dyn Monitor,
    ) -> Option<Vec<Found>> {
        self.n_frames += 1;
        let number = self.n_frames;
        let step = |link: &mut Link| {
            let goes_on = !monitor.is_cancelled();
            goes_on.then(|| link.step(site, number, frame, &mut pool.get()))
        };
        let samples = self.links.par_iter_mut().map(step).collect();
        if !self.follow {
            self.let_go_of_old_frames();
        }
        samples
    }

    fn let_go_of_old_frames(&mut self) {
        let held: BTreeSet<usize> = self.links.iter().filter_map(Link::held).collect();
        // The newest of them is the present frame, which is held in any case.
        let n_too_many = held.len().saturating_sub(MAX_HELD_FRAMES + 1);
        let Some(&oldest_kept) = held.iter().nth(n_too_many) else { return };
        for link in &mut self.links {
            if link.held().is_some_and(|number| number < oldest_kept) {
                link.last = Last::Ended(link.status);
            }
        }
    }
}

impl Link {
    /// The number of the earlier frame it holds.
    fn held(&self) -> Option<usize> {
        match self.last {
            Last::Frame { number, .. } => Some(number),
            Last::Content { .. } | Last::Ended(_) => None,
        }
    }

    fn step(
        &mut self,
        site: &Site,
        number: usize,
        frame: &Arc<Prepared>,
        scratch: &mut Scratch,
    ) -> Found {
        let step = match &self.last {
            Last::Ended(status) => return Found::lost(*status),
            Last::Content { template, rect } => {
                let place = Place { window: self.window, rect: *rect };
                course::follow(site, template, frame, place, &mut self.course, scratch)
            }
            Last::Frame { frame: earlier, .. } => {
                pair::look_back(site, frame, earlier, None, site.place(self.window), scratch)
            }
        };
        let found = self.after(site, &step);
        let Found { sample, deformation } = found;
        self.status = sample.status;
        // A doubtful step is shown if asked for, but nothing is built on it.
        if sample.is_ok() && self.advance(site, number, frame, sample.displacement, scratch) {
            (self.sum, self.covariance) = (sample.displacement, sample.covariance);
            self.deformation = deformation;
        }
        found
    }

    /// The sum after another step.
    fn after(&self, site: &Site, step: &Found) -> Found {
        let mut displacement = self.sum + step.sample.displacement;
        // What is followed is up to half a pixel beside the centre of the content that was taken,
        // and moves otherwise than that if it turns.
        if let (Last::Content { rect, .. }, true) = (&self.last, step.deformation.is_known()) {
            let start = site.rects[self.window];
            let taken = ((rect.x - start.x) as f64, (rect.y - start.y) as f64);
            let (dx, dy) = step.deformation.moves(self.sum.dx - taken.0, self.sum.dy - taken.1);
            displacement += Displacement::new(dx, dy);
        }
        let covariance = self.covariance.plus(step.sample.covariance);
        let deformation = self.deformation.then(&step.deformation);
        Found { sample: Sample { displacement, covariance, ..step.sample }, deformation }
    }

    /// Makes this frame the one that the next is compared with; whether that could be done.
    fn advance(
        &mut self,
        site: &Site,
        number: usize,
        frame: &Arc<Prepared>,
        sum: Displacement,
        scratch: &mut Scratch,
    ) -> bool {
        match &mut self.last {
            Last::Ended(_) => false,
            Last::Frame { number: held_number, frame: held } => {
                (*held_number, *held) = (number, Arc::clone(frame));
                true
            }
            Last::Content { template, rect } => {
                let start = site.rects[self.window];
                let whole = |part: f64| part.round() as isize;
                let moved = start.moved(whole(sum.dx), whole(sum.dy));
                let place = Place { window: self.window, rect: moved };
                take_anew(site, frame, place, template, rect, scratch)
            }
        }
    }
}

/// Takes the content at a place and says so; where that is not in the frame, or flat, the old is kept.
fn take_anew(
    site: &Site,
    frame: &Prepared,
    place: Place,
    template: &mut Template,
    rect: &mut Rect,
    scratch: &mut Scratch,
) -> bool {
    if !place.rect.is_inside(frame.frame.pixels().size()) {
        return false;
    }
    let mut fresh = std::mem::take(&mut scratch.template);
    let is_taken = pair::take(site, frame, place, &mut fresh, scratch).is_ok();
    if is_taken {
        std::mem::swap(template, &mut fresh);
        *rect = place.rect;
    }
    scratch.template = fresh;
    is_taken
}
