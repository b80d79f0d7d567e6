//! Where a following window is looked for first: where its motion so far leads.
//!
//! Only where the whole frame may be searched, which takes long; a window whose displacement has a limit
//! is searched within it in any case. A place found near the predicted one is taken only if the search
//! of the whole frame would have found it too, as far as the last such search can tell:
//!
//! 1. all doubts of the matcher are asked, against chance in the whole frame;
//! 2. its score has not fallen: what falls may have jumped away and left something similar;
//! 3. nothing that the last search of the whole frame saw elsewhere could score as high, noise included.
//!
//! Otherwise the region grows, at last to the whole frame. What this cannot see is a second place that
//! matches as well and came into the frame since the last such search; hence [`LOOK_ROUND`].

use super::pair;
use super::stage::Scratch;
use super::windows::{Near, Place, Prepared, Site};
use crate::geometry::{Displacement, Rect, Size};
use crate::matching::template::Template;
use crate::track::{Found, Sample, Status};

/// After so many frames the whole frame is searched again, to see whether something else has come that
/// looks the same. That costs about as much as the searches near by between them.
const LOOK_ROUND: usize = 64;
/// What the template does not explain, 1 − score, may grow by this factor …
const MAX_FALL: f64 = 2.0;
/// … and this much more, for recordings without noise, where a score falls by interpolation alone.
const FALL_ANYWAY: f64 = 0.02;
/// Weight of the last score in the mean of scores that the next is compared with.
const MEMORY: f64 = 0.125;
/// How far above a rival's a score must stay, in what noise explains ([`chance::indistinct`]): the rival's
/// own score has noise, too.
///
/// [`chance::indistinct`]: crate::matching::chance::indistinct
const AHEAD: f64 = 1.5;
/// A region must reach this much farther than the window moved since the last frame, to see it stop
/// or double its speed.
const MARGIN_PX: f64 = 2.0;

/// What is known of a window's motion.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Course {
    known: Option<Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    /// The corner of the window's content in the last frame, px.
    corner: Displacement,
    /// Since the frame before.
    velocity: Displacement,
    /// Mean of the last scores.
    score: f64,
    /// The best other score anywhere, when that was last asked.
    rival: f64,
    /// Frames since then.
    age: usize,
}

/// How far the template's content is, in this frame, from its place.
pub(super) fn follow(
    site: &Site,
    template: &Template,
    frame: &Prepared,
    place: Place,
    course: &mut Course,
    scratch: &mut Scratch,
) -> Found {
    if site.near(place.window).is_empty() {
        return pair::follow(site, template, frame, place, scratch);
    }
    if let Some(known) = course.known
        && let Some(sample) = known.look(site, template, frame, place, scratch)
    {
        course.known = Some(known.gone_on(place.rect, &sample));
        return sample.into();
    }
    let found = pair::follow(site, template, frame, place, scratch);
    let sample = found.sample;
    course.known = sample.is_ok().then(|| {
        let corner = corner(place.rect, &sample);
        let before = course.known.map_or(corner, |known| known.corner);
        let rival = scratch.matching.rival();
        Known { corner, velocity: corner - before, score: f64::from(sample.score), rival, age: 0 }
    });
    found
}

/// The same in the regions around the place only, where the whole frame is too large to search again.
pub(super) fn near(
    site: &Site,
    template: &Template,
    frame: &Prepared,
    place: Place,
    scratch: &mut Scratch,
) -> Found {
    let regions = site.near(place.window);
    if regions.is_empty() {
        return pair::follow(site, template, frame, place, scratch);
    }
    let mut found = regions.iter().filter_map(|near| {
        pair::follow_near(site, template, frame, place, (place.rect, near), scratch)
    });
    found.next().unwrap_or(Sample::lost(Status::LowScore)).into()
}

impl Known {
    /// Near the predicted place, then farther around it.
    fn look(
        &self,
        site: &Site,
        template: &Template,
        frame: &Prepared,
        place: Place,
        scratch: &mut Scratch,
    ) -> Option<Sample> {
        if LOOK_ROUND <= self.age {
            return None;
        }
        let around = self.predicted(place.rect.size(), frame.frame.pixels().size());
        let needed = self.velocity.reach() + MARGIN_PX;
        let regions = site.near(place.window).iter();
        let mut wide_enough = regions.filter(|near| needed <= near.reach as f64);
        let found = |near: &Near| {
            let sample = pair::follow_near(site, template, frame, place, (around, near), scratch)?;
            self.is_believed(site, template, &sample).then_some(sample)
        };
        wide_enough.find_map(found)
    }

    /// The window where it is expected, as far as it fits into the frame.
    fn predicted(&self, window: Size, frame: Size) -> Rect {
        let at = self.corner + self.velocity;
        let inside = |at: f64, frame: usize, window: usize| {
            at.round().clamp(0.0, (frame - window) as f64) as isize
        };
        let x = inside(at.dx, frame.width, window.width);
        let y = inside(at.dy, frame.height, window.height);
        Rect::new(x, y, window.width, window.height)
    }

    fn is_believed(&self, site: &Site, template: &Template, sample: &Sample) -> bool {
        let score = f64::from(sample.score);
        let has_fallen = MAX_FALL * (1.0 - self.score) + FALL_ANYWAY < 1.0 - score;
        let indistinct = site.matcher.indistinct(score, template.n_counting());
        !has_fallen && self.rival < score - AHEAD * indistinct
    }

    fn gone_on(self, window: Rect, sample: &Sample) -> Self {
        let corner = corner(window, sample);
        let score = self.score + MEMORY * (f64::from(sample.score) - self.score);
        Self { corner, velocity: corner - self.corner, score, age: self.age + 1, ..self }
    }
}

/// Where a window's content was found.
fn corner(window: Rect, sample: &Sample) -> Displacement {
    Displacement::new(window.x as f64, window.y as f64) + sample.displacement
}
