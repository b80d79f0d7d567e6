//! What is said on standard error while a command runs: nothing, text with a bar, or JSON.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use movemeter::monitor::{Monitor, Stage, Warning};
use movemeter::preprocess::background::Background;
use movemeter::recipe::{Recipe, Reference};
use serde_json::{Value, json};

use crate::arguments::SpeakingArguments;
use crate::failure::Failure;
use crate::stop;
use crate::words::duration;

/// How a command speaks. Errors are said in any case.
pub enum Voice {
    /// Not at all.
    Quiet,
    /// As people read; a progress bar if there is a terminal.
    Text(ProgressBar),
    /// One JSON object a line, for programs.
    Json,
}

/// How often the bar shows that time goes on, though no frame was finished.
const TICK: Duration = Duration::from_millis(250);

impl Voice {
    /// As asked for on the command line.
    pub fn of(speaking: &SpeakingArguments) -> Self {
        match speaking {
            SpeakingArguments { json_progress: true, .. } => Self::Json,
            SpeakingArguments { quiet: true, .. } => Self::Quiet,
            _ => Self::text(),
        }
    }

    /// As people read.
    pub fn text() -> Self {
        let bar = ProgressBar::no_length().with_style(style());
        Self::Text(bar)
    }

    /// Says a result: `text` to people, `event` to programs.
    pub fn result(&self, text: &str, event: &Value) {
        match self {
            Self::Quiet => {}
            Self::Text(bar) => bar.suspend(|| say(text)),
            Self::Json => say(&event.to_string()),
        }
    }

    /// Says something the user should know.
    pub fn warning(&self, message: &str) {
        let event = json!({ "event": "warning", "message": message });
        self.result(&format!("warning: {message}"), &event);
    }

    /// Says why the command ends without having done all.
    pub fn failure(&self, failure: &Failure) {
        self.end_progress();
        match (self, failure) {
            (_, Failure::NoReader) => {}
            (Self::Json, _) => say(&json!({
                "event": if matches!(failure, Failure::Stopped(_)) { "stopped" } else { "error" },
                "message": failure.to_string(),
                "exit_code": failure.code(),
            })
            .to_string()),
            (_, Failure::Stopped(message)) => say(message),
            (_, Failure::Usage(message) | Failure::Failed(message)) => {
                say(&format!("error: {message}"));
            }
        }
    }

    /// Shows the bar for so many frames, for what is done first: this, or what it needs before.
    pub fn begin_progress(&self, recipe: &Recipe, stage: Stage, n_frames: usize) {
        self.begin_stage(first_stage(recipe).unwrap_or(stage), n_frames);
    }

    /// Shows the bar for so many frames.
    pub fn begin_stage(&self, stage: Stage, n_frames: usize) {
        if let Self::Text(bar) = self {
            begin(bar, stage, n_frames);
        }
    }

    /// Shows the bar for so many things, which [`Self::count_one`] counts.
    pub fn begin_counting(&self, stage: Stage, n: usize, what: &'static str) {
        if let Self::Text(bar) = self {
            begin(bar, stage, n);
            bar.set_prefix(what);
        }
    }

    /// One more is done.
    pub fn count_one(&self) {
        if let Self::Text(bar) = self {
            bar.inc(1);
        }
    }

    /// Shows before the bar what is being done.
    pub fn doing(&self, what: impl FnOnce() -> String) {
        if let Self::Text(bar) = self {
            bar.set_message(what());
        }
    }

    /// Says something to programs alone.
    pub fn event(&self, event: impl FnOnce() -> Value) {
        if matches!(self, Self::Json) {
            say(&event().to_string());
        }
    }

    /// Takes the bar away.
    pub fn end_progress(&self) {
        if let Self::Text(bar) = self {
            bar.finish_and_clear();
        }
    }
}

impl Monitor for Voice {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        match self {
            Self::Quiet => {}
            Self::Text(bar) => {
                if bar.message() != stage.to_string() {
                    begin(bar, stage, total);
                }
                bar.set_position(done as u64);
            }
            Self::Json => say(&json!({
                "event": "progress", "stage": stage.to_string(), "done": done, "total": total
            })
            .to_string()),
        }
    }

    fn warn(&self, warning: Warning) {
        let hint = match warning {
            Warning::NoFrameTimes => "; give it with --fps",
            _ => "",
        };
        self.warning(&format!("{warning}{hint}"));
    }

    fn is_cancelled(&self) -> bool {
        stop::is_wanted()
    }
}

fn begin(bar: &ProgressBar, stage: Stage, total: usize) {
    bar.set_message(stage.to_string());
    bar.set_prefix("frames");
    bar.set_length(total as u64);
    bar.reset();
    bar.enable_steady_tick(TICK);
}

/// What is done before frames are measured or written, if anything.
fn first_stage(recipe: &Recipe) -> Option<Stage> {
    match (recipe.background, recipe.reference) {
        (Background::Min | Background::Mean, _) => Some(Stage::Background),
        (Background::None, Reference::Mean) => Some(Stage::Averaging),
        (
            Background::None,
            Reference::First | Reference::Previous | Reference::Keyframe | Reference::Frame(_),
        ) => None,
    }
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{msg} [{wide_bar}] {pos} of {len} {prefix}{pace}");
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
        .with_key("pace", pace)
}

/// How fast it goes and how long it will take, as soon as that is known.
fn pace(state: &ProgressState, writer: &mut dyn std::fmt::Write) {
    let (done, elapsed_s) = (state.pos() as f64, state.elapsed().as_secs_f64());
    let left = state.len().unwrap_or_default().saturating_sub(state.pos()) as f64;
    let Ok(time_left) = Duration::try_from_secs_f64(left * elapsed_s / done) else { return };
    let rate = done / elapsed_s;
    let digits = if rate < 10.0 { 1 } else { 0 };
    // A bar that cannot be drawn is no reason to stop measuring.
    let _ = write!(writer, ", {rate:.digits$} a second, {} left", duration(time_left));
}

/// A line on standard error. If nobody listens there, nobody can be told so.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Text on standard output.
pub fn print(text: &str) -> Result<(), Failure> {
    to_stdout(|stdout| stdout.write_all(text.as_bytes()))
}

/// JSON on standard output.
pub fn print_json(value: &Value) -> Result<(), Failure> {
    print(&format!("{value:#}\n"))
}

/// Whatever `write` writes, on standard output.
pub fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut buffered = io::BufWriter::new(io::stdout().lock());
    let written = write(&mut buffered).and_then(|()| buffered.flush());
    // What was not written is not tried again.
    drop(buffered.into_parts());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::NoReader),
        Err(error) => Err(Failure::of_stdout(&error)),
        Ok(()) => Ok(()),
    }
}
