//! The repository as the rules see it: its crates and its files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::Result;

/// What `cargo metadata` says of the workspace.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    /// Its crates.
    pub(crate) packages: Vec<Package>,
    /// Where the repository lies.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// Where builds go: `target`, unless the caller of cargo chose another place.
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
}

/// A crate of the workspace.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
    pub(crate) manifest_path: PathBuf,
}

/// What a crate depends on.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `dev`, `build`, or nothing for an ordinary one.
    pub(crate) kind: Option<String>,
}

/// A library, program, test … of a crate.
#[derive(Deserialize)]
pub(crate) struct Target {
    pub(crate) kind: Vec<String>,
    pub(crate) src_path: PathBuf,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn read() -> Result<Self> {
        let output = cargo().args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            return Err(format!("cargo metadata: {}", message.trim()).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// A path as it is written in messages: from the root, with `/` on every system.
    pub(crate) fn relative(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.to_string_lossy().replace('\\', "/")
    }
}

impl Package {
    /// Where the code of its libraries and programs begins: not tests, benches and examples.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &Path> {
        let is_product = |kind: &String| kind.ends_with("lib") || kind == "bin";
        let products = self.targets.iter().filter(move |target| target.kind.iter().any(is_product));
        products.map(|target| target.src_path.as_path())
    }
}

/// A file that is tracked, or would be if it were added.
#[derive(Default)]
pub(crate) struct File {
    pub(crate) n_bytes: u64,
    /// What it says, if it is text.
    pub(crate) text: Option<String>,
}

/// All files by their path from the root, written with `/`.
pub(crate) type Files = BTreeMap<String, File>;

/// Larger files are not read as text.
const TEXT_BYTES: u64 = 4 << 20;

/// Reads all files that are tracked or would be if they were added.
pub(crate) fn files(root: &Path) -> Result<Files> {
    let names = match listed_by_git(root) {
        Some(names) => names,
        None => found_on_disk(root)?,
    };
    let mut files = Files::new();
    for name in names {
        // Tracked but deleted, or a link to nowhere: nothing to check.
        let Ok(metadata) = std::fs::metadata(root.join(&name)) else { continue };
        if !metadata.is_file() {
            continue;
        }
        let n_bytes = metadata.len();
        let is_short = n_bytes <= TEXT_BYTES;
        let text = is_short.then(|| std::fs::read_to_string(root.join(&name)).ok()).flatten();
        files.insert(name, File { n_bytes, text });
    }
    Ok(files)
}

/// The files git knows or would accept; `None` where there is no git or no checkout.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let output = git.output().ok().filter(|output| output.status.success())?;
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(names.split_terminator('\0').map(Into::into).collect())
}

/// Directories that are made by tools and never tracked.
const MADE_BY_TOOLS: [&str; 4] = [".git", "target", "node_modules", "__pycache__"];

/// Every file below `root`: what is listed where git cannot be asked.
fn found_on_disk(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(root.join(&directory))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{directory}{name}");
            if !entry.file_type()?.is_dir() {
                names.push(path);
            } else if !MADE_BY_TOOLS.contains(&name.as_str()) {
                directories.push(path + "/");
            }
        }
    }
    Ok(names)
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_git_the_files_on_disk_are_listed_but_not_what_tools_made() {
        let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
        let names = found_on_disk(xtask.parent().expect("xtask lies in the repository")).unwrap();
        assert!(names.iter().any(|name| name == "xtask/src/main.rs"));
        assert!(!names.iter().any(|name| name.starts_with(".git/") || name.starts_with("target/")));
    }
}
