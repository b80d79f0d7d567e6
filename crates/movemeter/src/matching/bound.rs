//! How high each position can score at most, from block sums: what shows that none but one is worth a look.
//!
//! Let P take from a patch its means over square blocks, less the mean of those. A template t then is
//! Pt + t′, with a share α = |Pt|²/|t|² in its block means, and a window f likewise. With the correlation r
//! of Pt and Pf
//!
//! ```text
//! score = (⟨Pt, Pf⟩ + ⟨t′, f′⟩) / |t| |f|  ≤  √(α max(r, 0)² + 1 − α)
//! ```
//!
//! by Cauchy and Schwarz, whatever f′ is. For blocks of 4 × 4 pixels r takes a sixteenth of the work of a score, and
//! texture a few pixels wide has most of its contrast in the means. So the search is exhaustive and quick: positions
//! whose bound is below what is known to be reached need no score. (The idea is that of successive elimination: W. Li
//! & E. Salari, IEEE Trans. Image Processing 4 (1995); F. Tombari, S. Mattoccia & L. Di Stefano, IEEE Trans.
//! Pattern Analysis 31 (2009).)

use super::block::{BlockTarget, BlockTemplate};
use super::peak::Candidate;
use super::subpixel::Neighbours;
use crate::frame::{Frame, View};
use crate::geometry::{Rect, Size};
use crate::simd::{self, Level, Rows};
use crate::sums;

/// Rounding of a bound, and more.
const SLACK: f32 = 1e-3;
/// Whether a window is flat depends on the brightest pixel around; here that is looked at only if it may be so many
/// times as bright as the window.
const FLAT_BESIDE: f32 = 64.0;
/// With more positions to score than this, scoring all is as quick.
const MAX_SCORED: usize = 48;

/// Working memory of a [`Search`].
#[derive(Default)]
pub struct BoundScratch {
    /// r·|r| of each position.
    likeness: Rows,
    candidates: Vec<Candidate>,
}

/// A search by bounds.
pub struct Search<'a> {
    /// The CPU level.
    pub level: Level,
    /// The template's zero-mean pixels.
    pub template: View<'a>,
    /// Their norm.
    pub norm: f64,
    /// Their blocks.
    pub of: &'a BlockTemplate,
    /// The region's blocks.
    pub target: &'a BlockTarget,
    /// The frame the region belongs to.
    pub frame: &'a Frame,
    /// The region.
    pub search: Rect,
}

/// The best position, with how high others can be at most.
pub struct Highest<'a> {
    /// The best.
    pub best: Candidate,
    /// Positions that may be as high as was asked; the others are not.
    pub candidates: &'a [Candidate],
    search: &'a Search<'a>,
    likeness: &'a Rows,
}

impl Search<'_> {
    /// The least r·|r| with which a position may score as high as this. `None`: any.
    fn least(&self, score: f64) -> Option<f32> {
        let rest = 1.0 - f64::from(self.of.share);
        let square = (score * score - rest) / f64::from(self.of.share);
        (0.0 < score && f64::from(SLACK) < square).then_some(square as f32 - SLACK)
    }

    /// The best position; `None` if more than a few must be scored to know it.
    ///
    /// `limit` says for a score which others matter: those that may be at least as high as that.
    pub fn highest<'s>(
        &'s self,
        limit: impl Fn(f64) -> f64,
        scratch: &'s mut BoundScratch,
    ) -> Option<Highest<'s>> {
        let BoundScratch { likeness, candidates } = scratch;
        let Self { level, of, target, .. } = *self;
        let (sums, n_across) = ((&target.sums, &target.spread), target.positions.width);
        simd::correlate_blocks(level, (&of.sums, of.square), of.blocks, sums, n_across, likeness);
        let first = simd::highest(level, likeness)?;
        let first = self.scored(first % likeness.stride, first / likeness.stride);
        let least = self.least(limit(f64::from(first.score)))?;
        candidates.clear();
        simd::find_not_below(level, likeness, least, |at| {
            let (u, v) = (at % likeness.stride, at / likeness.stride);
            candidates.push(Candidate { u, v, score: likeness.values()[at] });
            candidates.len() <= MAX_SCORED
        });
        let best = (candidates.len() <= MAX_SCORED).then(|| self.best(first, candidates))??;
        Some(Highest { best, candidates, search: self, likeness })
    }

    /// The best of the first and these candidates, which have their r·|r|; of equals the first in row order. `None`
    /// if one of them is better left to a search of all positions.
    fn best(&self, first: Candidate, candidates: &[Candidate]) -> Option<Candidate> {
        let mut best = first;
        for candidate in candidates {
            let least = self.least(f64::from(best.score));
            if least.is_some_and(|least| candidate.score < least) {
                continue;
            }
            let scored = self.scored(candidate.u, candidate.v);
            if scored.score.is_nan() {
                return None;
            }
            let is_first = (scored.v, scored.u) < (best.v, best.u);
            if best.score < scored.score || (best.score == scored.score && is_first) {
                best = scored;
            }
        }
        Some(best)
    }

    fn scored(&self, u: usize, v: usize) -> Candidate {
        Candidate { u, v, score: self.score(u, v) }
    }

    /// The score of one position; not a number where that is better left to a search of all positions.
    pub fn score(&self, u: usize, v: usize) -> f32 {
        let size = self.template.size();
        let (x, y) = (self.search.x + u as isize, self.search.y + v as isize);
        let window = self.frame.crop(Rect::new(x, y, size.width, size.height));
        let [f, ff, tf] = simd::products(self.level, self.template, window, self.target.offset);
        let area = size.area();
        let contrast = ff - f * f / area as f64;
        let bright = FLAT_BESIDE * (self.target.offset.abs() + (ff / area as f64).sqrt() as f32);
        match sums::flat_limit(area, bright) < contrast {
            true => (tf / (self.norm * contrast.sqrt())).clamp(-1.0, 1.0) as f32,
            false => f32::NAN,
        }
    }
}

impl Highest<'_> {
    /// The scores left, at and right of the best, and above, at and below it.
    pub fn scored_neighbours(&self) -> Neighbours {
        let Candidate { u, v, score } = self.best;
        let here = f64::from(score);
        let at = |u: usize, v: usize| f64::from(self.search.score(u, v));
        self.on_both_sides(here, |[du, dv]| {
            at(u.wrapping_add_signed(du), v.wrapping_add_signed(dv))
        })
    }

    /// Whether this position scores lower than that: by its bound, or else by its score.
    pub fn is_surely_below(&self, (u, v): (usize, usize), score: f64) -> bool {
        self.is_bounded((u, v), score) || f64::from(self.search.score(u, v)) < score
    }

    /// Whether its bound shows that it scores lower than that.
    pub fn is_bounded(&self, (u, v): (usize, usize), score: f64) -> bool {
        let likeness = self.likeness.values()[v * self.likeness.stride + u];
        self.search.least(score).is_some_and(|least| likeness < least)
    }

    /// How alike their block means are: which way the peak leans.
    pub fn neighbours(&self) -> Neighbours {
        let Candidate { u, v, .. } = self.best;
        let at = |u: usize, v: usize| {
            let likeness = f64::from(self.likeness.values()[v * self.likeness.stride + u]);
            likeness.abs().sqrt().copysign(likeness)
        };
        self.on_both_sides(at(u, v), |[du, dv]| {
            at(u.wrapping_add_signed(du), v.wrapping_add_signed(dv))
        })
    }

    /// Beyond the border a neighbour counts like the opposite one.
    fn on_both_sides(&self, here: f64, at: impl Fn([isize; 2]) -> f64) -> Neighbours {
        let Candidate { u, v, .. } = self.best;
        let Size { width, height } = self.search.target.positions;
        let both = |i: usize, n: usize, before: [isize; 2], after: [isize; 2]| {
            let before = (0 < i).then(|| at(before));
            let after = (i + 1 < n).then(|| at(after));
            [before.or(after).unwrap_or(here), here, after.or(before).unwrap_or(here)]
        };
        [both(u, width, [-1, 0], [1, 0]), both(v, height, [0, -1], [0, 1])]
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive;
    use super::super::score::ScoreMap;
    use super::*;
    use crate::geometry::Displacement;
    use crate::synth;

    const SIZE: Size = Size::new(80, 72);
    const SEARCH: Rect = Rect::new(8, 6, 60, 58);

    struct Made {
        frames: Vec<Frame>,
        template: Vec<f32>,
        norm: f64,
        size: Size,
    }

    impl Made {
        fn new(radius: f64, noise: f64, window: Rect) -> Self {
            let moving = Displacement::new(3.4, -2.7);
            let mut stack =
                synth::speckle(SIZE).radius(radius).noise(noise).moving(moving).frames(2);
            let frames = stack.to_frames();
            let view = frames[0].crop(window);
            let mean = simd::sum_and_max(Level::new(), view).0 / window.size().area() as f64;
            let template: Vec<f32> =
                view.rows().flatten().map(|&pixel| pixel - mean as f32).collect();
            let norm = simd::dot(&template, &template).sqrt();
            Self { frames, template, norm, size: window.size() }
        }

        /// Looked for by bounds of blocks of this side, with all scores to judge it.
        fn search(&self, side: usize, judge: impl Fn(&Search<'_>, &ScoreMap, &mut BoundScratch)) {
            let (mut of, mut target) = (BlockTemplate::default(), BlockTarget::default());
            of.build_of(side, &self.template, self.size, self.norm);
            let region = self.frames[1].crop(SEARCH);
            target.build(Level::new(), region, self.size, of.blocks, &mut Rows::default());
            let mut map = ScoreMap::default();
            let template = View::new(self.size, &self.template);
            naive::scores(template, region, &mut map);
            let search = Search {
                level: Level::new(),
                template,
                norm: self.norm,
                of: &of,
                target: &target,
                frame: &self.frames[1],
                search: SEARCH,
            };
            judge(&search, &map, &mut BoundScratch::default());
        }
    }

    const WINDOWS: [Rect; 2] = [Rect::new(24, 22, 32, 32), Rect::new(24, 22, 27, 35)];

    #[test]
    fn no_position_scores_higher_than_its_bound() {
        for (radius, noise) in [(1.0, 0.0), (2.0, 0.05), (4.0, 0.0)] {
            for (window, side) in WINDOWS.into_iter().flat_map(|w| [2, 4, 8].map(|side| (w, side)))
            {
                Made::new(radius, noise, window).search(side, |search, map, scratch| {
                    let all = search.highest(|_| -1.0, scratch);
                    assert!(all.is_none(), "a bound that tells nothing leaves all positions");
                    for (i, &score) in map.scores().iter().enumerate() {
                        let (u, v) = (i % map.size().width, i / map.size().width);
                        let likeness = f64::from(scratch.likeness.row(v)[u]).max(0.0);
                        let share = f64::from(search.of.share);
                        let bound = (share * likeness + 1.0 - share).sqrt();
                        assert!(
                            f64::from(score) <= bound + 1e-4,
                            "{window} {side}: {score} {bound}"
                        );
                    }
                });
            }
        }
    }

    #[test]
    fn the_highest_is_that_of_all_scores_and_none_that_matters_is_left_out() {
        for (window, side) in WINDOWS.into_iter().flat_map(|w| [2, 4].map(|side| (w, side))) {
            Made::new(2.0, 0.01, window).search(side, |search, map, scratch| {
                let found = search.highest(|score| score - 0.15, scratch).unwrap();
                let best = super::super::peak::best(map).unwrap();
                assert_eq!((found.best.u, found.best.v), (best.u, best.v));
                assert!((found.best.score - best.score).abs() < 1e-6);
                for (i, &score) in map.scores().iter().enumerate() {
                    let (u, v) = (i % map.size().width, i / map.size().width);
                    let is_candidate = found.candidates.iter().any(|at| (at.u, at.v) == (u, v));
                    assert!(is_candidate || score < best.score - 0.15);
                    assert!((search.score(u, v) - score).abs() < 1e-5);
                    assert_eq!(found.is_surely_below((u, v), 0.5), score < 0.5);
                }
            });
        }
    }
}
