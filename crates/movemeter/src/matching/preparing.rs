//! What is made of frames, windows and regions before a match, and how far it looks.

use std::sync::Arc;

use super::angles;
use super::covariance::Noise;
use super::enlargement::Enlargement;
use super::match_frame::{MatchFrame, Role};
use super::plan;
use super::steps;
use super::subpixel::Subpixel;
use super::target::{PrepareScratch, Target};
use super::template::{Template, Uses};
use super::texture::{self, Worth};
use super::warp::Model;
use super::weights;
use super::{DERIVATIVE, SMOOTHING};
use crate::fft::Fft2;
use crate::filter::{self, Border, Lines};
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::mask::Counts;
use crate::simd::Level;
use crate::spline;
use crate::track::Status;

/// A window that was farther than this from the frame's border is not looked for outside: that would
/// take longer than the search itself, and only the reason of its loss is at stake.
const FAR_PX: usize = 64;

/// Working memory to prepare frames out of which templates are taken.
#[derive(Default)]
pub struct SourceScratch {
    part: Frame,
    prepared: MatchFrame,
    /// Of the filters.
    pub lines: Lines,
}

/// How templates are looked for. Shared by all threads.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The CPU level of all kernels.
    pub level: Level,
    /// How the position between pixels is found.
    pub subpixel: Subpixel,
    /// Matches below this are [`Status::LowScore`].
    pub min_score: f64,
    /// Whether doubtful matches keep their displacement.
    pub keep_doubtful: bool,
    /// Farthest a window's content may be in x or y, px; `None`: anywhere in the frame.
    pub max_displacement_px: Option<f64>,
    /// What a window's content may do besides moving.
    pub model: Model,
    /// How far it may turn to each side, if all angles up to that are searched, rad.
    pub max_rotation_rad: Option<f64>,
    /// What is known of the noise.
    pub noise: Noise,
    /// Whether all positions are scored even where bounds show that few need to be: to compare.
    pub scores_all: bool,
    /// The pixels of all frames that count; `None` if all do.
    pub counts: Option<Arc<Counts>>,
}

impl Matcher {
    /// Prepares a frame for its role; `of` may hold another one.
    pub fn prepare_frame(&self, frame: &Frame, role: Role, of: &mut MatchFrame, work: &mut Lines) {
        of.counts.clone_from(&self.counts);
        self.prepare_pixels((frame, &|| texture::worth(frame)), role, of, work);
    }

    /// Prepares a part of a frame, which lies there, for its role.
    pub fn prepare_part(&self, (frame, part): (&Frame, Rect), role: Role) -> MatchFrame {
        let counts = self.counts.as_ref().map(|counts| Arc::new(counts.cropped(part)));
        let mut of = MatchFrame { counts, ..MatchFrame::default() };
        let worth = || texture::worth(frame);
        self.prepare_pixels((frame, &worth), role, &mut of, &mut Lines::default());
        of
    }

    /// Prepares a frame out of whose part `around` all templates are taken. Elsewhere it is undefined.
    pub fn prepare_source(
        &self,
        frame: &Frame,
        around: Rect,
        of: &mut MatchFrame,
        scratch: &mut SourceScratch,
    ) {
        let SourceScratch { part, prepared, lines } = scratch;
        // So far the filters reach from what the derivative needs.
        let seen = around.grown(DERIVATIVE.len() + weights::REACH).clipped_to(frame.size());
        let Some(seen) = seen.filter(|_| self.max_rotation_rad.is_none()) else {
            return self.prepare_frame(frame, Role::Source, of, lines);
        };
        if frame.size().area() < 2 * seen.size().area() {
            return self.prepare_frame(frame, Role::Source, of, lines);
        }
        part.copy(frame.crop(seen));
        let worth = || texture::worth(frame);
        self.prepare_pixels((part, &worth), Role::Source, prepared, lines);
        of.counts.clone_from(&self.counts);
        of.pixels.reset(frame.size());
        of.pixels.paste(prepared.pixels.view(), seen);
        of.spline.make(false, |_| ());
        let of_part = prepared.weights.get();
        of.weights.make(of_part.is_some(), |weights| {
            let Some(of_part) = of_part else { return };
            weights.noise = of_part.noise;
            for (to, from) in [(&mut weights.x, &of_part.x), (&mut weights.y, &of_part.y)] {
                to.reset(frame.size());
                to.paste(from.view(), seen);
            }
        });
    }

    fn prepare_pixels(
        &self,
        (frame, worth): (&Frame, &dyn Fn() -> Option<[Worth; 2]>),
        role: Role,
        of: &mut MatchFrame,
        work: &mut Lines,
    ) {
        let MatchFrame { pixels, spline, weights, .. } = of;
        let is_fitted = self.subpixel == Subpixel::GaussNewton;
        if is_fitted {
            let taps = SMOOTHING.map(|weight| weight as f32);
            filter::separable(self.level, frame, &taps, Border::Mirror, work, pixels);
        } else {
            pixels.clone_from(frame);
        }
        let is_sampled = is_fitted && (role != Role::Source || self.max_rotation_rad.is_some());
        spline.make(is_sampled, |spline| {
            spline.pass(self.level, frame, &spline::coefficient_taps(&SMOOTHING), work);
        });
        let is_source = is_fitted && role != Role::Target;
        weights.make(is_source, |weights| weights.weigh_by(worth(), self.level, frame, work));
    }

    /// Takes a window's content out of a frame; with `fft` its spectrum is made and kept too.
    pub fn prepare_template(
        &self,
        frame: &MatchFrame,
        window: Rect,
        fft: Option<&Fft2>,
        template: &mut Template,
        scratch: &mut PrepareScratch,
    ) -> Result<(), Status> {
        if let Some(enlargement) = self.subpixel.enlargement() {
            let steps = self.steps(window.size(), frame.pixels.size());
            let of = (&frame.pixels, window);
            return template.prepare_enlarged(of, enlargement, (fft, steps), scratch);
        }
        let model = self.fitted_model();
        let is_plain = model == Model::Translation;
        // What is looked for at many angles is not the window itself.
        let fft = fft.filter(|_| self.max_rotation_rad.is_none());
        let fit = frame.weights.get();
        // A spectrum is a third of a search by it, and a search by bounds needs none.
        let at_once = fft.filter(|_| !self.may_search_by_bounds());
        let uses = Uses { fit, warp: (!is_plain).then_some(model), fft: at_once };
        template.prepare(&frame.pixels, window, uses, scratch)?;
        if let Some(counts) = frame.counts() {
            if let (Some(weights), true) = (fit, is_plain) {
                // Where a mask is near, content that only moves is fitted as a warp is.
                template.prepare_fit(frame.pixels.size(), window, (weights, Some(model)));
            }
            template.leave_out((&frame.pixels, window), counts)?;
        }
        if self.may_search_by_bounds() && template.counts().is_empty() {
            template.prepare_blocks(None);
            if let Some(fft) = fft.filter(|_| template.blocks().blocks().is_none()) {
                template.transform(fft, scratch);
            }
        }
        if let (Some(max_rad), Some(spline)) = (self.max_rotation_rad, frame.spline.get()) {
            template.prepare_turning(spline, window, max_rad);
            if !self.scores_all && template.counts().is_empty() {
                template.prepare_lattice(self.level, scratch);
            }
        }
        Ok(())
    }

    /// Whether bounds of blocks can tell where templates are: not anywhere in the frame, nor at any angle.
    pub(super) fn may_search_by_bounds(&self) -> bool {
        self.may_be_bounded() && self.max_displacement_px.is_some()
    }

    /// Whether bounds of tiles can: anywhere in the frame, if all of its pixels count.
    pub fn may_be_bounded_anywhere(&self) -> bool {
        self.may_be_bounded() && self.max_displacement_px.is_none() && self.counts.is_none()
    }

    fn may_be_bounded(&self) -> bool {
        let is_plain = self.subpixel.enlargement().is_none() && self.max_rotation_rad.is_none();
        !self.scores_all && is_plain
    }

    /// The model that is fitted: what is searched at all angles has turned.
    pub fn fitted_model(&self) -> Model {
        match (self.model, self.max_rotation_rad) {
            (Model::Translation, Some(_)) => Model::Rigid,
            (model, _) => model,
        }
    }

    /// The part of a window that is looked for at every whole pixel: if it may have turned, its middle.
    pub fn sought(&self, window: Rect) -> Rect {
        match self.max_rotation_rad {
            None => window,
            Some(_) => angles::middle(window),
        }
    }

    /// Memory that a template takes for the fit of a warp, and for all angles.
    pub fn bytes_of_warps(&self, window: Rect) -> usize {
        if self.fitted_model() == Model::Translation && self.counts.is_none() {
            return 0;
        }
        let turned = self.max_rotation_rad.map_or(0, |max_rad| {
            // About one angle for each pixel that the middle's rim moves.
            let part = angles::middle(window).size();
            (max_rad * part.width as f64) as usize * 4 * part.area()
        });
        turned + 4 * (6 + self.fitted_model().n_parameters()) * window.size().area()
    }

    /// Prepares a region of a frame in which this template is looked for.
    pub fn aim(
        &self,
        frame: &MatchFrame,
        search: Rect,
        (template, window): (&Template, Size),
        fft: Option<&Fft2>,
        target: &mut Target,
        scratch: &mut PrepareScratch,
    ) {
        let counts = frame.counts().is_none_or(|counts| counts.n_lacking(search) == 0);
        if let Some(grid) = template.lattice().grid().filter(|_| counts) {
            return target.aim_lattice(
                self.level,
                &frame.pixels,
                search,
                (window.width, grid),
                scratch,
            );
        }
        match template.blocks().blocks().filter(|_| counts) {
            Some(blocks) => {
                target.aim(self.level, &frame.pixels, search, (window, blocks), scratch);
            }
            None => self.prepare_target(frame, (search, window), fft, target, scratch),
        }
    }

    /// Prepares a region of a frame in which all positions of windows of this size are scored, at steps of a pixel
    /// where both are enlarged.
    pub fn prepare_target(
        &self,
        frame: &MatchFrame,
        (search, window): (Rect, Size),
        fft: Option<&Fft2>,
        target: &mut Target,
        scratch: &mut PrepareScratch,
    ) {
        let region = (&frame.pixels, search);
        let at_steps = self.steps(window, frame.pixels.size());
        let at_steps = at_steps.map(|times| (window, times));
        if !at_steps.is_some_and(|of| target.prepare_steps(self.level, region, of, scratch)) {
            self.prepare_scored(frame, (search, window), fft, target, scratch);
        }
    }

    /// How many steps a pixel has where windows of this size are scored at them: where both pictures are enlarged,
    /// and that is quicker than to enlarge them.
    pub fn steps(&self, window: Size, frame: Size) -> Option<usize> {
        let times = steps::of_pixel(self.subpixel.enlargement()?, window)?;
        let search = self.search_size(window, frame);
        (!self.scores_all && plan::is_quicker_at_steps(window, search, times)).then_some(times)
    }

    /// Prepares a region of a frame, enlarged if it is to be, in which all positions are scored.
    pub(super) fn prepare_scored(
        &self,
        frame: &MatchFrame,
        (search, window): (Rect, Size),
        fft: Option<&Fft2>,
        target: &mut Target,
        scratch: &mut PrepareScratch,
    ) {
        let pixels = &frame.pixels;
        match self.subpixel.enlargement() {
            None => target.prepare(pixels, search, window, fft, scratch),
            Some(enlargement) => {
                let template = enlargement.of(window);
                target.prepare_enlarged((pixels, search), enlargement, template, fft, scratch);
            }
        }
    }

    /// Whether content may be looked for in a part of the frame first.
    pub fn is_predictable(&self) -> bool {
        self.subpixel.enlargement().is_none() && self.fitted_model() == Model::Translation
    }

    /// How large the matcher makes a window or a search of this size.
    pub fn matched_size(&self, size: Size) -> Size {
        self.subpixel.enlargement().map_or(size, |enlargement| enlargement.of(size))
    }

    /// The region in which a window's content may be found: one pixel more than the farthest
    /// displacement on each side, so that a match at the limit has neighbours; inside the frame.
    /// Without that pixel where both pictures are enlarged, as users of OpenCV do.
    pub fn search(&self, window: Rect, frame: Size) -> Rect {
        let window = self.sought(window);
        match self.max_displacement_px {
            None => Rect::of_frame(frame),
            Some(_) => {
                window.grown(self.reach()).clipped_to(frame).expect("windows are inside the frame")
            }
        }
    }

    /// How large the search of a window of this size is where no border clips it.
    pub fn search_size(&self, window: Size, frame: Size) -> Size {
        let by = 2 * self.reach();
        let side = |side: usize, frame: usize| match self.max_displacement_px {
            None => frame,
            Some(_) => frame.min(side + by),
        };
        Size::new(side(window.width, frame.width), side(window.height, frame.height))
    }

    /// How far around the window it is looked for outside the frame.
    pub(super) fn reach_outside(&self) -> usize {
        self.max_displacement_px.map_or(FAR_PX, |_| self.reach().min(FAR_PX))
    }

    pub(super) fn reach(&self) -> usize {
        let beyond = usize::from(self.subpixel.enlargement().is_none());
        self.max_displacement_px.map_or(0, |limit| limit.ceil() as usize + beyond)
    }

    /// Variance of the gradient of white noise, over that of the noise, as the matcher sees it.
    pub(super) fn noise_gradient(&self) -> f64 {
        match self.subpixel {
            Subpixel::GaussNewton => weights::noise_gradient(),
            // Twice the sum of squares of the derivative.
            Subpixel::Parabola | Subpixel::Gaussian | Subpixel::None | Subpixel::Resize(_) => {
                2.0 * DERIVATIVE.iter().map(|tap| f64::from(tap * tap)).sum::<f64>()
            }
        }
    }

    /// Pixels of white noise that one pixel of the noise the matcher sees is worth.
    pub(super) fn noise_area(&self) -> f64 {
        match self.subpixel {
            Subpixel::GaussNewton => (SMOOTHING[0].powi(2) + 2.0 * SMOOTHING[1].powi(2)).powi(2),
            Subpixel::Parabola | Subpixel::Gaussian | Subpixel::None | Subpixel::Resize(_) => 1.0,
        }
    }

    /// How many positions there are from one pixel to the next.
    pub(super) fn factor(&self) -> f64 {
        self.subpixel.enlargement().map_or(1.0, Enlargement::factor)
    }
}
