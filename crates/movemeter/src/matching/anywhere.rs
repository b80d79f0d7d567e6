//! How high each position of a whole frame can score at most, from the sums of its tiles: what shows that none but a few
//! is worth a look.
//!
//! The bound is that of [`super::bound`], with blocks that lie where the [tiles](super::mosaic) of the frame are: of a
//! window, those that are wholly inside. So there are as many sums as tiles, and as many ways to cut a template into
//! blocks as places of its corner on a tile: its phases. A few keys, each amid a part of the phases, are correlated with
//! all of the frame. That bounds the phases too, for angles between vectors are distances: with a template's sums T
//! at a phase, its key K, and a frame's sums F
//!
//! ```text
//! ∠(T, F)  ≥  ∠(K, F) − ∠(K, T)
//! ```
//!
//! Positions that this does not rule out are compared at their own phase, and those that are left are scored.

use super::bound::{Bounded, Single};
use super::mosaic::Mosaic;
use super::peak::Candidate;
use super::tiled::Tiled;
use crate::fft::{self, FftScratch, Spectrum};
use crate::geometry::{Rect, Size};
use crate::simd::{self, Rows};

/// With more positions to compare at their own phase than this, …
const MAX_COMPARED: usize = 16384;
/// … or to score, scoring all is as quick.
const MAX_SCORED: usize = 2048;
/// Stands for flat places, and beyond the last of a row: nothing is less alike.
const NO_POSITION: f32 = -2.0;

/// Working memory of a [`Search`].
#[derive(Default)]
pub struct AnywhereScratch {
    template: Spectrum,
    product: Spectrum,
    fft: FftScratch,
    /// Of each key, the likeness of all places.
    likeness: Vec<Rows>,
    candidates: Vec<Candidate>,
}

/// A search of a whole frame.
pub struct Search<'a> {
    /// What scores the positions that need it.
    pub single: Single<'a>,
    /// The template on tiles.
    pub of: &'a Tiled,
    /// The frame's tiles.
    pub target: &'a Mosaic,
    /// How many positions there are.
    pub positions: Size,
}

/// The best position, with how high others can be at most.
pub struct Spotted<'a> {
    best: Candidate,
    candidates: &'a [Candidate],
    search: &'a Search<'a>,
}

impl Search<'_> {
    /// The best position; `None` if more than a few must be scored to know it.
    ///
    /// `limit` says for a score which others matter: those that may be at least as high as that.
    pub fn highest<'s>(
        &'s self,
        limit: impl Fn(f64) -> f64,
        scratch: &'s mut AnywhereScratch,
    ) -> Option<Spotted<'s>> {
        let n_keys = self.of.n_keys();
        if scratch.likeness.len() < n_keys {
            scratch.likeness.resize_with(n_keys, Rows::default);
        }
        for key in 0..n_keys {
            self.correlate(key, scratch);
        }
        let AnywhereScratch { likeness, candidates, .. } = scratch;
        let likeness = &likeness[..n_keys];
        let first = self.climb(self.most_alike(likeness)?)?;
        self.gather(limit(f64::from(first.score)), likeness, candidates).then_some(())?;
        let is_below = |at: &Candidate, score| f64::from(at.score) < score;
        let best = self.single.best(first, candidates, is_below)?;
        Some(Spotted { best, candidates, search: self })
    }

    /// How alike a key and the frame are at all places.
    fn correlate(&self, key: usize, scratch: &mut AnywhereScratch) {
        let AnywhereScratch { template, product, fft, likeness, .. } = scratch;
        let ((sums, norm), Mosaic { places, norms, .. }) = (self.of.key(key), self.target);
        let plan = &self.target.fft;
        plan.forward(sums.rows(), template, fft);
        fft::correlate_spectra(template, &self.target.spectrum, product);
        let likeness = &mut likeness[key];
        likeness.fit(places.width, places.height);
        likeness.values_mut().fill(NO_POSITION);
        plan.backward(product, places.height, fft, |y, row| {
            let norms = &norms[y * places.width..][..places.width];
            for ((likeness, &of_frame), &sum) in likeness.row_mut(y).iter_mut().zip(norms).zip(row)
            {
                let alike = sum as f32 / (norm * of_frame);
                *likeness = if of_frame == 0.0 { NO_POSITION } else { alike };
            }
        });
    }

    /// The position where a key is most like the frame.
    fn most_alike(&self, likeness: &[Rows]) -> Option<(usize, usize)> {
        let level = self.single.level;
        let of_key = |(key, likeness): (usize, &Rows)| {
            let at = simd::highest(level, likeness)?;
            Some((likeness.values()[at], key, [at % likeness.stride, at / likeness.stride]))
        };
        let all = likeness.iter().enumerate().filter_map(of_key);
        let (_, key, place) = all.max_by(|one, other| one.0.total_cmp(&other.0))?;
        let Size { width, height } = self.positions;
        let [x, y] = self.position(place, self.of.amid(key));
        let inside = |at: isize, n: usize| at.clamp(0, n as isize - 1) as usize;
        Some((inside(x, width), inside(y, height)))
    }

    /// From there to where no neighbour scores higher.
    fn climb(&self, (u, v): (usize, usize)) -> Option<Candidate> {
        let mut best = self.single.scored(u, v);
        if best.score.is_nan() {
            return None;
        }
        loop {
            let around = Rect::new(best.u as isize, best.v as isize, 1, 1).grown(1);
            let around = around.clipped_to(self.positions)?;
            let row = |v: isize| (around.x..around.right()).map(move |u| (u as usize, v as usize));
            let all = (around.y..around.bottom()).flat_map(row);
            let scored = all.map(|(u, v)| self.single.scored(u, v));
            let higher = scored.fold(best, |a, b| if a.score < b.score { b } else { a });
            if (higher.u, higher.v) == (best.u, best.v) {
                return Some(best);
            }
            best = higher;
        }
    }

    /// The positions that may score as high as this, with their bounds; whether they are few.
    fn gather(&self, score: f64, likeness: &[Rows], candidates: &mut Vec<Candidate>) -> bool {
        candidates.clear();
        let phases = &self.of.phases;
        if phases.iter().any(|phase| score <= phase.bound_of_flat())
            && self.target.norms.contains(&0.0)
        {
            return false;
        }
        let mut n_compared = 0;
        for (key, likeness) in likeness.iter().enumerate() {
            let of_key = phases.iter().enumerate().filter(|(_, phase)| phase.key == key);
            let least: Vec<(usize, f32)> =
                of_key.map(|(i, phase)| (i, phase.least_at_key(score) as f32)).collect();
            let of_any = least.iter().map(|&(_, least)| least).fold(f32::INFINITY, f32::min);
            simd::find_not_below(self.single.level, likeness, of_any, |at| {
                let (place, alike) =
                    ([at % likeness.stride, at / likeness.stride], likeness.values()[at]);
                for &(phase, least) in &least {
                    // What is not a number is not below.
                    let is_below = alike < least;
                    if !is_below {
                        n_compared += 1;
                        candidates.extend(self.candidate(place, phase, score));
                    }
                }
                n_compared <= MAX_COMPARED && candidates.len() <= MAX_SCORED
            });
            if MAX_COMPARED < n_compared || MAX_SCORED < candidates.len() {
                return false;
            }
        }
        true
    }

    /// The position there, if it is one, unless its own bound shows that it scores lower than that.
    fn candidate(&self, place: [usize; 2], phase: usize, score: f64) -> Option<Candidate> {
        let [x, y] = self.position(place, phase);
        let u = usize::try_from(x).ok().filter(|&u| u < self.positions.width)?;
        let v = usize::try_from(y).ok().filter(|&v| v < self.positions.height)?;
        let bound = self.bound(place, phase);
        let is_below = bound < score;
        (!is_below).then_some(Candidate { u, v, score: bound as f32 })
    }

    /// Where a window lies whose first whole tile is at this place.
    fn position(&self, place: [usize; 2], phase: usize) -> [isize; 2] {
        let from = self.of.phases[phase].at;
        [0, 1].map(|axis| (place[axis] * self.of.side()) as isize - from[axis] as isize)
    }

    /// The most that a window can score there.
    fn bound(&self, [x, y]: [usize; 2], phase: usize) -> f64 {
        let Size { width, height } = self.of.covered();
        let of = &self.of.phases[phase];
        let norm = self.target.norms[y * self.target.places.width + x];
        if norm == 0.0 {
            return of.bound_of_flat();
        }
        let sums = self.target.view().crop(Rect::new(x as isize, y as isize, width, height));
        let [_, _, product] = simd::products(self.single.level, self.of.sums(phase), sums, 0.0);
        let likeness = product / f64::from(of.norm * norm);
        // `f64::max` takes what is a number.
        if likeness.is_nan() { f64::NAN } else { of.bound(likeness) }
    }
}

impl Bounded for Spotted<'_> {
    fn best(&self) -> Candidate {
        self.best
    }

    fn candidates(&self) -> &[Candidate] {
        self.candidates
    }

    fn is_bounded(&self, (u, v): (usize, usize), score: f64) -> bool {
        let side = self.search.of.side();
        let place = [u, v].map(|at| at.div_ceil(side));
        let phase = [u, v].map(|at| at.next_multiple_of(side) - at);
        self.search.bound(place, self.search.of.phase(phase)) < score
    }

    fn single(&self) -> &Single<'_> {
        &self.search.single
    }

    fn positions(&self) -> Size {
        self.search.positions
    }
}

#[cfg(test)]
mod tests {
    use super::super::mosaic::Mosaics;
    use super::super::score::ScoreMap;
    use super::super::{naive, peak};
    use super::*;
    use crate::fft::FftPlans;
    use crate::frame::{Frame, View};
    use crate::geometry::Displacement;
    use crate::simd::Level;
    use crate::synth;

    const SIZE: Size = Size::new(119, 108);
    const WINDOW: Rect = Rect::new(31, 22, 60, 62);

    /// A frame in which the content of the window has moved, and that content, zero-mean.
    fn speckle(radius: f64, noise: f64) -> (Frame, Vec<f32>) {
        let made = synth::speckle(SIZE).radius(radius).noise(noise);
        let frames = made.moving(Displacement::new(9.3, -4.6)).frames(2).to_frames();
        let view = frames[0].crop(WINDOW);
        let mean = (simd::sum_and_max(Level::new(), view).0 / WINDOW.size().area() as f64) as f32;
        let template = view.rows().flatten().map(|&pixel| pixel - mean).collect();
        (frames.into_iter().nth(1).expect("there are two"), template)
    }

    /// Looked for on tiles of this side with so many keys along each axis, with all scores to judge it.
    fn search(
        (frame, template): (&Frame, &[f32]),
        (side, n_keys): (usize, usize),
        judge: impl Fn(&Search<'_>, &ScoreMap, &mut AnywhereScratch),
    ) {
        let (view, norm) =
            (View::new(WINDOW.size(), template), simd::dot(template, template).sqrt());
        let (mut tiled, mut map) = (Tiled::default(), ScoreMap::default());
        assert!(tiled.cut(Level::new(), view, norm, side));
        let _tells = tiled.tells_apart(n_keys);
        let mosaics = Mosaics::new(SIZE, &mut FftPlans::default());
        let target = mosaics.of_side(side, frame.view(), WINDOW.size());
        let single = Single {
            level: Level::new(),
            template: view,
            norm,
            frame,
            search: Rect::of_frame(SIZE),
            offset: target.offset(),
        };
        naive::scores(view, frame.view(), &mut map);
        let search = Search { single, of: &tiled, target, positions: map.size() };
        judge(&search, &map, &mut AnywhereScratch::default());
    }

    const WAYS: [(usize, usize); 5] = [(8, 1), (8, 2), (4, 1), (4, 2), (2, 1)];

    fn scores(map: &ScoreMap) -> impl Iterator<Item = ((usize, usize), f64)> {
        let width = map.size().width;
        let at = move |i: usize| (i % width, i / width);
        map.scores().iter().enumerate().map(move |(i, &score)| (at(i), f64::from(score)))
    }

    #[test]
    fn no_position_scores_higher_than_its_bound() {
        for (radius, noise) in [(1.0, 0.0), (2.0, 0.05), (4.0, 0.0)] {
            let (frame, template) = speckle(radius, noise);
            for way in WAYS {
                search((&frame, &template), way, |search, map, scratch| {
                    let all = search.highest(|_| -1.0, scratch);
                    assert!(all.is_none(), "a bound that tells nothing leaves all positions");
                    let spotted =
                        Spotted { best: search.single.scored(0, 0), candidates: &[], search };
                    for (at, score) in scores(map) {
                        assert!(!spotted.is_bounded(at, score), "{at:?} {way:?}: {score}");
                    }
                });
            }
        }
    }

    #[test]
    fn the_highest_is_that_of_all_scores_and_none_that_matters_is_left_out() {
        for (radius, ways) in [(2.0, &[(4, 1), (4, 2), (2, 1)][..]), (4.0, &WAYS[..2])] {
            let (frame, template) = speckle(radius, 0.01);
            for &way in ways {
                search((&frame, &template), way, |search, map, scratch| {
                    let found = search.highest(|score| score - 0.12, scratch).unwrap();
                    let best = peak::best(map).unwrap();
                    assert_eq!((found.best.u, found.best.v), (best.u, best.v));
                    assert!((found.best.score - best.score).abs() < 1e-6);
                    for (at, score) in scores(map) {
                        let is_candidate = found.candidates.iter().any(|of| (of.u, of.v) == at);
                        assert!(is_candidate || score < f64::from(best.score) - 0.12);
                        assert_eq!(found.is_surely_below(at, 0.5), score < 0.5);
                    }
                });
            }
        }
    }

    #[test]
    fn what_is_flat_or_hardly_known_is_not_left_out() {
        let (mut frame, template) = speckle(2.0, 0.0);
        // Black, but for the content's surroundings; and very bright at the bottom.
        for y in 0..SIZE.height {
            for (x, pixel) in frame.row_mut(y).iter_mut().enumerate() {
                let is_seen = (30..110).contains(&x) && (8..88).contains(&y);
                *pixel = if 90 <= y {
                    3e7
                } else if is_seen {
                    *pixel
                } else {
                    0.0
                };
            }
        }
        search((&frame, &template), (4, 1), |search, map, scratch| {
            let best = peak::best(map).unwrap();
            // Too many are hardly known.
            assert!(search.highest(|score| score - 0.12, scratch).is_none());
            for (at, score) in scores(map) {
                let spotted = Spotted { best, candidates: &[], search };
                assert!(!spotted.is_bounded(at, score), "{at:?}: {score}");
            }
        });
    }
}
