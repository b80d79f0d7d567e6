//! Every frame against one reference: first, mean, or a frame by number.
//!
//! No frame waits for another, so all windows of a whole batch are measured side by side. Only where
//! following windows may be anywhere do frames wait: there each window is looked for first where its
//! motion leads ([`course`]), and windows run side by side.

use std::ops::Range;

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
/// Tasks for each thread, at least: the last to end has little left when the others have none.
const TASKS_PER_THREAD: usize = 4;

/// Some windows in some frames.
struct Task {
    windows: Range<usize>,
    frames: Range<usize>,
}

/// All windows in all frames, in parts.
fn tasks(n_windows: usize, n_frames: usize) -> Vec<Task> {
    let n_parts = n_windows.div_ceil(WINDOWS_PER_TASK).max(1);
    let wanted = TASKS_PER_THREAD * rayon::current_num_threads();
    let frames_per_task = n_frames.div_ceil(wanted.div_ceil(n_parts)).max(1);
    let part = |n: usize, of: usize, first: usize| first..n.min(first + of);
    let of_windows = |first: usize| {
        let windows = part(n_windows, WINDOWS_PER_TASK, first);
        let frames = (0..n_frames).step_by(frames_per_task);
        frames.map(move |first| Task {
            windows: windows.clone(),
            frames: part(n_frames, frames_per_task, first),
        })
    };
    (0..n_windows).step_by(WINDOWS_PER_TASK).flat_map(of_windows).collect()
}

impl Task {
    /// Window by window, for what is prepared of a window is more than what is new in a frame.
    fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        let frames = self.frames.clone();
        self.windows
            .clone()
            .flat_map(move |window| frames.clone().map(move |frame| (window, frame)))
    }

    fn each(
        &self,
        frames: &[Prepared],
        mut sample: impl FnMut(usize, &Prepared) -> Found,
    ) -> Vec<Found> {
        self.places().map(|(window, frame)| sample(window, &frames[frame])).collect()
    }
}

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
        let samples = if self.follows() && site.predicts() {
            self.one_after_another(site, &prepared, pool, monitor)
        } else {
            self.side_by_side(site, &prepared, pool, monitor)
        };
        pool.give_back(prepared.into_iter().map(|frame| frame.frame));
        samples
    }

    /// Every window in every frame, each alone.
    fn side_by_side(
        &self,
        site: &Site,
        prepared: &[Prepared],
        pool: &ScratchPool,
        monitor: &dyn Monitor,
    ) -> Vec<Found> {
        let n_windows = site.rects.len();
        let measure = |task: &Task| -> Vec<Found> {
            let mut scratch = pool.get();
            let sample = |window: usize, frame: &Prepared| match monitor.is_cancelled() {
                true => Found::lost(Status::Excluded),
                false => self.sample(site, frame, window, &mut scratch),
            };
            task.each(prepared, sample)
        };
        let tasks = tasks(n_windows, prepared.len());
        let of_tasks: Vec<Vec<Found>> = tasks.par_iter().map(measure).collect();
        let mut samples = vec![Found::lost(Status::Excluded); prepared.len() * n_windows];
        for (task, found) in tasks.iter().zip(of_tasks) {
            for ((window, frame), found) in task.places().zip(found) {
                samples[frame * n_windows + window] = found;
            }
        }
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
    template.keep();
    Ok(template)
}

fn targets(site: &Site, reference: &Prepared, pool: &ScratchPool) -> Vec<Target> {
    let prepare = |window: usize| {
        let (mut template, mut target) = (Template::default(), Target::default());
        let (place, scratch) = (site.place(window), &mut pool.get());
        // The size of blocks that suits the reference's content suits what it will look like.
        let _is_flat = pair::take(site, reference, place, &mut template, scratch).is_err();
        pair::aim(site, reference, (place, &template), &mut target, scratch);
        target
    };
    (0..site.rects.len()).into_par_iter().map(prepare).collect()
}
