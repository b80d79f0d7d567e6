//! `cargo xtask test`: everything that must pass before a change is handed over.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::repository::{Workspace, cargo};
use crate::{Result, python, tidy, venv};

/// How much is run.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    /// Everything.
    Full,
    /// Without clippy, documentation and anything that needs Python.
    Quick,
}

/// The stages one after the other, to the first that fails.
pub(crate) fn run(extent: Extent) -> Result<()> {
    let start = Instant::now();
    let workspace = Workspace::read()?;
    let stage = |headline: &str, command: &mut Command| {
        println!("\n== {headline}");
        pass(headline, command.current_dir(&workspace.root))
    };

    stage("formatting", cargo().args(["fmt", "--all", "--", "--check"]))?;
    println!("\n== tidy");
    tidy::run()?;
    if extent == Extent::Full {
        stage("clippy", cargo().args(CLIPPY))?;
        stage("documentation", cargo().args(DOC).env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    let python = if extent == Extent::Full { python_for_tests(&workspace) } else { None };
    let mut tests = cargo();
    tests.args(TEST);
    tests.envs(python.iter().map(|python| ("MOVEMETER_PYTHON", python)));
    stage("build", cargo().args(BUILD))?;
    stage("tests", &mut tests)?;
    if let Some(python) = &python {
        println!("\n== the Python package");
        let wheel = python::package(&workspace, python)?;
        python::install(&wheel, python)?;
        stage("tests of the Python package", &mut python::tests(python))?;
        if let Some(napari) = python_with_napari(&workspace) {
            python::install(&wheel, &napari)?;
            stage("tests of the plugin of napari", &mut python::tests_of_plugin(&napari))?;
        }
    }
    println!("\nall stages passed in {}", words(start.elapsed()));
    Ok(())
}

/// The Python with what comparisons and the package's tests need; says so if there is none.
fn python_for_tests(workspace: &Workspace) -> Option<PathBuf> {
    println!("\n== Python");
    told(venv::for_tests(workspace), "comparisons with Python, and the Python package")
}

/// The Python with napari; says so if there is none.
fn python_with_napari(workspace: &Workspace) -> Option<PathBuf> {
    println!("\n== napari");
    told(venv::with_napari(workspace), "the plugin of napari in napari")
}

/// Says which Python it is, or what is left out without it and why.
fn told(python: std::result::Result<PathBuf, String>, without: &str) -> Option<PathBuf> {
    match &python {
        Ok(python) => println!("{}", python.display()),
        Err(reason) => println!("skipped: {without} ({reason})"),
    }
    python.ok()
}

const CLIPPY: &[&str] =
    &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
const DOC: &[&str] = &["doc", "--workspace", "--no-deps", "--locked"];
const BUILD: &[&str] = &["build", "--workspace", "--locked"];
const TEST: &[&str] = &["test", "--workspace", "--locked", "--no-fail-fast"];

/// Runs with everything it prints in view.
fn pass(headline: &str, command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| format!("{headline}: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{headline} ({status}); nothing was run after it").into())
}

/// A duration as it is read aloud.
fn words(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    fn silent(command: &mut Command) -> &mut Command {
        command.stdout(Stdio::null()).stderr(Stdio::null())
    }

    #[test]
    fn a_failing_stage_is_named() {
        let error =
            pass("clippy", silent(Command::new("rustc").arg("--no-such-option"))).unwrap_err();
        assert!(error.to_string().starts_with("clippy (exit"), "{error}");
        let error = pass("clippy", &mut Command::new("no-such-program")).unwrap_err();
        assert!(error.to_string().starts_with("clippy: "), "{error}");
    }

    #[test]
    fn durations_are_minutes_and_seconds() {
        assert_eq!(words(Duration::from_millis(59_900)), "59 s");
        assert_eq!(words(Duration::from_secs(61)), "1 min 1 s");
    }
}
