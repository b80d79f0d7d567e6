//! One window of one frame against another frame: following it, or looking back from where it is.

use super::stage::Scratch;
use super::windows::{Place, Prepared, Site};
use crate::matching::matcher::Match;
use crate::matching::target::Target;
use crate::matching::template::Template;
use crate::track::{Sample, Status};

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
    place: Place,
    target: &mut Target,
    scratch: &mut Scratch,
) {
    let pixels = frame.frame.pixels();
    let search = site.matcher.search(place.rect, pixels.size());
    let fft = site.plan(place.window).fft();
    target.prepare(pixels, search, place.rect.size(), fft, &mut scratch.matching.prepare);
}

/// How far the template's content is, in this frame, from its place.
pub(super) fn follow(
    site: &Site,
    template: &Template,
    frame: &Prepared,
    place: Place,
    scratch: &mut Scratch,
) -> Sample {
    locate(site, template, frame, None, place, scratch)
}

/// The same with the template taken out of an earlier frame just now.
pub(super) fn follow_from(
    site: &Site,
    earlier: &Prepared,
    frame: &Prepared,
    place: Place,
    scratch: &mut Scratch,
) -> Sample {
    between(site, [earlier, frame], None, place, scratch)
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
) -> Sample {
    let sample = between(site, [frame, earlier], target, place, scratch);
    Sample { displacement: -sample.displacement, ..sample }
}

/// Where in the second frame the place's content in the first is.
fn between(
    site: &Site,
    [from, to]: [&Prepared; 2],
    target: Option<&Target>,
    place: Place,
    scratch: &mut Scratch,
) -> Sample {
    let mut template = std::mem::take(&mut scratch.template);
    let sample = match take(site, from, place, &mut template, scratch) {
        Ok(()) => locate(site, &template, to, target, place, scratch),
        Err(status) => Sample::lost(status),
    };
    scratch.template = template;
    sample
}

fn locate(
    site: &Site,
    template: &Template,
    frame: &Prepared,
    kept: Option<&Target>,
    place: Place,
    scratch: &mut Scratch,
) -> Sample {
    let mut own = std::mem::take(&mut scratch.target);
    let target = kept.or_else(|| site.whole(place.window, frame)).unwrap_or_else(|| {
        aim(site, frame, place, &mut own, scratch);
        &own
    });
    let plan = site.plan(place.window);
    let of = Match { template, window: place.rect, target, frame: &frame.frame, plan };
    let sample = site.matcher.locate(&of, &mut scratch.matching);
    scratch.target = own;
    sample
}
