//! The best search position, and how far ahead of all others it is.

pub(super) use super::roughness::ELSEWHERE;
use super::score::ScoreMap;
use super::template::Roughness;
use crate::geometry::Size;
use crate::simd::{self, LANES};

/// A position with its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Columns from the search region's left.
    pub u: usize,
    /// Rows from the search region's top.
    pub v: usize,
    /// Its score.
    pub score: f32,
}

/// The best position and the best one that is not on its slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Where the score is highest; of equals the first in row order.
    pub best: Candidate,
    /// The highest other hill, if there is one.
    pub runner_up: Option<Candidate>,
}

/// The highest score; `None` if every position is flat.
pub fn best(map: &ScoreMap) -> Option<Candidate> {
    let mut best: Option<Candidate> = None;
    for v in 0..map.size().height {
        let row = map.row(v);
        let highest = simd::highest_of(row);
        if best.is_none_or(|best| best.score < highest) && f32::NEG_INFINITY < highest {
            let u = row.iter().position(|&score| score == highest).expect("it was just found");
            best = Some(Candidate { u, v, score: highest });
        }
    }
    best
}

/// The highest local maximum outside the hill around `best`.
pub fn runner_up(map: &ScoreMap, best: Candidate, roughness: Roughness) -> Option<Candidate> {
    let mut runner_up: Option<Candidate> = None;
    let mut limit = f32::NEG_INFINITY;
    for v in 0..map.size().height {
        let around = [v.saturating_sub(1), v, (v + 1).min(map.size().height - 1)];
        let rows = around.map(|v| map.row(v));
        let (row, mut u) = (rows[1], 0);
        while u < row.len() {
            let score = row[u];
            let is_hill = limit < score && is_local_maximum(map, u, v);
            if is_hill && is_elsewhere(u, v, best, roughness) {
                runner_up = Some(Candidate { u, v, score });
                limit = score;
            }
            u += 1;
            if u % LANES == 1 {
                u = simd::next_peak(rows, u, limit);
            }
        }
    }
    runner_up
}

/// Whether a position is not on the hill around the best.
pub(super) fn is_elsewhere(u: usize, v: usize, best: Candidate, roughness: Roughness) -> bool {
    let (du, dv) = (u as f64 - best.u as f64, v as f64 - best.v as f64);
    1.0 < du.abs().max(dv.abs()) && ELSEWHERE < roughness.along(du, dv)
}

/// The positions on the square ring around the best, those of them that are, and how far they are away.
pub(super) fn ring(
    best: Candidate,
    reach: usize,
    positions: Size,
) -> impl Iterator<Item = ((usize, usize), [isize; 2])> {
    let reach = reach as isize;
    let sides =
        move |along: isize| [[along, -reach], [along, reach], [-reach, along], [reach, along]];
    (-reach..=reach).flat_map(sides).filter_map(move |[du, dv]| {
        let u = best.u.checked_add_signed(du).filter(|&u| u < positions.width)?;
        let v = best.v.checked_add_signed(dv).filter(|&v| v < positions.height)?;
        Some(((u, v), [du, dv]))
    })
}

fn is_local_maximum(map: &ScoreMap, u: usize, v: usize) -> bool {
    let (row, score) = (map.row(v), map.at(u, v));
    let (first, end) = (u.saturating_sub(1), row.len().min(u + 2));
    let is_highest = |row: &[f32]| row[first..end].iter().all(|&other| other <= score);
    let is_above = |v: usize| is_highest(map.row(v));
    is_highest(row)
        && (v == 0 || is_above(v - 1))
        && (v + 1 == map.size().height || is_above(v + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND: Roughness = Roughness { xx: 0.5, xy: 0.0, yy: 0.5 };

    fn hills(hills: &[(f64, f64, f64)]) -> ScoreMap {
        let mut map = ScoreMap::default();
        map.fill(Size::new(21, 17), Size::new(1, 1), |u, v| {
            let height = |&(x, y, height): &(f64, f64, f64)| {
                height * (-0.25 * ((u as f64 - x).powi(2) + (v as f64 - y).powi(2))).exp()
            };
            hills.iter().map(height).fold(0.0, f64::max) as f32
        });
        map
    }

    #[test]
    fn the_second_hill_is_found_and_the_slope_of_the_first_is_not() {
        let map = hills(&[(5.0, 6.0, 0.9), (15.0, 10.0, 0.6)]);
        let first = best(&map).unwrap();
        assert_eq!((first.u, first.v), (5, 6));
        let second = runner_up(&map, first, ROUND).unwrap();
        assert_eq!((second.u, second.v), (15, 10));
    }

    #[test]
    fn the_first_of_equals_in_row_order_wins() {
        let map = hills(&[(12.0, 3.0, 0.8), (4.0, 9.0, 0.8)]);
        let first = best(&map).unwrap();
        assert_eq!((first.u, first.v), (12, 3));
    }

    #[test]
    fn a_second_hill_on_the_border_counts() {
        let map = hills(&[(5.0, 6.0, 0.9), (20.0, 16.0, 0.7)]);
        let second = runner_up(&map, best(&map).unwrap(), ROUND).unwrap();
        assert_eq!((second.u, second.v), (20, 16));
    }

    #[test]
    fn where_all_is_flat_there_is_no_peak() {
        let mut map = ScoreMap::default();
        map.fill(Size::new(3, 3), Size::new(1, 1), |_, _| f32::NEG_INFINITY);
        assert_eq!(best(&map), None);
    }
}
