//! Chores of the repository, run as `cargo xtask <command>`.
#![allow(clippy::print_stdout, reason = "a command talks to the person who runs it")]

mod repository;
mod tidy;
mod venv;
mod python;
mod test;
mod picture;
mod gallery;
mod accuracy;
mod formats;
mod compare;

use std::error::Error;
use std::process::ExitCode;

/// What every chore gives; the error is a sentence for the person who runs it.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "\
Chores of the movemeter repository

usage: cargo xtask <command>

commands:
  test           everything that must pass before a change is handed over:
                 formatting, tidy, clippy, documentation, build, tests
  test --quick   the same without clippy, documentation and anything that needs Python
  tidy           only the rules of this repository: which crate and module may use which,
                 lengths of files and functions, what may be tracked
  wheel          makes the Python package for this kind of machine: target/wheels/*.whl
  picture        draws docs/demo.svg anew from what the demonstration measures
  gallery        draws the pictures of docs/gallery.md anew with the command itself
  accuracy       measures errors, bias and error bars where the motion is known, and writes
                 docs/accuracy.md anew; takes some minutes
  accuracy --quick  the same with a few windows, to the terminal
  formats        tries all file formats against other programs, and writes the tables of
                 docs/formats.md anew
  compare        measures how fast movemeter is beside other programs, which it installs for
                 that, and writes docs/performance.md and .svg anew; takes some ten minutes
  compare --quick  the same with a few frames, to the terminal";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["test"] => test::run(test::Extent::Full),
        ["test", "--quick"] => test::run(test::Extent::Quick),
        ["tidy"] => tidy::run(),
        ["wheel"] => python::wheel(),
        ["picture"] => picture::run(),
        ["gallery"] => gallery::run(),
        ["accuracy"] => accuracy::run(accuracy::Extent::Full),
        ["accuracy", "--quick"] => accuracy::run(accuracy::Extent::Quick),
        ["formats"] => formats::run(),
        ["compare"] => compare::run(compare::Extent::Full),
        ["compare", "--quick"] => compare::run(compare::Extent::Quick),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}
