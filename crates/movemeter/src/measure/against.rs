//! Every frame against one reference: first, mean, or a frame by number.
//!
//! No frame waits for another, so all windows of a whole batch are measured side by side.

use rayon::prelude::*;

use super::pair;
use super::stage::{Scratch, ScratchPool};
use super::windows::{Prepared, Site};
use crate::frame::Frame;
use crate::matching::matcher::Role;
use crate::matching::target::Target;
use crate::matching::template::Template;
use crate::monitor::Monitor;
use crate::track::{Sample, Status};

/// Windows that one task measures: enough to hide the cost of handing out tasks.
const WINDOWS_PER_TASK: usize = 16;

/// The reference, prepared once.
pub(super) struct Against {
    reference: Prepared,
    kept: Kept,
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
    pub fn new(site: &Site, reference: &Frame, follow: bool, pool: &ScratchPool) -> Self {
        let role = if follow { Role::Source } else { Role::Target };
        let reference = site.prepare(reference, role, pool);
        let kept = match (follow, site.may_keep()) {
            (true, true) => Kept::Templates(templates(site, &reference, pool)),
            (true, false) => Kept::Following,
            (false, true) if !site.searches_whole_frame() => {
                Kept::Targets(targets(site, &reference, pool))
            }
            (false, _) => Kept::Fixed,
        };
        Self { reference, kept }
    }

    /// What the reference frame itself gives: no displacement, if the window has texture.
    pub fn samples_of_reference(&self, site: &Site, pool: &ScratchPool) -> Vec<Sample> {
        let sample = |window: usize| match template(site, &self.reference, window, pool) {
            Ok(_) => Sample::reference(),
            Err(status) => Sample::lost(status),
        };
        (0..site.rects.len()).into_par_iter().map(sample).collect()
    }

    /// Every window in every frame: all windows of the first frame, then of the next.
    ///
    /// Samples that are not computed because the monitor said to stop are left undefined.
    pub fn samples(
        &self,
        site: &Site,
        frames: &[&Frame],
        pool: &ScratchPool,
        monitor: &dyn Monitor,
    ) -> Vec<Sample> {
        let role = if self.follows() { Role::Target } else { Role::Source };
        let prepared: Vec<Prepared> =
            frames.par_iter().map(|frame| site.prepare(frame, role, pool)).collect();
        let n_windows = site.rects.len();
        let mut samples = vec![Sample::lost(Status::Excluded); frames.len() * n_windows];
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

    fn follows(&self) -> bool {
        matches!(self.kept, Kept::Templates(_) | Kept::Following)
    }

    fn sample(
        &self,
        site: &Site,
        frame: &Prepared,
        window: usize,
        scratch: &mut Scratch,
    ) -> Sample {
        let (place, reference) = (site.place(window), &self.reference);
        match &self.kept {
            Kept::Templates(templates) => match &templates[window] {
                Ok(template) => pair::follow(site, template, frame, place, scratch),
                Err(status) => Sample::lost(*status),
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
