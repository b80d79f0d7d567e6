//! `movemeter stabilize`: a recording with its motion taken out.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use movemeter::monitor::{Monitor, Stage, Warning};
use movemeter::recipe::Recipe;
use movemeter::source::{FrameSource, MemoryStack, Selected, StackInfo};
use movemeter::stabilize::{Border, CommonPart, Correction, Stabilized, Unrest, measure_again};
use movemeter::track::Tracks;
use movemeter_io::{
    BitDepth, FilmOptions, Input, Job, RecipeFile, Recording, Results, StackFormat,
    check_not_inputs, doubts, open_all, stack_files, write_stack,
};
use serde_json::json;

use crate::arguments::StabilizeArguments;
use crate::failure::{Failure, outside};
use crate::measure::{excluded, in_threads};
use crate::outputs::Outputs;
use crate::steadiness::Steadiness;
use crate::transforms::{self, Plan, check_alike};
use crate::voice::Voice;
use crate::words::{counted, duration};
use crate::writing::{Written, described, format_of, stopped};

/// Writes the recording as the arguments ask for it.
pub fn stabilize(arguments: &StabilizeArguments, voice: &Voice) -> Result<(), Failure> {
    settings(arguments).check_settings()?;
    check_all_is_used(arguments)?;
    in_threads(arguments.threads, || match &arguments.transforms.transforms {
        None => measured(arguments, voice),
        Some(table) => read(arguments, table, voice),
    })?
}

/// All settings that need no file to be understood.
fn settings(arguments: &StabilizeArguments) -> Recipe {
    let StabilizeArguments { motion, preparation, chosen, .. } = arguments;
    Recipe {
        windows: motion.roi.into_iter().collect::<Vec<_>>().into(),
        reference: motion.reference,
        max_displacement_px: motion.max_displacement,
        rotation: motion.motion != Correction::Translation,
        max_rotation_deg: motion.max_rotation,
        mask: preparation.mask(),
        invert: preparation.invert,
        background: preparation.background.unwrap_or_default(),
        blur_sigma_px: preparation.blur.unwrap_or_default(),
        frames: chosen.frames.unwrap_or_default(),
        frame_rate_hz: chosen.fps,
        pixel_size_um: chosen.pixel_size,
        ..Recipe::default()
    }
}

/// What an output cannot hold was not asked for by mistake alone.
fn check_all_is_used(arguments: &StabilizeArguments) -> Result<(), Failure> {
    let written = &arguments.written;
    let no = |what: &str| Err(Failure::Usage(what.into()));
    let format = format_of(&written.output)?;
    if let Some(mask) = &written.mask_out {
        if format_of(mask)? == StackFormat::Mp4 {
            return no("--mask-out is an image; write .png, .tif or .npy");
        }
        if *mask == written.output {
            return no("--mask-out and --output need names of their own");
        }
    }
    if format == StackFormat::Mp4 && written.bits.is_some() {
        return no("--bits is not for films, which have 8; leave it out");
    }
    Ok(())
}

/// Measures how the recording moves, and takes that out of it or of another.
fn measured(arguments: &StabilizeArguments, voice: &Voice) -> Result<(), Failure> {
    let begun = Instant::now();
    let (mut job, mut other) = prepare(arguments, voice)?;
    let files =
        Files::create(arguments, n_written(&job), &job.inputs, &job.source, other.as_ref())?;
    voice.begin_progress(&job.recipe, Stage::Measuring, job.source.info().n_frames);
    let (tracks, ended) = job.measure(false, &Quieter { voice, is_again: false });
    ended.map_err(stopped)?;
    let MotionChosen { correction, unmoved } = MotionChosen::of(arguments);
    let plan = Plan::of(&tracks, correction, unmoved, voice)?;
    let steadiness = check(&mut job, &tracks, &plan, correction, files.bits, voice)?;
    let recording: &mut dyn FrameSource = match &mut other {
        Some(other) => &mut other.source,
        None => &mut job.source,
    };
    let info = files.write(arguments, recording, plan, voice)?;
    let tables = files.tables.names();
    let (recipe, provenance) = (job.recipe.clone(), job.provenance()?);
    let results = Results { tracks, recipe, provenance };
    files.tables.write(&results.tracks.table(), &results)?;
    report(arguments, &info, &steadiness, begun.elapsed(), tables, voice);
    Ok(())
}

/// How many frames are not left out.
fn n_written(job: &Job) -> usize {
    let info = job.source.info();
    let is_written = |&index: &usize| !job.recipe.exclude.contains(&info.number(index));
    (0..info.n_frames).filter(is_written).count()
}

struct MotionChosen {
    correction: Correction,
    unmoved: bool,
}

impl MotionChosen {
    fn of(arguments: &StabilizeArguments) -> Self {
        let motion = &arguments.motion;
        Self { correction: motion.motion, unmoved: motion.keep_unmeasured }
    }
}

/// Everything the measurement needs, checked, and the recording that is written if that is another.
fn prepare(
    arguments: &StabilizeArguments,
    voice: &Voice,
) -> Result<(Job, Option<Recording>), Failure> {
    let opening = arguments.opening.options();
    let recording = open(&arguments.stacks, arguments, voice)?;
    let info = recording.source.info();
    let other = match arguments.transforms.apply_to.as_slice() {
        [] => None,
        paths => Some(open(paths, arguments, voice)?),
    };
    if let Some(other) = &other {
        check_alike(info, other.source.info())?;
    }
    if let Some(rect) = arguments.motion.roi.filter(|rect| !rect.is_inside(info.size)) {
        return Err(Failure::Usage(outside("--roi", rect, info.size)));
    }
    let mut recipe = arguments.motion.motion.recipe(settings(arguments), info.size);
    recipe.exclude = excluded(arguments.chosen.exclude.as_ref(), &recording.parts)?;
    let job = Job::new(recording, RecipeFile { recipe, rois: Vec::new(), opening })?;
    Ok((job, other))
}

fn open(
    paths: &[PathBuf],
    arguments: &StabilizeArguments,
    voice: &Voice,
) -> Result<Recording, Failure> {
    let recording = open_all(paths, &arguments.opening.options())?;
    for doubt in doubts(recording.source.info()) {
        voice.warning(&doubt);
    }
    Ok(recording)
}

/// Takes out the motion that a table tells of.
fn read(arguments: &StabilizeArguments, table: &Path, voice: &Voice) -> Result<(), Failure> {
    let begun = Instant::now();
    let Recording { mut source, mut inputs, .. } = open(&arguments.stacks, arguments, voice)?;
    inputs.push(Input { path: table.into(), files: vec![table.into()] });
    let MotionChosen { correction, unmoved } = MotionChosen::of(arguments);
    let tracks = transforms::read(table, source.info(), correction, voice)?;
    let plan = Plan::of(&tracks, correction, unmoved, voice)?;
    let files = Files::create(arguments, plan.numbers.len(), &inputs, &source, None)?;
    let info = files.write(arguments, &mut source, plan, voice)?;
    let before = Unrest::of(&tracks[0], correction);
    let steadiness = Steadiness { before, after: None, correction };
    report(arguments, &info, &steadiness, begun.elapsed(), Vec::new(), voice);
    Ok(())
}

/// Measures again, on the recording as it is with the motion taken out.
fn check(
    job: &mut Job,
    tracks: &Tracks,
    plan: &Plan,
    correction: Correction,
    bits: BitDepth,
    voice: &Voice,
) -> Result<Steadiness, Failure> {
    let indices = plan.indices(job.source.info());
    let mut source = selected(&mut job.source, indices);
    let again = Quieter { voice, is_again: true };
    voice.begin_progress(&job.recipe, Stage::Measuring, source.info().n_frames);
    let transforms = plan.transforms.clone();
    let after = measure_again(&job.recipe, &mut source, transforms, bits.pixel_type(), &again);
    let after = Some(Unrest::of(&after.map_err(stopped)?[0], correction));
    Ok(Steadiness { before: Unrest::of(&tracks[0], correction), after, correction })
}

fn selected<S: FrameSource>(source: S, indices: Vec<usize>) -> Selected<S> {
    Selected::new(source, indices).expect("each index of the source comes once")
}

/// What is written, known to be possible before all frames are read.
struct Files {
    tables: Outputs,
    bits: BitDepth,
}

impl Files {
    fn create(
        arguments: &StabilizeArguments,
        n_frames: usize,
        inputs: &[Input],
        measured: &dyn FrameSource,
        other: Option<&Recording>,
    ) -> Result<Self, Failure> {
        let info = other.map_or(measured.info(), |other| other.source.info());
        let bits = arguments.written.bits.unwrap_or(BitDepth::of_recorded(&info.pixel_type));
        let inputs: Vec<Input> =
            inputs.iter().chain(other.iter().flat_map(|other| &other.inputs)).cloned().collect();
        let written = &arguments.written;
        let mut files = stack_files(&written.output, bits, n_frames)?;
        if let Some(mask) = &written.mask_out {
            files.extend(stack_files(mask, BitDepth::Eight, 1)?);
        }
        check_not_inputs(&files, &inputs)?;
        let tables = Outputs::create(&arguments.transforms.save_transforms, &inputs, None)?;
        Ok(Self { tables, bits })
    }

    /// Writes the frames and the mask; gives what is known of the frames.
    fn write(
        &self,
        arguments: &StabilizeArguments,
        source: &mut dyn FrameSource,
        Plan { numbers, transforms }: Plan,
        voice: &Voice,
    ) -> Result<StackInfo, Failure> {
        let written = &arguments.written;
        let size = source.info().size;
        let common =
            written.mask_out.as_ref().map(|path| (path, CommonPart::of(size, &transforms)));
        let indices = Plan { numbers, transforms: Vec::new() }.indices(source.info());
        let stabilized = Stabilized::new(selected(source, indices), transforms, written.border)?;
        let shown = stabilized.shown();
        let info = described(&settings(arguments), stabilized.info());
        let mut source = Written::new(stabilized, info.clone(), self.bits, voice);
        let film =
            FilmOptions { ffmpeg: arguments.opening.ffmpeg.clone(), ..FilmOptions::default() };
        source.write(&written.output, &film)?;
        // Splines swing a little beyond bright and dark edges: that is no loss where the depth is the recording's.
        if written.bits.is_some() {
            source.warn_of_clipping();
        }
        if let Some((path, common)) = common {
            let mut mask = movemeter::Frame::default();
            mask.copy(common.mask().crop(shown));
            let mut mask = MemoryStack::new(vec![mask]).expect("one frame has one size");
            write_stack(&mut mask, BitDepth::Eight, path)?;
        }
        Ok(info)
    }
}

fn report(
    arguments: &StabilizeArguments,
    info: &StackInfo,
    steadiness: &Steadiness,
    time: Duration,
    tables: Vec<String>,
    voice: &Voice,
) {
    if let Some(warning) = steadiness.warning() {
        voice.warning(&warning);
    }
    let written = &arguments.written;
    let files = [Some(&written.output), written.mask_out.as_ref()].into_iter().flatten();
    let outputs: Vec<String> = files.map(|path| path.display().to_string()).chain(tables).collect();
    let cropped = if written.border == Border::Crop { ", cropped to what all have," } else { "" };
    let text = format!(
        "{}{} of {} px{cropped} written in {} -> {}",
        steadiness.text(),
        counted(info.n_frames, "frame"),
        info.size,
        duration(time),
        outputs.join(" and ")
    );
    let event = json!({
        "event": "finished",
        "frames": info.n_frames,
        "motion": steadiness.value(),
        "seconds": time.as_secs_f64(),
        "outputs": outputs,
    });
    voice.result(&text, &event);
}

/// Does not ask for times, which make no difference here, nor says twice what was said.
struct Quieter<'a> {
    voice: &'a Voice,
    is_again: bool,
}

impl Monitor for Quieter<'_> {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        self.voice.progress(stage, done, total);
    }

    fn warn(&self, warning: Warning) {
        if !self.is_again && warning != Warning::NoFrameTimes {
            self.voice.warn(warning);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.voice.is_cancelled()
    }
}
