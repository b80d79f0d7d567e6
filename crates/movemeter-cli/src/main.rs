//! The `movemeter` command: measures how things move in a recording.
//!
//! It reads arguments, makes a recipe of them, lets the libraries measure and write, and ends with
//! an exit code: 0 done, 1 failed, 2 wrong usage, 130 stopped. Numbers go to standard output or
//! files, everything said besides to standard error.

mod words;
mod values;
mod failure;
mod exclusion;
mod arguments;
mod stop;
mod voice;
mod windows;
mod outputs;
mod summary;
mod measure;
mod each;
mod writing;
mod preprocess;
mod rois;
mod convert;
mod verify;
mod steadiness;
mod transforms;
mod stabilize;
mod batch;
mod table;
mod plot;
mod heatmap;
mod overlay;
mod report;
mod session;
mod info;
mod demo;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use clap_complete::Shell;

use arguments::{Arguments, Command};
use failure::Failure;
use voice::Voice;

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    stop::outlive_limits();
    let voice = match &command {
        Command::Measure(arguments) => Voice::of(&arguments.running.speaking),
        Command::Preprocess(arguments) => Voice::of(&arguments.speaking),
        Command::Convert(arguments) => Voice::of(&arguments.speaking),
        Command::Verify(arguments) => Voice::of(&arguments.speaking),
        Command::Stabilize(arguments) => Voice::of(&arguments.speaking),
        Command::Batch(arguments) => Voice::of(&arguments.speaking),
        Command::Plot(arguments) => Voice::of(&arguments.speaking),
        Command::Heatmap(arguments) => Voice::of(&arguments.speaking),
        Command::Overlay(arguments) => Voice::of(&arguments.speaking),
        Command::Report(arguments) => Voice::of(&arguments.speaking),
        Command::Session(arguments) => Voice::of(&arguments.speaking),
        _ => Voice::text(),
    };
    match run(&command, &voice) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            voice.failure(&failure);
            failure.into()
        }
    }
}

fn run(command: &Command, voice: &Voice) -> Result<(), Failure> {
    match command {
        Command::Measure(arguments) => {
            stop::listen()?;
            each::measure(arguments, voice)
        }
        Command::Preprocess(arguments) => {
            stop::listen()?;
            preprocess::preprocess(arguments, voice)
        }
        Command::Rois(arguments) => rois::rois(arguments, voice),
        Command::Convert(arguments) => convert::convert(arguments, voice),
        Command::Verify(arguments) => {
            stop::listen()?;
            verify::verify(arguments, voice)
        }
        Command::Stabilize(arguments) => {
            stop::listen()?;
            stabilize::stabilize(arguments, voice)
        }
        Command::Batch(arguments) => {
            stop::listen()?;
            batch::batch(arguments, voice)
        }
        Command::Plot(arguments) => plot::plot(arguments, voice),
        Command::Heatmap(arguments) => {
            stop::listen()?;
            heatmap::heatmap(arguments, voice)
        }
        Command::Overlay(arguments) => {
            stop::listen()?;
            overlay::overlay(arguments, voice)
        }
        Command::Report(arguments) => {
            stop::listen()?;
            report::report(arguments, voice)
        }
        Command::Session(arguments) => session::session(arguments, voice),
        Command::Info(arguments) => info::info(arguments),
        Command::Demo(arguments) => {
            stop::listen()?;
            demo::demo(arguments)
        }
        Command::Completions { shell } => complete(*shell),
    }
}

/// Prints the script that makes a shell complete our options.
fn complete(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "movemeter", &mut script);
    voice::print(&String::from_utf8_lossy(&script))
}
