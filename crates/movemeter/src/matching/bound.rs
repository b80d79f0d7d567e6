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
use super::score::ScoreMap;
use super::subpixel::{self, Neighbours};
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

/// Scores of single positions.
#[derive(Clone, Copy)]
pub struct Single<'a> {
    /// The CPU level.
    pub level: Level,
    /// The template's zero-mean pixels.
    pub template: View<'a>,
    /// Their norm.
    pub norm: f64,
    /// The frame.
    pub frame: &'a Frame,
    /// The region of the frame whose upper left corner is the first position.
    pub search: Rect,
    /// A grey value amid the region's.
    pub offset: f32,
}

/// A search by bounds.
pub struct Search<'a> {
    /// What scores the positions that need it.
    pub single: Single<'a>,
    /// The template's blocks.
    pub of: &'a BlockTemplate,
    /// The region's blocks.
    pub target: &'a BlockTarget,
}

/// The best position, with how high others can be at most.
pub struct Highest<'a> {
    best: Candidate,
    candidates: &'a [Candidate],
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
        let (of, target, level) = (self.of, self.target, self.single.level);
        let (sums, n_across) = ((&target.sums, &target.spread), target.positions.width);
        simd::correlate_blocks(level, (&of.sums, of.square), of.blocks, sums, n_across, likeness);
        let first = simd::highest(level, likeness)?;
        let first = self.single.scored(first % likeness.stride, first / likeness.stride);
        let least = self.least(limit(f64::from(first.score)))?;
        candidates.clear();
        simd::find_not_below(level, likeness, least, |at| {
            let (u, v) = (at % likeness.stride, at / likeness.stride);
            candidates.push(Candidate { u, v, score: likeness.values()[at] });
            candidates.len() <= MAX_SCORED
        });
        if MAX_SCORED < candidates.len() {
            return None;
        }
        let is_below =
            |at: &Candidate, score| self.least(score).is_some_and(|least| at.score < least);
        let best = self.single.best(first, candidates, is_below)?;
        Some(Highest { best, candidates, search: self, likeness })
    }
}

impl Single<'_> {
    /// The best of the first and these candidates; of equals the first in row order. `None` if one of them is better
    /// left to a search of all positions.
    ///
    /// `is_below` tells of a candidate whether its bound shows that it scores lower than that.
    pub fn best(
        &self,
        first: Candidate,
        candidates: &[Candidate],
        is_below: impl Fn(&Candidate, f64) -> bool,
    ) -> Option<Candidate> {
        let mut best = first;
        for candidate in candidates {
            if is_below(candidate, f64::from(best.score)) {
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

    /// A position with its score.
    pub fn scored(&self, u: usize, v: usize) -> Candidate {
        Candidate { u, v, score: self.score(u, v) }
    }

    /// The score of one position; not a number where that is better left to a search of all positions.
    pub fn score(&self, u: usize, v: usize) -> f32 {
        let size = self.template.size();
        let (x, y) = (self.search.x + u as isize, self.search.y + v as isize);
        let window = self.frame.crop(Rect::new(x, y, size.width, size.height));
        let [f, ff, tf] = simd::products(self.level, self.template, window, self.offset);
        let area = size.area();
        let contrast = ff - f * f / area as f64;
        let bright = FLAT_BESIDE * (self.offset.abs() + (ff / area as f64).sqrt() as f32);
        match sums::flat_limit(area, bright) < contrast {
            true => (tf / (self.norm * contrast.sqrt())).clamp(-1.0, 1.0) as f32,
            false => f32::NAN,
        }
    }
}

/// What a search by bounds found: the best position, and how high others can be at most.
pub trait Bounded {
    /// The best.
    fn best(&self) -> Candidate;

    /// Positions that may be as high as was asked; the others are not.
    fn candidates(&self) -> &[Candidate];

    /// Whether its bound shows that a position scores lower than that.
    fn is_bounded(&self, at: (usize, usize), score: f64) -> bool;

    /// What scores the positions that need it.
    fn single(&self) -> &Single<'_>;

    /// How many positions there are.
    fn positions(&self) -> Size;

    /// Whether this position scores lower than that: by its bound, or else by its score.
    fn is_surely_below(&self, (u, v): (usize, usize), score: f64) -> bool {
        self.is_bounded((u, v), score) || f64::from(self.single().score(u, v)) < score
    }

    /// The scores of all positions as near to the best as this, and the best among them; `None` if one is better
    /// left to a search of all positions.
    fn around(&self, reach: usize) -> Option<(ScoreMap, Candidate)> {
        let Candidate { u, v, score } = self.best();
        let around = Rect::new(u as isize, v as isize, 1, 1).grown(reach);
        let around = around.clipped_to(self.positions())?;
        let (left, top) = (around.x as usize, around.y as usize);
        let mut map = ScoreMap::default();
        map.fill(around.size(), Size::new(1, 1), |u, v| self.single().score(left + u, top + v));
        let is_known = !map.scores().iter().any(|score| score.is_nan());
        is_known.then_some((map, Candidate { u: u - left, v: v - top, score }))
    }

    /// The scores left, at and right of the best, and above, at and below it.
    fn scored_neighbours(&self) -> Neighbours {
        let here = f64::from(self.best().score);
        on_both_sides(self, here, |u, v| f64::from(self.single().score(u, v)))
    }
}

impl Bounded for Highest<'_> {
    fn best(&self) -> Candidate {
        self.best
    }

    fn candidates(&self) -> &[Candidate] {
        self.candidates
    }

    fn is_bounded(&self, (u, v): (usize, usize), score: f64) -> bool {
        let likeness = self.likeness.values()[v * self.likeness.stride + u];
        self.search.least(score).is_some_and(|least| likeness < least)
    }

    fn single(&self) -> &Single<'_> {
        &self.search.single
    }

    fn positions(&self) -> Size {
        self.search.target.positions
    }
}

impl Highest<'_> {
    /// Which way the hill leans, by how alike its block means are.
    pub fn lean(&self) -> [f64; 2] {
        let Candidate { u, v, .. } = self.best;
        let Size { width, height } = self.search.target.positions;
        subpixel::lean(|dx, dy| {
            let (u, v) = (u.wrapping_add_signed(dx), v.wrapping_add_signed(dy));
            let at = (u < width && v < height)
                .then(|| self.likeness.values()[v * self.likeness.stride + u]);
            at.map(|likeness| f64::from(likeness.abs().sqrt().copysign(likeness)))
        })
    }
}

/// Beyond the border a neighbour counts like the opposite one.
fn on_both_sides(
    of: &(impl Bounded + ?Sized),
    here: f64,
    at: impl Fn(usize, usize) -> f64,
) -> Neighbours {
    let (Candidate { u, v, .. }, Size { width, height }) = (of.best(), of.positions());
    let both = |i: usize, n: usize, at: &dyn Fn(usize) -> f64| {
        let before = i.checked_sub(1).map(at);
        let after = Some(i + 1).filter(|&after| after < n).map(at);
        [before.or(after).unwrap_or(here), here, after.or(before).unwrap_or(here)]
    };
    [both(u, width, &|u| at(u, v)), both(v, height, &|v| at(u, v))]
}

#[cfg(test)]
mod tests {
    use super::super::naive;
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
            let single = Single {
                level: Level::new(),
                template,
                norm: self.norm,
                frame: &self.frames[1],
                search: SEARCH,
                offset: target.offset,
            };
            let search = Search { single, of: &of, target: &target };
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
                    assert!((search.single.score(u, v) - score).abs() < 1e-5);
                    assert_eq!(found.is_surely_below((u, v), 0.5), score < 0.5);
                }
            });
        }
    }
}
