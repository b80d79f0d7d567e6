//! Every frame against one reference: first, mean, or a frame by number.
//!
//! No frame waits for another, so all windows of a whole batch are measured side by side. Only where
//! following windows may be anywhere do frames wait: there each window is looked for first where its
//! motion leads ([`course`]), and windows run side by side.

use rayon::prelude::*;

use super::course::{self, Course};
use super::pair;
use super::stage::{Scratch, ScratchPool};
use super::windows::{Place, Prepared, Site};
use crate::frame::Frame;
use crate::matching::matcher::Role;
use crate::matching::target::Target;
use crate::matching::template::Template;
use crate::monitor::Monitor;
use crate::track::{Found, Status};

/// Windows that one task measures: enough to hide the cost of handing out tasks.
const WINDOWS_PER_TASK: usize = 16;

/// The reference, prepared once.
pub(super) struct Against {
    reference: Prepared,
    kept: Kept,
    courses: Vec<Course>,
}

/// What each window keeps of the reference.
enum Kept {
    /// Its content there: the window follows.
    Templates(Vec<Result<Template, Status>>),
    /// The region where its content may have been: the window is fixed.
    Targets(Vec<Target>),
    /// Windows follow, but are too many to keep.
    Following,
    /// Windows are fixed, and too many to keep, or the whole reference is searched.
    Fixed,
}

impl Against {
    /// What the reference is prepared for.
    pub fn role_of_reference(follow: bool) -> Role {
        if follow { Role::Source } else { Role::Target }
    }

    pub fn new(site: &Site, reference: Prepared, follow: bool, pool: &ScratchPool) -> Self {
        let kept = match (follow, site.may_keep()) {
            (true, true) => Kept::Templates(templates(site, &reference, pool)),
            (true, false) => Kept::Following,
            (false, true) if !site.searches_whole_frame() => {
                Kept::Targets(targets(site, &reference, pool))
            }
            (false, _) => Kept::Fixed,
        };
        let courses = vec![Course::default(); site.rects.len()];
        Self { reference, kept, courses }
    }

    /// What the reference frame itself gives: no displacement, if the window has texture.
    pub fn samples_of_reference(&self, site: &Site, pool: &ScratchPool) -> Vec<Found> {
        let sample = |window: usize| match template(site, &self.reference, window, pool) {
            Ok(_) => Found::reference(),
            Err(status) => Found::lost(status),
        };
        (0..site.rects.len()).into_par_iter().map(sample).collect()
    }

    /// Every window in every frame: all windows of the first frame, then of the next.
    ///
    /// Samples that are not computed because the monitor said to stop are left undefined.
    pub fn samples(
        &mut self,
        site: &Site,
        frames: &[&Frame],
        pool: &ScratchPool,
        monitor: &dyn Monitor,
    ) -> Vec<Found> {
        let role = if self.follows() { Role::Target } else { Role::Source };
        let prepared: Vec<Prepared> =
            frames.par_iter().map(|frame| site.prepare(frame, role, pool)).collect();
        if self.follows() && site.predicts() {
            return self.one_after_another(site, &prepared, pool, monitor);
        }
        let n_windows = site.rects.len();
        let mut samples = vec![Found::lost(Status::Excluded); frames.len() * n_windows];
        samples.par_chunks_mut(WINDOWS_PER_TASK).enumerate().for_each(|(task, samples)| {
            if monitor.is_cancelled() {
                return;
            }
            let mut scratch = pool.get();
            for (i, sample) in samples.iter_mut().enumerate() {
                let place = task * WINDOWS_PER_TASK + i;
                let (frame, window) = (&prepared[place / n_windows], place % n_windows);
                *sample = self.sample(site, frame, window, &mut scratch);
            }
        });
        samples
    }

    /// The same, each window from frame to frame.
    fn one_after_another(
        &mut self,
        site: &Site,
        frames: &[Prepared],
        pool: &ScratchPool,
        monitor: &dyn Monitor,
    ) -> Vec<Found> {
        let mut courses = std::mem::take(&mut self.courses);
        let course = |(window, course): (usize, &mut Course)| {
            self.course(site, frames, site.place(window), course, &mut pool.get(), monitor)
        };
        let of_windows: Vec<Vec<Found>> = courses.par_iter_mut().enumerate().map(course).collect();
        self.courses = courses;
        let of_frame = |frame: usize| of_windows.iter().map(move |samples| samples[frame]);
        (0..frames.len()).flat_map(of_frame).collect()
    }

    /// One window in every frame.
    fn course(
        &self,
        site: &Site,
        frames: &[Prepared],
        place: Place,
        course: &mut Course,
        scratch: &mut Scratch,
        monitor: &dyn Monitor,
    ) -> Vec<Found> {
        let mut own = std::mem::take(&mut scratch.template);
        let template = match &self.kept {
            Kept::Templates(templates) => {
                templates[place.window].as_ref().map_err(|&status| status)
            }
            Kept::Following | Kept::Targets(_) | Kept::Fixed => {
                pair::take(site, &self.reference, place, &mut own, scratch).map(|()| &own)
            }
        };
        let sample = |frame: &Prepared| match template {
            Ok(template) if !monitor.is_cancelled() => {
                course::follow(site, template, frame, place, course, scratch)
            }
            Ok(_) => Found::lost(Status::Excluded),
            Err(status) => Found::lost(status),
        };
        let samples = frames.iter().map(sample).collect();
        scratch.template = own;
        samples
    }

    fn follows(&self) -> bool {
        matches!(self.kept, Kept::Templates(_) | Kept::Following)
    }

    fn sample(&self, site: &Site, frame: &Prepared, window: usize, scratch: &mut Scratch) -> Found {
        let (place, reference) = (site.place(window), &self.reference);
        match &self.kept {
            Kept::Templates(templates) => match &templates[window] {
                Ok(template) => pair::follow(site, template, frame, place, scratch),
                Err(status) => Found::lost(*status),
            },
            Kept::Following => pair::follow_from(site, reference, frame, place, scratch),
            Kept::Targets(targets) => {
                pair::look_back(site, frame, reference, Some(&targets[window]), place, scratch)
            }
            Kept::Fixed => pair::look_back(site, frame, reference, None, place, scratch),
        }
    }
}

fn templates(
    site: &Site,
    reference: &Prepared,
    pool: &ScratchPool,
) -> Vec<Result<Template, Status>> {
    let windows = 0..site.rects.len();
    windows.into_par_iter().map(|window| template(site, reference, window, pool)).collect()
}

fn template(
    site: &Site,
    reference: &Prepared,
    window: usize,
    pool: &ScratchPool,
) -> Result<Template, Status> {
    let mut template = Template::default();
    pair::take(site, reference, site.place(window), &mut template, &mut pool.get())?;
    template.shrink();
    Ok(template)
}

fn targets(site: &Site, reference: &Prepared, pool: &ScratchPool) -> Vec<Target> {
    let prepare = |window: usize| {
        let mut target = Target::default();
        pair::aim(site, reference, site.place(window), &mut target, &mut pool.get());
        target
    };
    (0..site.rects.len()).into_par_iter().map(prepare).collect()
}
