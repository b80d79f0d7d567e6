//! One window of one frame against another frame: following it, or looking back from where it is.

use super::stage::Scratch;
use super::windows::{Near, Place, Prepared, Site};
use crate::geometry::Rect;
use crate::matching::matcher::{Match, MatchFrame};
use crate::matching::plan::Plan;
use crate::matching::target::Target;
use crate::matching::template::Template;
use crate::matching::warp::Model;
use crate::matching::warping;
use crate::track::{Found, Sample, Status};

/// How far to look, px, where the place is known to a pixel.
const NEAR_PX: usize = 4;

/// Takes the content of a place out of a frame.
pub(super) fn take(
    site: &Site,
    frame: &Prepared,
    place: Place,
    template: &mut Template,
    scratch: &mut Scratch,
) -> Result<(), Status> {
    let scratch = &mut scratch.matching.prepare;
    // Where the whole frame is searched, a spectrum is as large as the frame: too large to keep.
    let fft = match site.searches_whole_frame() {
        true => None,
        false => site.plan(place.window).fft(),
    };
    site.matcher.prepare_template(&frame.frame, place.rect, fft, template, scratch)
}

/// Prepares the region around a place for matching.
pub(super) fn aim(
    site: &Site,
    frame: &Prepared,
    (place, template): (Place, &Template),
    target: &mut Target,
    scratch: &mut Scratch,
) {
    let search = site.matcher.search(place.rect, frame.frame.pixels().size());
    let of = (template, site.matcher.sought(place.rect).size());
    let fft = site.plan(place.window).fft();
    let scratch = &mut scratch.matching.prepare;
    site.matcher.aim(&frame.frame, search, of, fft, target, scratch);
}

/// How far the template's content is, in this frame, from its place.
pub(super) fn follow(
    site: &Site,
    template: &Template,
    frame: &Prepared,
    place: Place,
    scratch: &mut Scratch,
) -> Found {
    locate(site, template, frame, None, place, scratch)
}

/// The same with the template taken out of an earlier frame just now.
pub(super) fn follow_from(
    site: &Site,
    earlier: &Prepared,
    frame: &Prepared,
    place: Place,
    scratch: &mut Scratch,
) -> Found {
    between(site, [earlier, frame], None, place, scratch)
}

/// How far the template's content is from its place, looked for around another place only, which is inside the frame; `None` if it is not found there
/// without doubt.
pub(super) fn follow_near(
    site: &Site,
    template: &Template,
    frame: &Prepared,
    place: Place,
    (around, near): (Rect, &Near),
    scratch: &mut Scratch,
) -> Option<Sample> {
    let pixels = frame.frame.pixels();
    let search = around.grown(near.reach).clipped_to(pixels.size())?;
    let (window, size, plan) = (place.rect, place.rect.size(), &near.plan);
    let mut target = std::mem::take(&mut scratch.target);
    target.prepare(pixels, search, size, plan.fft(), &mut scratch.matching.prepare);
    let n_positions = site.n_positions(size);
    let of = Match { template, window, target: &target, frame: &frame.frame, plan, n_positions };
    let sample = site.matcher.locate_near(&of, &mut scratch.matching);
    scratch.target = target;
    sample
}

/// How far the template's content is from a window in this part of a frame, all of which is searched.
pub(super) fn follow_in(
    site: &Site,
    template: &Template,
    part: &MatchFrame,
    window: Rect,
    scratch: &mut Scratch,
) -> Sample {
    let mut target = std::mem::take(&mut scratch.target);
    let search = Rect::of_frame(part.pixels().size());
    let prepare = &mut scratch.matching.prepare;
    target.prepare(part.pixels(), search, window.size(), None, prepare);
    let (target_ref, plan, n_positions) = (&target, &Plan::Direct, 0);
    let of = Match { template, window, target: target_ref, frame: part, plan, n_positions };
    let sample = site.matcher.locate_near(&of, &mut scratch.matching);
    scratch.target = target;
    sample.unwrap_or(Sample::lost(Status::Diverged))
}

/// How far what was at a place in an earlier frame is from another place now, to which it is near.
pub(super) fn follow_near_from(
    site: &Site,
    earlier: &Prepared,
    frame: &Prepared,
    (was, place): (Rect, Place),
    scratch: &mut Scratch,
) -> Sample {
    let frame_size = frame.frame.pixels().size();
    if !was.is_inside(frame_size) {
        return Sample::lost(Status::LeftFrame);
    }
    let mut template = std::mem::take(&mut scratch.template);
    let near = Near { reach: NEAR_PX, plan: Plan::Direct };
    let taken = take(site, earlier, Place { rect: was, ..place }, &mut template, scratch);
    let sample = taken
        .ok()
        .and_then(|()| follow_near(site, &template, frame, place, (place.rect, &near), scratch));
    scratch.template = template;
    sample.unwrap_or(Sample::lost(Status::Diverged))
}

/// Where the window's content in `frame` was in an earlier one; how far it moved since.
///
/// `target` is the region of the earlier frame, if it is kept.
pub(super) fn look_back(
    site: &Site,
    frame: &Prepared,
    earlier: &Prepared,
    target: Option<&Target>,
    place: Place,
    scratch: &mut Scratch,
) -> Found {
    let Found { sample, deformation } = between(site, [frame, earlier], target, place, scratch);
    let sample = Sample { displacement: -sample.displacement, ..sample };
    Found { sample, deformation: deformation.inverse() }
}

/// The same around another place in the earlier frame, from which the displacement counts.
pub(super) fn look_back_around(
    site: &Site,
    frame: &Prepared,
    earlier: &Prepared,
    place: Place,
    around: Rect,
    scratch: &mut Scratch,
) -> Found {
    let mut template = std::mem::take(&mut scratch.template);
    let found = match take(site, frame, place, &mut template, scratch) {
        Ok(()) => {
            let place = Place { rect: around, ..place };
            locate(site, &template, earlier, None, place, scratch)
        }
        Err(status) => Found::lost(status),
    };
    scratch.template = template;
    let Found { sample, deformation } = found;
    let sample = Sample { displacement: -sample.displacement, ..sample };
    Found { sample, deformation: deformation.inverse() }
}

/// Where in the second frame the place's content in the first is.
fn between(
    site: &Site,
    [from, to]: [&Prepared; 2],
    target: Option<&Target>,
    place: Place,
    scratch: &mut Scratch,
) -> Found {
    let mut template = std::mem::take(&mut scratch.template);
    let found = match take(site, from, place, &mut template, scratch) {
        Ok(()) => {
            if let Some(target) = target {
                template.suit(site.matcher.level, target, &mut scratch.matching.prepare);
            }
            locate(site, &template, to, target, place, scratch)
        }
        Err(status) => Found::lost(status),
    };
    scratch.template = template;
    found
}

fn locate(
    site: &Site,
    template: &Template,
    frame: &Prepared,
    kept: Option<&Target>,
    place: Place,
    scratch: &mut Scratch,
) -> Found {
    let mut own = std::mem::take(&mut scratch.target);
    let whole = || site.whole(place.window, frame, &mut scratch.matching.prepare);
    let target = match kept.or_else(whole) {
        Some(target) => target,
        None => {
            aim(site, frame, (place, template), &mut own, scratch);
            &own
        }
    };
    let plan = site.plan(place.window);
    let of =
        Match { template, window: place.rect, target, frame: &frame.frame, plan, n_positions: 0 };
    let found = match site.matcher.fitted_model() {
        Model::Translation => site.matcher.locate(&of, &mut scratch.matching).into(),
        Model::Rigid | Model::Affine => warping::locate(&site.matcher, &of, &mut scratch.matching),
    };
    scratch.target = own;
    found
}
