//! Every frame against a keyframe, which is renewed when the content has changed its look.
//!
//! A match against a template that is many frames old has one frame's error, not the sum of many; but
//! content that changes its look is lost in the end. So each window keeps its template while that is
//! recognised, and takes a new one only when the score has fallen. The new keyframe's place is measured
//! against all earlier ones that are still recognised, the first frame among them as long as it is, and
//! combined from these links ([`links`]). Four things keep the error from growing with their number:
//!
//! - A frame's noise enters the link to it and the link from it with opposite signs, and cancels as far
//!   as the content is the same.
//! - Each link is measured both ways, from the keyframe to the frame and back, and the mean is taken: what
//!   the change of the look adds to one way it takes from the other, to the second order.
//! - Several links average what does not cancel.
//! - Content that looks again as it did before is measured against the keyframe of then, and what the
//!   links since have gathered is gone.
//!
//! What no comparison of two frames can tell from motion is texture that changes as if it moved; that
//! error grows with the change, however many keyframes there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::course::{self, Course};
use super::key::{Content, Key, Present, aside, between, moved, nearest};
use super::level::Level;
use super::links;
use super::pair;
use super::stage::{Scratch, ScratchPool};
use super::windows::{Place, Prepared, Site};
use crate::deformation::Deformation;
use crate::frame::Frame;
use crate::geometry::Displacement;
use crate::matching::matcher::Role;
use crate::matching::warp::Model;
use crate::monitor::Monitor;
use crate::track::{Covariance, Found, Sample, Status};

/// An earlier keyframe is taken up again when the content scores above this part: half-way, so that two
/// keyframes do not take turns from frame to frame.
const RETURN_ABOVE: f64 = 0.985;
/// Keyframes of a window. Each costs a link when a new one is taken, and memory; spread evenly over the
/// logarithm of their age, eight reach back to any time at which the content looked alike.
const MAX_KEYFRAMES: usize = 8;
/// Frames that are held for windows that stay, all windows together: memory must not grow with the
/// recording. With more windows than share these, keyframes are renewed earlier than they must.
const MAX_HELD_FRAMES: usize = 16;

/// The ways there and back may differ by so much; more, one of them has found something else.
const MAX_APART_PX: f64 = 1.0;

/// All windows with their keyframes.
pub(super) struct Keyframes {
    n_frames: usize,
    windows: Vec<Window>,
}

struct Window {
    window: usize,
    /// From old to new, the first is the recording's first; none if there was no texture.
    keys: Vec<Key>,
    current: usize,
    level: Level,
    course: Course,
    last: Last,
    status: Status,
}

/// Where a window was last measured.
#[derive(Clone, Copy)]
struct Last {
    number: usize,
    displacement: Displacement,
    covariance: Covariance,
    deformation: Deformation,
}

impl Keyframes {
    /// Starts at the first frame; gives its samples too.
    pub fn start(
        site: &Site,
        first: &Frame,
        follow: bool,
        pool: &ScratchPool,
    ) -> (Self, Vec<Found>) {
        let pixels = &site.preprocessed(first, pool);
        let frame = Arc::new(site.prepare_preprocessed(pixels, Role::Both, pool));
        let present = Present { site, number: 0, frame: &frame, pixels };
        let start = |window: usize| {
            let content = present.content(site.place(window), follow, &mut pool.get());
            let found = match content {
                Ok(_) => Found::reference(),
                Err(status) => Found::lost(status),
            };
            (Window::new(window, content), found)
        };
        let (windows, samples) = (0..site.rects.len()).into_par_iter().map(start).unzip();
        (Self { n_frames: 0, windows }, samples)
    }

    /// Every window in the next frames, until the monitor says to stop.
    pub fn next(
        &mut self,
        site: &Site,
        frames: &[&Frame],
        pool: &ScratchPool,
        monitor: &dyn Monitor,
    ) -> Vec<Found> {
        let mut samples = Vec::with_capacity(frames.len() * self.windows.len());
        // As many at once as there are threads to prepare them.
        for frames in frames.chunks(rayon::current_num_threads()) {
            let prepare = |frame: &&Frame| {
                let pixels = site.preprocessed(frame, pool);
                let prepared = site.prepare_preprocessed(&pixels, Role::Both, pool);
                (pixels, Arc::new(prepared))
            };
            let prepared: Vec<_> = frames.par_iter().map(prepare).collect();
            for (pixels, frame) in prepared {
                let Some(found) = self.step(site, (&pixels, &frame), pool, monitor) else {
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
        (pixels, frame): (&Frame, &Arc<Prepared>),
        pool: &ScratchPool,
        monitor: &dyn Monitor,
    ) -> Option<Vec<Found>> {
        self.n_frames += 1;
        let number = self.n_frames;
        let present = Present { site, number, frame, pixels };
        let step = |window: &mut Window| {
            let goes_on = !monitor.is_cancelled();
            goes_on.then(|| window.step(&present, &mut pool.get()))
        };
        let samples = self.windows.par_iter_mut().map(step).collect();
        self.let_go_of_old_frames(&present, pool);
        samples
    }

    /// Windows that still use a frame that is let go take the present one, where they are seen in it.
    fn let_go_of_old_frames(&mut self, present: &Present<'_>, pool: &ScratchPool) {
        let held: BTreeSet<usize> = self.windows.iter().flat_map(Window::held).collect();
        // The first frame is held in any case.
        let n_too_many = held.len().saturating_sub(MAX_HELD_FRAMES);
        if n_too_many == 0 {
            return;
        }
        let Some(&oldest_kept) = held.iter().nth(1 + n_too_many) else { return };
        self.windows.par_iter_mut().for_each(|window| {
            window.let_go(oldest_kept, present, &mut pool.get());
        });
    }
}

impl Window {
    fn new(window: usize, content: Result<Content, Status>) -> Self {
        let (displacement, covariance) = (Displacement::ZERO, Covariance::ZERO);
        let status = content.as_ref().err().copied().unwrap_or(Status::Ok);
        let deformation = Deformation::NONE;
        let key = |content| Key {
            number: 0,
            displacement,
            covariance,
            deformation,
            content,
            noise: None,
        };
        let first = content.map(key);
        Self {
            window,
            keys: first.into_iter().collect(),
            current: 0,
            level: Level::default(),
            course: Course::default(),
            last: Last { number: 0, displacement, covariance, deformation },
            status,
        }
    }

    fn step(&mut self, present: &Present<'_>, scratch: &mut Scratch) -> Found {
        if self.keys.is_empty() {
            return Found::lost(self.status);
        }
        let mut found = self.through(self.current, present, Reach::Far, scratch);
        if !found.sample.is_ok() {
            match self.find_again(present, scratch) {
                Some(again) => found = again,
                None => return found,
            }
        }
        self.keep(present, &found);
        self.keys[self.current].meet(present.number, &found.sample);
        self.level.add(f64::from(found.sample.score));
        let area = present.site.n_counting(self.window);
        if self.level.has_fallen(present.site, area) {
            found = self.linked(found, present, scratch);
            self.keep(present, &found);
        }
        found
    }

    fn keep(&mut self, present: &Present<'_>, found: &Found) {
        let &Found { sample: Sample { displacement, covariance, .. }, deformation } = found;
        self.last = Last { number: present.number, displacement, covariance, deformation };
    }

    /// The displacement from the first frame, measured against one of the keyframes.
    fn through(
        &mut self,
        key: usize,
        present: &Present<'_>,
        reach: Reach,
        scratch: &mut Scratch,
    ) -> Found {
        let (expected, key) = (self.last.displacement, &self.keys[key]);
        let (site, frame) = (present.site, present.frame);
        let Found { sample: since, deformation } = match &key.content {
            Content::Template { template, rect, .. } => {
                let at = present.rect(self.window, expected);
                let place = Place { window: self.window, rect: at };
                let found = match reach {
                    Reach::Far => {
                        course::follow(site, template, frame, place, &mut self.course, scratch)
                    }
                    Reach::Near => course::near(site, template, frame, place, scratch),
                };
                let by = between(*rect, at) + aside(key, rect, present, self.window, &found);
                Found { sample: moved(found.sample, by), ..found }
            }
            Content::Frame(earlier) => {
                // What is in the window now was there.
                let at = present.rect(self.window, -key.since(expected));
                let place = site.place(self.window);
                let found = pair::look_back_around(site, frame, earlier, place, at, scratch);
                let sample = moved(found.sample, between(at, place.rect));
                let displacement = key.total(sample.displacement) - key.displacement;
                Found { sample: Sample { displacement, ..sample }, ..found }
            }
        };
        let sample = Sample {
            displacement: key.displacement + since.displacement,
            covariance: key.covariance.plus(since.covariance),
            ..since
        };
        Found { sample, deformation: key.deformation.then(&deformation) }
    }

    /// Lost against the current keyframe: perhaps it looks like one of the others, the newest first.
    fn find_again(&mut self, present: &Present<'_>, scratch: &mut Scratch) -> Option<Found> {
        let lost = self.current;
        for key in (0..self.keys.len()).rev().filter(|&key| key != lost) {
            let found = self.through(key, present, Reach::Near, scratch);
            if found.sample.is_ok() {
                self.current = key;
                self.level.mean = None;
                return Some(found);
            }
        }
        None
    }

    /// Links the present frame to all keyframes; from now on an earlier one that looks alike is the
    /// current one, or this frame becomes a new one.
    ///
    /// How it turned and deformed is what the oldest of these says, which has gathered the least.
    fn linked(&mut self, found: Found, present: &Present<'_>, scratch: &mut Scratch) -> Found {
        let sample = found.sample;
        let Some(content) = self.content(present, sample.displacement, scratch) else {
            return found;
        };
        let mut oldest = None;
        let mut ways = Vec::with_capacity(1 + MAX_KEYFRAMES);
        let (mut alike, limit) = (None, RETURN_ABOVE * self.level.highest);
        for key in 0..self.keys.len() {
            let way = match key == self.current {
                true => found,
                false => self.through(key, present, Reach::Near, scratch),
            };
            let deformation = way.deformation;
            let Some(way) = self.both_ways(key, way.sample, &content, present, scratch) else {
                continue;
            };
            oldest = oldest.or(Some(deformation));
            if alike.is_none() && limit < f64::from(way.score) {
                alike = Some((key, way.score));
            }
            ways.push(self.keys[key].without_noise(way));
        }
        let (displacement, covariance) =
            links::combined(&ways).unwrap_or((sample.displacement, sample.covariance));
        let linked = Sample { displacement, ..sample };
        let deformation = oldest.unwrap_or(found.deformation);
        match alike {
            Some((key, score)) => {
                self.current = key;
                self.level.mean = Some(f64::from(score));
            }
            None => {
                self.take(present.number, content, &Sample { covariance, ..linked }, deformation);
            }
        }
        Found { sample: linked, deformation }
    }

    /// The mean of a way from a keyframe to the present frame and the way back; `None` if they are not
    /// the same way.
    fn both_ways(
        &self,
        key: usize,
        way: Sample,
        now: &Content,
        present: &Present<'_>,
        scratch: &mut Scratch,
    ) -> Option<Sample> {
        if !way.is_ok() {
            return None;
        }
        if present.site.matcher.fitted_model() != Model::Translation {
            // What has turned does not look the same from the other end of the way.
            return Some(way);
        }
        let key = &self.keys[key];
        let back =
            key.back(way.displacement, now, present.site.place(self.window), present, scratch);
        let apart = back.displacement - way.displacement;
        let is_same = back.is_ok() && apart.reach() < MAX_APART_PX;
        is_same.then(|| moved(way, Displacement::new(0.5 * apart.dx, 0.5 * apart.dy)))
    }

    /// The present frame as a keyframe's content, unless the window's is not wholly in it.
    fn content(
        &self,
        present: &Present<'_>,
        displacement: Displacement,
        scratch: &mut Scratch,
    ) -> Option<Content> {
        let follow = matches!(self.keys[self.current].content, Content::Template { .. });
        let rect = match follow {
            true => nearest(present.site.rects[self.window], displacement),
            false => present.site.rects[self.window],
        };
        let is_inside = rect.is_inside(present.pixels.size());
        let content = || present.content(Place { window: self.window, rect }, follow, scratch).ok();
        is_inside.then(content).flatten()
    }

    fn take(&mut self, number: usize, content: Content, sample: &Sample, deformation: Deformation) {
        let &Sample { displacement, covariance, .. } = sample;
        let key = Key { number, displacement, covariance, deformation, content, noise: None };
        self.keys.push(key);
        if MAX_KEYFRAMES < self.keys.len() {
            self.keys.remove(most_crowded(&self.keys));
        }
        self.current = self.keys.len() - 1;
        self.level = Level::default();
    }

    /// Numbers of the frames it holds.
    fn held(&self) -> impl Iterator<Item = usize> {
        let holds = |key: &&Key| matches!(key.content, Content::Frame(_));
        self.keys.iter().filter(holds).map(|key| key.number)
    }

    /// Gives up the keyframes before this one, but the first.
    fn let_go(&mut self, oldest_kept: usize, present: &Present<'_>, scratch: &mut Scratch) {
        let is_old = |key: &Key| 0 < key.number && key.number < oldest_kept;
        let is_seen = self.last.number == present.number;
        if self.keys.get(self.current).is_some_and(is_old) && is_seen {
            let Last { displacement, covariance, deformation, .. } = self.last;
            let sample = Sample { displacement, covariance, ..Sample::reference() };
            if let Some(content) = self.content(present, displacement, scratch) {
                self.take(present.number, content, &sample, deformation);
            }
        }
        let current = self.keys.get(self.current).map(|key| key.number);
        self.keys.retain(|key| !is_old(key));
        let still = self.keys.iter().position(|key| Some(key.number) == current);
        self.current = still.unwrap_or(self.keys.len().saturating_sub(1));
    }
}

/// How far around its last place a window is looked for where it has no limit.
#[derive(Clone, Copy)]
enum Reach {
    /// Around it, then anywhere.
    Far,
    /// Around it.
    Near,
}

/// The keyframe between its neighbours, neither the first nor the newest, whose loss leaves the smallest
/// gap for its age: what remains is spread over old and new times alike.
fn most_crowded(keys: &[Key]) -> usize {
    let now = keys.last().map_or(0, |key| key.number);
    let gap = |&key: &usize| {
        let gap = keys[key + 1].number - keys[key - 1].number;
        gap as f64 / (now - keys[key].number) as f64
    };
    let between = 1..keys.len() - 1;
    between.min_by(|a, b| gap(a).total_cmp(&gap(b))).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
mod tests {
    use super::super::stage::Measurement;
    use super::super::{Motion, run};
    use super::*;
    use crate::geometry::{Rect, Size};
    use crate::monitor::Silent;
    use crate::recipe::{Recipe, Reference};
    use crate::roi;
    use crate::source::MemoryStack;
    use crate::synth;

    const FRAME: Size = Size::new(96, 80);

    /// The keyframes of windows all over a stack after its last frame.
    fn after(frames: Vec<Frame>, follow: bool) -> Keyframes {
        let windows = roi::grid(Rect::new(8, 8, 80, 64), Size::new(16, 16), 1.0);
        let (reference, max_displacement_px) = (Reference::Keyframe, Some(4.0));
        let recipe =
            Recipe { windows, reference, follow, max_displacement_px, ..Recipe::default() };
        let mut stack = MemoryStack::new(frames).unwrap();
        let mut motion = Motion::new(&recipe, &mut stack, &Silent).unwrap();
        run(&mut stack, &recipe, &Silent, &mut [&mut motion as &mut dyn Measurement]).unwrap();
        motion.into_keyframes().unwrap()
    }

    fn mixed(n_frames: usize, turn: f64) -> Vec<Frame> {
        let pattern = |seed| synth::speckle(FRAME).seed(seed).frames(1).to_frames().remove(0);
        let (a, b) = (pattern(1), pattern(2));
        let mix = |k: usize| {
            let (sin, cos) = (turn * k as f64).sin_cos();
            let value = |x, y| cos as f32 * a.row(y)[x] + sin as f32 * b.row(y)[x];
            Frame::from_fn(FRAME, value)
        };
        (0..n_frames).map(mix).collect()
    }

    #[test]
    fn noise_renews_no_keyframe() {
        for noise in [0.05, 0.15] {
            let frames = synth::speckle(FRAME).noise(noise).frames(60).to_frames();
            let keyframes = after(frames, true);
            let n_renewed = keyframes.windows.iter().filter(|window| 1 < window.keys.len()).count();
            assert_eq!(n_renewed, 0, "{noise}");
        }
    }

    #[test]
    fn memory_is_bounded_however_often_keyframes_are_renewed() {
        for follow in [true, false] {
            let keyframes = after(mixed(400, 0.02), follow);
            let windows = &keyframes.windows;
            let n_keys = windows.iter().map(|window| window.keys.len()).max().unwrap();
            // Twenty windows that share sixteen frames have fewer each.
            let is_full = if follow {
                n_keys == MAX_KEYFRAMES
            } else {
                (2..=MAX_KEYFRAMES).contains(&n_keys)
            };
            assert!(is_full, "{n_keys}");
            let n_seen = windows.iter().filter(|window| window.last.number == 399).count();
            assert!(15 < n_seen, "letting go of frames loses no windows: {n_seen} of 20");
            let held: BTreeSet<usize> = keyframes.windows.iter().flat_map(Window::held).collect();
            assert!(held.len() <= 1 + MAX_HELD_FRAMES, "{held:?}");
            assert_eq!(held.first(), if follow { None } else { Some(&0) });
        }
    }
}
