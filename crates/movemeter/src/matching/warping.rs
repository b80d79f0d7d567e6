//! One match of content that may have turned or deformed: from a template and a frame to what was
//! found of it.
//!
//! Up to a few degrees the best whole pixel is found as for content that only moves, and the fit of
//! the warp starts there. If all angles are searched, the middle of the window is looked for at each;
//! from the best places and angles rigid warps are fitted, and the best of these wins, unless another
//! matches within the noise.

use super::angles;
use super::chance;
use super::gauss_newton::Settled;
use super::hills::{self, Distance, Hill};
use super::lattice;
use super::matcher::{Match, MatchScratch, Matcher, whole_pixel};
use super::peak::Candidate;
use super::turned;
use super::warp::{Model, Warp};
use super::warp_fit::{self, Fitted};
use crate::deformation::Deformation;
use crate::geometry::Displacement;
use crate::track::{Covariance, Found, Sample, Status};

/// Looks for the template; displacement and deformation are from the window to where it was found.
///
/// # Panics
///
/// If the template was not prepared for a warp by this matcher.
pub fn locate(matcher: &Matcher, of: &Match<'_>, scratch: &mut MatchScratch) -> Found {
    match matcher.max_rotation_rad {
        None => from_whole_pixel(matcher, of, scratch),
        Some(max_rad) => at_any_angle(matcher, of, max_rad, scratch),
    }
}

fn from_whole_pixel(matcher: &Matcher, of: &Match<'_>, scratch: &mut MatchScratch) -> Found {
    let Some((best, doubt)) = matcher.find(of, scratch) else { return Found::lost(Status::Flat) };
    let positions = of.positions();
    let found = match doubt {
        Some(status) if !matcher.keep_doubtful && status != Status::LowScore => {
            Sample::doubtful(status, best.score).into()
        }
        _ => {
            let corner = whole_pixel(of, best);
            let start =
                Warp::at(centre(corner.x, of.window.width), centre(corner.y, of.window.height));
            let fitted = fit(matcher, of, matcher.fitted_model(), start, scratch);
            // What turned is less alike at its whole pixel than where it fits.
            let doubt = doubt.filter(|&doubt| doubt != Status::LowScore);
            let n_positions = positions.area();
            let sought = Sought { warp: start, score: best.score, n_positions };
            conclude(matcher, of, fitted, doubt, &sought)
        }
    };
    if matcher.may_have_left(of, best, &found.sample) && matcher.fits_outside(of, best) {
        return Sample::doubtful(Status::LeftFrame, best.score).into();
    }
    found
}

/// The hill that block sums show to be the only one; if they show none, or what is on it is not without doubt, all angles
/// and places are looked at.
fn at_any_angle(
    matcher: &Matcher,
    of: &Match<'_>,
    max_rad: f64,
    scratch: &mut MatchScratch,
) -> Found {
    let (template, target) = (of.template.lattice(), of.target.lattice());
    if let Some(start) = lattice::find(matcher.level, template, target, &mut scratch.lattice) {
        let found = on_the_only_hill(matcher, of, max_rad, start, scratch);
        if found.sample.is_ok() {
            return found;
        }
    }
    let middle = angles::middle(of.window).size();
    matcher.scored(of, middle, scratch, |of, scratch| on_all_hills(matcher, of, max_rad, scratch))
}

fn on_the_only_hill(
    matcher: &Matcher,
    of: &Match<'_>,
    max_rad: f64,
    start: Warp,
    scratch: &mut MatchScratch,
) -> Found {
    let rigid = match fit(matcher, of, Model::Rigid, start, scratch) {
        Ok(rigid) => rigid,
        Err(status) => return Found::lost(status),
    };
    let doubt = beyond_limit(&rigid, max_rad);
    let fitted = match matcher.fitted_model() {
        Model::Affine => fit(matcher, of, Model::Affine, rigid.warp, scratch),
        Model::Translation | Model::Rigid => Ok(rigid),
    };
    let positions = of.target.positions(angles::middle(of.window).size());
    let n_positions = turned::angles(of.template).len() * positions.area();
    let sought = Sought { warp: start, score: rigid.score, n_positions };
    conclude(matcher, of, fitted, doubt, &sought)
}

fn on_all_hills(
    matcher: &Matcher,
    of: &Match<'_>,
    max_rad: f64,
    scratch: &mut MatchScratch,
) -> Found {
    let hills = match hills::find(matcher, of, distance_of_middle(matcher, of), scratch) {
        Ok(hills) => hills,
        Err(status) => return Found::lost(status),
    };
    let fits: Vec<Result<Fitted, Status>> =
        hills.hills.iter().map(|hill| fit(matcher, of, Model::Rigid, hill.warp, scratch)).collect();
    let best = highest(&fits);
    let highest_seen = &hills.hills[0];
    let mut doubt = best.and_then(|best| doubt(matcher, of, &fits, best, max_rad));
    // The one that looked best tells neither place nor angle: another that does so is no better.
    if let Err(Status::Ambiguous) = fits[0] {
        doubt = doubt.or(Some(Status::Ambiguous));
    }
    let fitted = match best {
        Some(rigid) if matcher.fitted_model() == Model::Affine => {
            fit(matcher, of, Model::Affine, rigid.warp, scratch)
        }
        Some(rigid) => Ok(rigid),
        None => Err(why_none(matcher, of, &fits, highest_seen, max_rad)),
    };
    let Hill { warp, best: Candidate { score, .. }, .. } = *highest_seen;
    let sought = Sought { warp, score, n_positions: hills.n_positions };
    conclude(matcher, of, fitted, doubt, &sought)
}

/// The model is fitted from this start.
fn fit(
    matcher: &Matcher,
    of: &Match<'_>,
    model: Model,
    start: Warp,
    scratch: &mut MatchScratch,
) -> Result<Fitted, Status> {
    let spline = of.frame.spline.get().expect("targets of a fit are prepared with a spline");
    let patch = of.template.patch();
    let target = (spline, of.frame.counts());
    warp_fit::refine(
        patch,
        model,
        target,
        start,
        (matcher.level, &matcher.noise),
        &mut scratch.warp,
    )
}

fn highest(fits: &[Result<Fitted, Status>]) -> Option<Fitted> {
    let settled = fits.iter().flatten();
    let higher =
        |best: Fitted, other: &Fitted| if best.score < other.score { *other } else { best };
    settled
        .fold(None, |best: Option<Fitted>, fit| Some(best.map_or(*fit, |best| higher(best, fit))))
}

/// Whether another place or angle matches within the noise, or the angle is beyond the limit.
fn doubt(
    matcher: &Matcher,
    of: &Match<'_>,
    fits: &[Result<Fitted, Status>],
    best: Fitted,
    max_rad: f64,
) -> Option<Status> {
    let distance = distance_of_window(of);
    let area = of.template.n_counting();
    let is_as_good = |other: &Fitted| {
        let score = f64::from(other.score);
        let indistinct = chance::indistinct(score, 0.0, area, matcher.noise_area());
        distance.are_apart(&best.warp, &other.warp) && f64::from(best.score) - indistinct <= score
    };
    if fits.iter().flatten().any(is_as_good) {
        return Some(Status::Ambiguous);
    }
    beyond_limit(&best, max_rad)
}

fn beyond_limit(fitted: &Fitted, max_rad: f64) -> Option<Status> {
    let angle_rad = fitted.warp.deformation(0.0).angle_rad;
    (!angles::is_circle(max_rad) && max_rad < angle_rad.abs()).then_some(Status::AtEdge)
}

/// Why no hill had a top: the highest goes on beyond the search, or its fit says why.
fn why_none(
    matcher: &Matcher,
    of: &Match<'_>,
    fits: &[Result<Fitted, Status>],
    highest: &Hill,
    max_rad: f64,
) -> Status {
    let positions = of.target.positions(angles::middle(of.window).size());
    let is_limited = !angles::is_circle(max_rad);
    let goes_on = matcher.is_at_edge(of, highest.best, positions)
        || (is_limited && max_rad < highest.angle_rad.abs());
    match fits.first() {
        _ if goes_on => Status::AtEdge,
        Some(Err(status)) => *status,
        Some(Ok(_)) | None => Status::Diverged,
    }
}

/// Where a fit started.
struct Sought {
    warp: Warp,
    score: f32,
    /// At how many places and angles it is the best.
    n_positions: usize,
}

/// What was found, if it is to be believed; `doubt` is what is known against it.
fn conclude(
    matcher: &Matcher,
    of: &Match<'_>,
    fitted: Result<Fitted, Status>,
    doubt: Option<Status>,
    sought: &Sought,
) -> Found {
    let score = fitted.map_or(sought.score, |fitted| fitted.score);
    let doubt = match doubt.or(fitted.err()) {
        // What lies on the border of the search matches better beyond it.
        Some(Status::AtEdge) => Some(Status::AtEdge),
        _ if is_chance(matcher, of, score, sought.n_positions) => Some(Status::LowScore),
        doubt => doubt,
    };
    let at = match fitted {
        Ok(fitted) => corner(of, &fitted.warp, score, fitted.covariance),
        Err(_) => corner(of, &sought.warp, score, Covariance::UNKNOWN),
    };
    let (x, y) = (of.window.x as f64, of.window.y as f64);
    let displacement = Displacement::new(at.x - x, at.y - y);
    let status = doubt.unwrap_or_else(|| matcher.status_of(of, &at, displacement));
    if status != Status::Ok && !(matcher.keep_doubtful && status.is_doubtful()) {
        return Sample::doubtful(status, score).into();
    }
    let shape = |of: Fitted| shape(matcher.fitted_model(), of.warp.deformation(of.sd_angle_rad));
    Found {
        sample: Sample { displacement, covariance: at.covariance, score, status },
        deformation: fitted.map_or(Deformation::UNKNOWN, shape),
    }
}

/// Whether unrelated texture may score as much somewhere in the search, or the user's limit is higher.
fn is_chance(matcher: &Matcher, of: &Match<'_>, score: f32, n_positions: usize) -> bool {
    let score = f64::from(score);
    let noise = matcher.noise_gradient();
    let roughness = chance::without_noise(of.template.roughness(), score, noise);
    let level = chance::chance_level(roughness, of.template.n_counting(), n_positions);
    score < matcher.min_score.max(level)
}

/// Turned only, nothing is strained, not even by rounding.
fn shape(model: Model, of: Deformation) -> Deformation {
    match model {
        Model::Affine => of,
        Model::Translation | Model::Rigid => Deformation {
            angle_rad: of.angle_rad,
            sd_angle_rad: of.sd_angle_rad,
            ..Deformation::NONE
        },
    }
}

fn centre(corner: f64, side: usize) -> f64 {
    corner + 0.5 * (side as f64 - 1.0)
}

/// The corner of the window around a place, not turned.
fn corner(of: &Match<'_>, warp: &Warp, score: f32, covariance: Covariance) -> Settled {
    Settled {
        x: warp.x - centre(0.0, of.window.width),
        y: warp.y - centre(0.0, of.window.height),
        score,
        covariance,
    }
}

fn distance_of_middle(matcher: &Matcher, of: &Match<'_>) -> Distance {
    let roughness =
        turned::all(matcher.level, of.template).first().map(|turned| turned.template.roughness());
    // That of the first angle; roughness turns along, but which way does not matter here.
    Distance { roughness: roughness.unwrap_or_default(), turning: of.template.turning().of_middle }
}

fn distance_of_window(of: &Match<'_>) -> Distance {
    let whole = of.window.moved(-of.window.x, -of.window.y);
    Distance { roughness: of.template.roughness(), turning: of.template.patch().turning(whole) }
}
