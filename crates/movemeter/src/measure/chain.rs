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

use super::pair;
use super::stage::{Scratch, ScratchPool};
use super::windows::{Place, Prepared, Site};
use crate::frame::Frame;
use crate::geometry::{Displacement, Rect};
use crate::matching::matcher::Role;
use crate::matching::template::Template;
use crate::track::{Covariance, Sample, Status};

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
    last: Last,
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
    ) -> (Self, Vec<Sample>) {
        let first = Arc::new(site.prepare(first, Role::Target, pool));
        let start = |window: usize| {
            let mut template = Box::<Template>::default();
            let place = site.place(window);
            let texture = pair::take(site, &first, place, &mut template, &mut pool.get());
            let last = match (texture, follow) {
                (Err(status), _) => Last::Ended(status),
                (Ok(()), true) => Last::Content { template, rect: place.rect },
                (Ok(()), false) => Last::Frame { number: 0, frame: Arc::clone(&first) },
            };
            let sample = texture.map_or_else(Sample::lost, |()| Sample::reference());
            let (sum, covariance) = (Displacement::ZERO, Covariance::ZERO);
            (Link { window, sum, covariance, last, status: sample.status }, sample)
        };
        let (links, samples) = (0..site.rects.len()).into_par_iter().map(start).unzip();
        (Self { follow, n_frames: 0, links }, samples)
    }

    /// Every window in the next frame.
    pub fn next(&mut self, site: &Site, frame: &Frame, pool: &ScratchPool) -> Vec<Sample> {
        self.n_frames += 1;
        let number = self.n_frames;
        let frame = Arc::new(site.prepare(frame, Role::Target, pool));
        let step = |link: &mut Link| link.step(site, number, &frame, &mut pool.get());
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
    ) -> Sample {
        let step = match &self.last {
            Last::Ended(status) => return Sample::lost(*status),
            Last::Content { template, rect } => {
                let place = Place { window: self.window, rect: *rect };
                pair::follow(site, template, frame, place, scratch)
            }
            Last::Frame { frame: earlier, .. } => {
                pair::look_back(site, frame, earlier, None, site.place(self.window), scratch)
            }
        };
        let sample = Sample {
            displacement: self.sum + step.displacement,
            covariance: self.covariance.plus(step.covariance),
            ..step
        };
        self.status = step.status;
        // A doubtful step is shown if asked for, but nothing is built on it.
        if step.is_ok() {
            (self.sum, self.covariance) = (sample.displacement, sample.covariance);
            self.advance(site, number, frame, scratch);
        }
        sample
    }

    /// Makes this frame the one that the next is compared with.
    fn advance(
        &mut self,
        site: &Site,
        number: usize,
        frame: &Arc<Prepared>,
        scratch: &mut Scratch,
    ) {
        match &mut self.last {
            Last::Ended(_) => {}
            Last::Frame { number: held_number, frame: held } => {
                (*held_number, *held) = (number, Arc::clone(frame));
            }
            Last::Content { template, rect } => {
                let start = site.rects[self.window];
                let whole = |part: f64| part.round() as isize;
                let moved = start.moved(whole(self.sum.dx), whole(self.sum.dy));
                take_anew(
                    site,
                    frame,
                    Place { window: self.window, rect: moved },
                    template,
                    rect,
                    scratch,
                );
            }
        }
    }
}

/// Takes the content at a place; where that is not in the frame, or flat, the old content is kept.
fn take_anew(
    site: &Site,
    frame: &Prepared,
    place: Place,
    template: &mut Template,
    rect: &mut Rect,
    scratch: &mut Scratch,
) {
    if !place.rect.is_inside(frame.frame.pixels().size()) {
        return;
    }
    let mut fresh = std::mem::take(&mut scratch.template);
    if pair::take(site, frame, place, &mut fresh, scratch).is_ok() {
        std::mem::swap(template, &mut fresh);
        *rect = place.rect;
    }
    scratch.template = fresh;
}
