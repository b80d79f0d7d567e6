//! `movemeter demo`: a recording whose motion is known, measured, and compared with the truth.

use std::f64::consts::TAU;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use movemeter::geometry::{Displacement, Size};
use movemeter::source::FrameSource;
use movemeter::synth::{self, SynthStack};
use movemeter::table::Digits;
use movemeter::track::{Sample, Tracks};
use movemeter_io::{BitDepth, OutputFile, write_tiff};

use crate::arguments::{Arguments, Command, DemoArguments};
use crate::failure::{Failure, plain};
use crate::measure::measure;
use crate::voice::{Voice, print};
use crate::words::counted;

const SIZE: Size = Size::new(256, 256);
const N_FRAMES: usize = 20;
/// Noise of a good camera in good light, as a fraction of the full range.
const NOISE: f64 = 0.01;

/// A swing in x that dies away …
const SWING_PX: f64 = 4.0;
const PERIOD_FRAMES: f64 = 8.0;
const DECAY_FRAMES: f64 = 10.0;
/// … while everything drifts in y.
const DRIFT_PX_PER_FRAME: f64 = 0.13;

/// Four windows side by side, far enough from the border for the motion.
const SETTINGS: &str = "--grid 64 --within 64,64,128,128 --follow --max-displacement 10 --fps 100";

const RECORDING: &str = "recording.tif";
const TABLE: &str = "motion.csv";
const TRUTH: &str = "truth.csv";
/// The folder that is proposed to those who gave none.
const PROPOSED: &str = "demo";

/// Makes a recording, measures it, and prints truth beside result.
pub fn demo(arguments: &DemoArguments) -> Result<(), Failure> {
    let temporary;
    let folder = match &arguments.output {
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| Failure::unwritable(folder, &error))?;
            folder.as_path()
        }
        None => {
            temporary = tempfile::tempdir().map_err(|error| {
                Failure::Failed(format!("cannot make a temporary folder: {}", plain(&error)))
            })?;
            temporary.path()
        }
    };
    let mut stack = recording();
    write_tiff(&mut stack, BitDepth::Eight, folder.join(RECORDING))?;
    if arguments.output.is_some() {
        write_truth(&stack, &folder.join(TRUTH))?;
    }
    let tracks = measured(folder)?;
    print(&introduction(&stack))?;
    print(&rows(&stack, &tracks))?;
    print(&Agreement::of(&stack, &tracks).text(&tracks))?;
    print(&what_next(arguments.output.as_deref()))
}

fn recording() -> SynthStack {
    let displacement = |frame: usize| {
        let t = frame as f64;
        let swing = SWING_PX * (-t / DECAY_FRAMES).exp() * (TAU * t / PERIOD_FRAMES).sin();
        Displacement::new(swing, DRIFT_PX_PER_FRAME * t)
    };
    let path = (0..N_FRAMES).map(displacement).collect();
    synth::speckle(SIZE).noise(NOISE).path(path).frames(N_FRAMES)
}

fn write_truth(stack: &SynthStack, path: &Path) -> Result<(), Failure> {
    let mut text = String::from("frame,dx_px,dy_px\n");
    for frame in 0..N_FRAMES {
        let Displacement { dx, dy } = stack.displacement(frame);
        text += &format!("{frame},{dx:.6},{dy:.6}\n");
    }
    let mut file = OutputFile::create(path)?;
    file.write_all(text.as_bytes()).map_err(|error| Failure::unwritable(path, &error))?;
    Ok(file.finish()?)
}

/// The command that measures the recording in this folder, word by word.
fn command(folder: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["movemeter".into(), "measure".into()];
    words.push(folder.join(RECORDING).into());
    words.extend(SETTINGS.split(' ').map(OsString::from));
    words.extend(["-o".into(), folder.join(TABLE).into()]);
    words
}

/// Measures by the very command that users are told to type.
fn measured(folder: &Path) -> Result<Tracks, Failure> {
    match Arguments::try_parse_from(command(folder)).map(|arguments| arguments.command) {
        Ok(Command::Measure(arguments)) => measure(&arguments, &Voice::Quiet),
        _ => Err(Failure::Usage("the demonstration's own command is not understood".into())),
    }
}

fn introduction(stack: &SynthStack) -> String {
    let info = stack.info();
    format!(
        "A recording was made: {} of {} x {} px, speckle with {} % noise that swings in x\n\
         and drifts in y, so that its true motion is known. It was measured as any recording is.\n\n",
        counted(info.n_frames, "frame"),
        info.size.width,
        info.size.height,
        100.0 * NOISE
    )
}

/// Truth beside result for the first window.
fn rows(stack: &SynthStack, tracks: &Tracks) -> String {
    let titles = |axis| {
        format!("{:>8}   {:>17}   {:>8}", format!("true {axis}"), "found ± error bar", "error")
    };
    let mut text = format!(
        "The first of {}; displacement since frame 0 in px:\n\n\
         \x20frame | {} | {}\n{:-<7}+{:-<42}+{:-<41}\n",
        counted(tracks.n_windows(), "window"),
        titles("dx"),
        titles("dy"),
        "",
        "",
        ""
    );
    for (frame, sample) in tracks[0].samples.iter().enumerate() {
        let truth = stack.displacement(frame);
        let dx = cells(truth.dx, sample.displacement.dx, sample.sd_x(), sample);
        let dy = cells(truth.dy, sample.displacement.dy, sample.sd_y(), sample);
        text += &format!("{frame:6} | {dx} | {dy}\n");
    }
    text
}

fn cells(truth: f64, found: f64, bar: f64, sample: &Sample) -> String {
    match sample.displacement() {
        Some(_) => format!(
            "{:>8}   {:>8} ± {:>6}   {:>8}",
            px(truth),
            px(found),
            px(bar),
            px(found - truth)
        ),
        None => format!("{:>8}   {:<28}", px(truth), sample.status),
    }
}

fn px(value: f64) -> String {
    Digits::Decimals(4).show(value)
}

/// How well result and truth agree, in all windows, in x and y.
struct Agreement {
    errors: Vec<f64>,
    n_within_1: usize,
    n_within_2: usize,
    n_lost: usize,
}

impl Agreement {
    /// Frame 0 against itself is no measurement.
    fn of(stack: &SynthStack, tracks: &Tracks) -> Self {
        let mut all = Self { errors: Vec::new(), n_within_1: 0, n_within_2: 0, n_lost: 0 };
        for track in &tracks.tracks {
            for (frame, sample) in track.samples.iter().enumerate().skip(1) {
                all.add(stack.displacement(frame), sample);
            }
        }
        all
    }

    fn add(&mut self, truth: Displacement, sample: &Sample) {
        let Some(found) = sample.displacement() else {
            self.n_lost += 1;
            return;
        };
        let error = found - truth;
        for (error, bar) in [(error.dx, sample.sd_x()), (error.dy, sample.sd_y())] {
            self.errors.push(error);
            self.n_within_1 += usize::from(error.abs() <= bar);
            self.n_within_2 += usize::from(error.abs() <= 2.0 * bar);
        }
    }

    fn text(&self, tracks: &Tracks) -> String {
        let n = self.errors.len();
        let squares: f64 = self.errors.iter().map(|error| error * error).sum();
        let rms = (squares / n as f64).sqrt();
        let percent = |part: usize| 100.0 * part as f64 / n as f64;
        let mut text = format!(
            "\nIn all {}, {n} numbers in x and y:\n\
             \x20 rms error             {rms:.4} px\n\
             \x20 within 1 error bar    {:3.0} %   (68 % are expected)\n\
             \x20 within 2 error bars   {:3.0} %   (95 % are expected)\n",
            counted(tracks.n_windows(), "window"),
            percent(self.n_within_1),
            percent(self.n_within_2),
        );
        if 0 < self.n_lost {
            text += &format!("  not measured          {}\n", self.n_lost);
        }
        text
    }
}

fn what_next(kept_in: Option<&Path>) -> String {
    let folder = kept_in.map_or_else(|| PathBuf::from(PROPOSED), PathBuf::from);
    let words: Vec<String> = command(&folder).iter().map(shown).collect();
    let begin = match kept_in {
        Some(_) => format!(
            "The folder {} holds the recording ({RECORDING}), its true motion ({TRUTH})\n\
             and what was measured ({TABLE}). To measure it again, type:\n\n",
            folder.display()
        ),
        None => format!(
            "To keep recording, truth and table, and then to measure yourself, type:\n\n\
             \x20 movemeter demo -o {PROPOSED}\n"
        ),
    };
    format!("\n{begin}  {}\n", words.join(" "))
}

/// A word as it is typed in a shell.
fn shown(word: &OsString) -> String {
    let word = word.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || "-_./,:\\".contains(c);
    match word.chars().all(is_plain) {
        true => word.into_owned(),
        false => format!("\"{word}\""),
    }
}
