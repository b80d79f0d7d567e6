//! The Python package: tested as it is installed, and made into a wheel.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repository::Workspace;
use crate::{Result, venv};

/// What makes the wheel that is given away: with zig's linker it runs wherever the C library is from 2014 or later.
const MAKERS: &str = "maturin==1.16.0\nziglang==0.15.2\n";
/// The C library that wheels for Linux ask for.
const OLDEST_LINUX: &str = "manylinux2014";

/// `cargo xtask wheel`: the wheel for all Pythons from 3.10 on, of this machine's kind.
pub(crate) fn wheel() -> Result<()> {
    let workspace = Workspace::read()?;
    std::fs::create_dir_all(&workspace.target)?;
    let requirements = workspace.target.join("wheel-requirements.txt");
    std::fs::write(&requirements, MAKERS)?;
    let python = venv::python(&requirements, &workspace.target.join("venv-wheel"))?;
    let mut options = vec!["--release", "--strip"];
    if cfg!(target_os = "linux") {
        options.extend(["--zig", "--compatibility", OLDEST_LINUX]);
    }
    println!("{}", build(&workspace, &python, &options)?.display());
    Ok(())
}

/// Builds the package as it is now, with this Python's maturin.
pub(crate) fn package(workspace: &Workspace, python: &Path) -> Result<PathBuf> {
    build(workspace, python, &["--profile", "dev", "--strip"])
}

/// Installs the package into the environment of this Python.
pub(crate) fn install(wheel: &Path, python: &Path) -> Result<()> {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    succeed("pip install", pip.args(["--no-deps", "--force-reinstall"]).arg(wheel))
}

/// The tests of the package; they say themselves what they skip.
pub(crate) fn tests(python: &Path) -> Command {
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "--quiet", "crates/movemeter-py/tests"]);
    pytest
}

/// The tests of the plugin of napari, by a Python that has it.
pub(crate) fn tests_of_plugin(python: &Path) -> Command {
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "--quiet", "crates/movemeter-py/tests/test_napari.py"]);
    // The pytest plugins of napari warn of their own; ours are errors.
    pytest.args(["-p", "no:napari", "-p", "no:npe2"]);
    // Qt draws where there is no screen.
    pytest.env("QT_QPA_PLATFORM", "offscreen");
    pytest
}

/// Builds a wheel in a folder of its own, where it is the only one.
fn build(workspace: &Workspace, python: &Path, options: &[&str]) -> Result<PathBuf> {
    let folder = workspace.target.join("wheels");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let mut maturin = Command::new(python);
    maturin.args(["-m", "maturin", "build", "--quiet", "--out"]).arg(&folder).args(options);
    maturin.env("CARGO_TARGET_DIR", &workspace.target).env("PATH", path_from(python)?);
    succeed("maturin", maturin.current_dir(&workspace.root))?;
    let wheels = std::fs::read_dir(&folder)?.flatten().map(|entry| entry.path());
    let mut wheels: Vec<PathBuf> = wheels.filter(|path| is_wheel(path)).collect();
    wheels.pop().ok_or_else(|| format!("maturin made no wheel in {}", folder.display()).into())
}

/// The search path with the environment of this Python in front: there zig is looked for.
fn path_from(python: &Path) -> Result<OsString> {
    let own = python.parent().ok_or("the environment's Python is in no folder")?;
    let others = std::env::var_os("PATH").unwrap_or_default();
    let folders = [own.to_owned()].into_iter().chain(std::env::split_paths(&others));
    Ok(std::env::join_paths(folders)?)
}

fn is_wheel(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "whl")
}

fn succeed(name: &str, command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{name} ({status})").into()),
    }
}
