//! What must be known before the first frame is measured: the background, and the reference where it
//! is not the first frame.
//!
//! With that known, a block of a recording's frames can be measured alone, and gives the same bits as it does in the whole
//! ([`Ahead::of_recording`], `tests/blocks.rs`): where frames count from one reference and no window is looked for from its last place.

use crate::error::Error;
use crate::frame::Frame;
use crate::monitor::{Monitor, Stage};
use crate::preprocess::background::{Background, Gathering, Mean};
use crate::preprocess::{Preparation, Work, invert};
use crate::recipe::{Recipe, Reference};
use crate::simd::Level;
use crate::source::{FrameSource, StackInfo};

/// What was read ahead.
#[derive(Clone)]
pub struct Ahead {
    /// What is done to every frame.
    pub preparation: Preparation,
    /// The reference, if it must be known before the first frame is measured.
    pub reference: Option<ReferenceFrame>,
}

/// A reference read ahead, and its number if it is one of the recording's frames.
#[derive(Clone)]
pub struct ReferenceFrame {
    /// Its pixels, as the matcher is to see them.
    pub frame: Frame,
    /// Its number in the recording; `None` for the mean.
    pub number: Option<usize>,
    /// How many frames it is the mean of.
    pub n_frames: usize,
}

impl Ahead {
    /// Reads what any block of these frames must know to be measured alone: the first frame, too, if that is the reference.
    pub fn of_recording(
        recipe: &Recipe,
        source: &mut dyn FrameSource,
        monitor: &dyn Monitor,
    ) -> Result<Self, Error> {
        recipe.check(source.info())?;
        if recipe.reference != Reference::First {
            return read_ahead(recipe, source, monitor);
        }
        let info = source.info();
        let mut numbers = (0..info.n_frames).map(|index| info.number(index));
        let first = numbers.find(|number| !recipe.exclude.contains(number));
        let first = first.ok_or(Error::NoFrames { excluded: 0 < info.n_frames })?;
        let recipe = Recipe { reference: Reference::Frame(first), ..recipe.clone() };
        read_ahead(&recipe, source, monitor)
    }

    /// What was read ahead elsewhere, of a recording with this background and reference, for frames of this kind.
    pub fn of(
        recipe: &Recipe,
        info: &StackInfo,
        background: Option<Frame>,
        reference: Option<ReferenceFrame>,
    ) -> Self {
        let preparation = without_background(recipe, info);
        let preparation = match background {
            Some(background) => preparation.less(background),
            None => preparation,
        };
        Self { preparation, reference }
    }
}

/// Reads what must be known before the first frame is measured; nothing, for most recipes.
pub fn read_ahead(
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    monitor: &dyn Monitor,
) -> Result<Ahead, Error> {
    match recipe.reference {
        Reference::First | Reference::Previous | Reference::Keyframe => {
            Ok(Ahead { preparation: preparation(recipe, source, monitor)?, reference: None })
        }
        Reference::Mean => with_mean(recipe, source, monitor),
        Reference::Frame(number) => {
            let preparation = preparation(recipe, source, monitor)?;
            let raw = frame(number, source)?;
            let frame = preparation.apply(Level::new(), &raw, &mut Work::default()).clone();
            let reference = ReferenceFrame { frame, number: Some(number), n_frames: 1 };
            Ok(Ahead { preparation, reference: Some(reference) })
        }
    }
}

/// What is done to every frame; for a background all frames are read.
pub fn preparation(
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    monitor: &dyn Monitor,
) -> Result<Preparation, Error> {
    let preparation = without_background(recipe, source.info());
    let Some(mut background) = Gathering::new(recipe.background, source.info().size) else {
        return Ok(preparation);
    };
    let mut work = Work::default();
    for_each_frame(recipe, source, monitor, |raw| {
        background.add(preparation.apply_inversion(raw, &mut work));
    })?;
    Ok(preparation.less(background.finish()))
}

/// The mean of all frames, as the matcher is to see them, from the same pass as the background.
fn with_mean(
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    monitor: &dyn Monitor,
) -> Result<Ahead, Error> {
    let (size, level) = (source.info().size, Level::new());
    let mut preparation = without_background(recipe, source.info());
    let (mut background, mut mean) = (Gathering::new(recipe.background, size), Mean::new(size));
    let mut work = Work::default();
    let n_frames = for_each_frame(recipe, source, monitor, |raw| {
        mean.add(preparation.apply(level, raw, &mut work));
        if let Some(background) = &mut background {
            background.add(preparation.apply_inversion(raw, &mut work));
        }
    })?;
    if let Some(background) = background {
        preparation = preparation.less(background.finish());
    }
    // A blur is linear: what it makes of a difference is the difference of what it makes of both.
    if let Some(background) = preparation.blurred_background(level) {
        mean.subtract(&background);
    }
    let reference = ReferenceFrame { frame: mean.finish(), number: None, n_frames };
    Ok(Ahead { preparation, reference: Some(reference) })
}

fn without_background(recipe: &Recipe, info: &StackInfo) -> Preparation {
    let preparation = Preparation::default().blurred(recipe.blur_sigma_px);
    let preparation = match &recipe.mask {
        Some(mask) => preparation.filled(mask.clone()),
        None => preparation,
    };
    match recipe.invert {
        true => preparation.inverted(invert::white(&info.pixel_type)),
        false => preparation,
    }
}

fn frame(number: usize, source: &mut dyn FrameSource) -> Result<Frame, Error> {
    let info = source.info();
    let index = (0..info.n_frames)
        .find(|&index| info.number(index) == number)
        .expect("the recipe was checked against this stack");
    let mut frame = Frame::default();
    source.read(index, &mut frame).map_err(|source| Error::Read { frame: number, source })?;
    Ok(frame)
}

/// Shows all frames that are measured, one at a time: memory does not grow with their number, which
/// is given.
fn for_each_frame(
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    monitor: &dyn Monitor,
    mut look: impl FnMut(&Frame),
) -> Result<usize, Error> {
    let n_frames = source.info().n_frames;
    let (mut frame, mut n_seen) = (Frame::default(), 0usize);
    for index in 0..n_frames {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let number = source.info().number(index);
        if !recipe.exclude.contains(&number) {
            source
                .read(index, &mut frame)
                .map_err(|source| Error::Read { frame: number, source })?;
            look(&frame);
            n_seen += 1;
        }
        monitor.progress(stage(recipe), index + 1, n_frames);
    }
    match n_seen {
        0 => Err(Error::NoFrames { excluded: 0 < n_frames }),
        n => Ok(n),
    }
}

/// What the pass before the run is for: above all the background, if there is one.
fn stage(recipe: &Recipe) -> Stage {
    match recipe.background {
        Background::None => Stage::Averaging,
        Background::Min | Background::Mean => Stage::Background,
    }
}
