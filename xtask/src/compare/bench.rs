//! What the measurements share: the processes, where the recordings are, and how long to look.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::Extent;
use super::worker::{Who, Worker, failure};
use crate::repository::{self, Workspace};
use crate::{Result, venv};

/// Everything that is needed to measure.
pub(super) struct Bench {
    pub(super) extent: Extent,
    pub(super) n_rounds: usize,
    /// Where the recordings are made.
    pub(super) folder: PathBuf,
    /// The environment's Python.
    pub(super) python: PathBuf,
    /// The `movemeter` command.
    pub(super) command: PathBuf,
    /// The Python sources.
    pub(super) scripts: PathBuf,
    at_least_s: f64,
    movemeter: Worker,
    peers: Worker,
}

impl Bench {
    /// Builds movemeter, installs the peers and starts both.
    pub(super) fn set_up(extent: Extent, workspace: &Workspace) -> Result<Self> {
        let Workspace { root, target, .. } = workspace;
        build(root, &["--package", "movemeter-io", "--example", "compare"])?;
        build(root, &["--package", "movemeter-cli"])?;
        let scripts = root.join("xtask/compare");
        let python = venv::python(&scripts.join("requirements.txt"), &target.join("venv-compare"))?;
        let folder = target.join("compare");
        fs::create_dir_all(&folder)?;
        let program = |name: &str| {
            target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
        };
        let mut peers = Command::new(&python);
        peers.args(["-m", "peers"]).current_dir(&scripts);
        // scikit-image multiplies small matrices, for which a second thread of OpenBLAS takes longer
        // than it saves, many times as long where the other core has something else to do.
        peers.env("OPENBLAS_NUM_THREADS", "1").env("OPENCV_FOR_THREADS_NUM", "2");
        let (n_rounds, at_least_s) = if extent == Extent::Full { (5, 0.5) } else { (1, 0.1) };
        Ok(Self {
            extent,
            n_rounds,
            folder,
            command: program("movemeter"),
            at_least_s,
            movemeter: Worker::start(&mut Command::new(program("examples/compare")))?,
            peers: Worker::start(&mut peers)?,
            python,
            scripts,
        })
    }

    /// One of two numbers.
    pub(super) fn either<T>(&self, full: T, quick: T) -> T {
        if self.extent == Extent::Full { full } else { quick }
    }

    /// A measurement's reply. What was found is wanted where it is to be judged.
    pub(super) fn measure(
        &mut self,
        who: Who,
        request: &Value,
        wants_found: bool,
    ) -> Result<Value> {
        let mut request = request.clone();
        request["at_least_s"] = json!(self.at_least_s);
        request["wants_found"] = json!(wants_found);
        self.ask(who, &request)
    }

    /// A reply; of movemeter, one that did not fail.
    pub(super) fn ask(&mut self, who: Who, request: &Value) -> Result<Value> {
        match who {
            Who::Peers => self.peers.ask(request),
            Who::Movemeter => {
                let reply = self.movemeter.ask(request)?;
                match failure(&reply) {
                    Some(reason) => Err(format!("{}: {reason}", request["do"]).into()),
                    None => Ok(reply),
                }
            }
        }
    }

    /// The path of a recording.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn build(root: &Path, what: &[&str]) -> Result<()> {
    let mut cargo = repository::cargo();
    cargo.args(["build", "--release", "--locked"]).args(what);
    let status = cargo.current_dir(root).status()?;
    if status.success() { Ok(()) } else { Err(format!("the build ended with {status}").into()) }
}
