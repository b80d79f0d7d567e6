//! The best places and angles of a search that turns the template, each on a hill of its own.

use super::matcher::{Match, MatchScratch, Matcher};
use super::peak::{self, Candidate, ELSEWHERE};
use super::template::{Roughness, Turned};
use super::turned;
use super::warp::Warp;
use crate::track::Status;

/// The best of one hill.
#[derive(Clone, Copy, Debug)]
pub struct Hill {
    /// Whole pixel and score.
    pub best: Candidate,
    /// Its place and angle.
    pub warp: Warp,
    /// Its angle, rad.
    pub angle_rad: f64,
}

/// All hills that may turn out to be the highest, the highest first.
#[derive(Clone, Debug)]
pub struct Hills {
    /// At least one.
    pub hills: Vec<Hill>,
    /// Positions and angles that were looked at.
    pub n_positions: usize,
}

/// At most so many hills are climbed.
const MAX_HILLS: usize = 8;
/// A hill seen lower than this part of the highest is lower: between the angles and positions that
/// are looked at, a hill loses at most a fifth.
const MAYBE_HIGHEST: f32 = 0.7;

/// How far apart two places and angles are, in units in which likeness falls as exp(−½ distance).
#[derive(Clone, Copy, Debug)]
pub struct Distance {
    /// For places.
    pub roughness: Roughness,
    /// For angles: Σ gθ² / Σ t², rad⁻².
    pub turning: f64,
}

impl Distance {
    /// Whether one is not on the other's hill.
    pub fn are_apart(&self, a: &Warp, b: &Warp) -> bool {
        let turned = a.after_inverse(b).map_or(0.0, |turn| turn.deformation(0.0).angle_rad);
        let along = self.roughness.along(a.x - b.x, a.y - b.y);
        ELSEWHERE < along + self.turning * turned * turned
    }
}

/// Looks for the template's middle at all its angles.
///
/// Fails as [`Status::Flat`] where there is no texture.
pub fn find(
    matcher: &Matcher,
    of: &Match<'_>,
    distance: Distance,
    scratch: &mut MatchScratch,
) -> Result<Hills, Status> {
    let (mut seen, mut n_positions) = (Vec::new(), 0);
    for turned in turned::all(matcher.level, of.template) {
        let of = Match { template: &turned.template, ..*of };
        // What a mask covers is filled, which is enough to find hills.
        matcher.score_all(&of, scratch);
        let map = &scratch.map;
        n_positions += map.size().area();
        let Some(best) = peak::best(map) else { continue };
        seen.push(hill(&of, turned, best));
        // Noise would hide the second of two equal places; what is far lower is none.
        let second = peak::runner_up(map, best, turned.template.roughness());
        seen.extend(second.map(|second| hill(&of, turned, second)));
    }
    seen.sort_by(|a, b| b.best.score.total_cmp(&a.best.score));
    let Some(highest) = seen.first().map(|hill| hill.best.score) else { return Err(Status::Flat) };
    let mut hills: Vec<Hill> = Vec::new();
    for hill in seen.into_iter().filter(|hill| MAYBE_HIGHEST * highest <= hill.best.score) {
        if hills.iter().all(|other| distance.are_apart(&hill.warp, &other.warp)) {
            hills.push(hill);
        }
        if hills.len() == MAX_HILLS {
            break;
        }
    }
    // Where nothing is alike, even the highest may be below zero.
    if hills.is_empty() { Err(Status::LowScore) } else { Ok(Hills { hills, n_positions }) }
}

fn hill(of: &Match<'_>, turned: &Turned, best: Candidate) -> Hill {
    let (search, size) = (of.target.search(), turned.template.size());
    let middle =
        |from: isize, by: usize, side: usize| from as f64 + by as f64 + 0.5 * (side as f64 - 1.0);
    let x = middle(search.x, best.u, size.width);
    let y = middle(search.y, best.v, size.height);
    let angle_rad = turned.angle_rad;
    Hill { best, warp: Warp::turned(x, y, angle_rad), angle_rad }
}
