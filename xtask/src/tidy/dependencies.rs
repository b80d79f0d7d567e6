//! Which crate may depend on which.

use super::violation::Violation;
use crate::repository::{Dependency, Files, Package, Workspace};

/// Each crate of the workspace and the crates of the workspace it may depend on.
const ALLOWED: [(&str, &[&str]); 6] = [
    ("movemeter", &[]),
    ("movemeter-io", &["movemeter"]),
    ("movemeter-cli", &["movemeter", "movemeter-io"]),
    ("movemeter-gui", &["movemeter", "movemeter-io"]),
    ("movemeter-py", &["movemeter", "movemeter-io"]),
    ("xtask", &["movemeter", "movemeter-io"]),
];

/// Where this table stands.
const TABLE: &str = "xtask/src/tidy/dependencies.rs";

/// The crate that knows only frames and motion.
const CORE: &str = "movemeter";

/// What the core must not know, and crates that are about it. Its tests may use them.
const NOT_IN_CORE: [(&str, &[&str]); 6] = [
    ("files", &["csv", "memmap2", "tempfile", "walkdir", "zip"]),
    (
        "formats",
        &["arrow", "gif", "hdf5", "image", "jpeg-decoder", "mp4", "parquet", "png", "tiff"],
    ),
    (
        "arguments and terminals",
        &["clap", "console", "crossterm", "indicatif", "lexopt", "pico-args"],
    ),
    ("screens", &["eframe", "egui", "wgpu", "winit"]),
    ("Python", &["numpy", "pyo3"]),
    ("arrays of other libraries", &["nalgebra", "ndarray", "opencv"]),
];

/// All dependencies of all crates.
pub(crate) fn check(workspace: &Workspace, files: &Files) -> Vec<Violation> {
    let names: Vec<&str> = workspace.packages.iter().map(|package| package.name.as_str()).collect();
    let mut violations = Vec::new();
    for package in &workspace.packages {
        let manifest = workspace.relative(&package.manifest_path);
        let text = files.get(&manifest).and_then(|file| file.text.as_deref()).unwrap_or_default();
        let found = check_package(package, &names);
        violations.extend(
            found.into_iter().map(|(subject, message)| {
                Violation::new(&manifest, line_of(text, subject), message)
            }),
        );
    }
    violations
}

/// The line of a manifest that speaks of this crate; the first if none does.
fn line_of(manifest: &str, name: &str) -> usize {
    let speaks_of_it = |line: &str| {
        let rest = line.trim_start().strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with([' ', '.', '=']))
    };
    manifest.lines().position(speaks_of_it).map_or(1, |index| index + 1)
}

/// What is wrong with a crate: the dependency concerned, and what to say of it.
fn check_package<'a>(package: &'a Package, workspace: &[&str]) -> Vec<(&'a str, String)> {
    let name = package.name.as_str();
    let Some((_, allowed)) = ALLOWED.iter().find(|(row, _)| *row == name) else {
        let message = format!("{name} has no row in the table of {TABLE}; add one");
        return vec![("name", message)];
    };
    let mut found = Vec::new();
    for dependency in &package.dependencies {
        let used = dependency.name.as_str();
        if workspace.contains(&used) && !allowed.contains(&used) {
            found.push((used, forbidden(name, used, allowed)));
        }
        if let Some(subject) = foreign(dependency).filter(|_| name == CORE) {
            let message =
                format!("{name} must not depend on {used}: it knows nothing of {subject}");
            found.push((used, message));
        }
    }
    found
}

fn forbidden(name: &str, used: &str, allowed: &[&str]) -> String {
    match allowed {
        [] => format!("{name} must not depend on {used}: it stands below all other crates"),
        _ => format!("{name} must not depend on {used}, only on {}", allowed.join(" and ")),
    }
}

/// What this dependency is about, if the core must not know it.
fn foreign(dependency: &Dependency) -> Option<&'static str> {
    let is_for_tests = dependency.kind.as_deref() == Some("dev");
    let is_about = |(_, crates): &&(_, &[&str])| crates.contains(&dependency.name.as_str());
    let row = NOT_IN_CORE.iter().find(is_about).filter(|_| !is_for_tests);
    row.map(|(subject, _)| *subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(name: &str, dependencies: &[(&str, Option<&str>)]) -> Vec<String> {
        let dependency = |&(name, kind): &(&str, Option<&str>)| Dependency {
            name: name.into(),
            kind: kind.map(Into::into),
        };
        let package = Package {
            name: name.into(),
            version: "1.0.0".into(),
            dependencies: dependencies.iter().map(dependency).collect(),
            targets: Vec::new(),
            manifest_path: "Cargo.toml".into(),
        };
        let names: Vec<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
        check_package(&package, &names).into_iter().map(|(_, message)| message).collect()
    }

    #[test]
    fn a_dependency_is_shown_where_the_manifest_names_it() {
        let manifest = "[dependencies]\nmovemeter-io.workspace = true\nmovemeter = \"1\"\n";
        assert_eq!(line_of(manifest, "movemeter"), 3);
        assert_eq!(line_of(manifest, "movemeter-io"), 2);
        assert_eq!(line_of(manifest, "tiff"), 1);
    }

    #[test]
    fn the_core_depends_on_no_other_crate_of_ours() {
        let message = "movemeter must not depend on movemeter-io: it stands below all other crates";
        assert_eq!(messages("movemeter", &[("movemeter-io", None)]), [message]);
        assert_eq!(messages("movemeter", &[("movemeter-io", Some("dev"))]), [message]);
    }

    #[test]
    fn faces_do_not_use_each_other() {
        assert_eq!(
            messages("movemeter-gui", &[("movemeter-io", None), ("movemeter-cli", None)]),
            ["movemeter-gui must not depend on movemeter-cli, only on movemeter and movemeter-io"]
        );
        assert_eq!(
            messages("movemeter-io", &[("movemeter-py", None)]),
            ["movemeter-io must not depend on movemeter-py, only on movemeter"]
        );
    }

    #[test]
    fn the_core_knows_no_formats() {
        assert_eq!(
            messages("movemeter", &[("rayon", None), ("tiff", None)]),
            ["movemeter must not depend on tiff: it knows nothing of formats"]
        );
        assert_eq!(messages("movemeter", &[("tempfile", Some("dev"))]), Vec::<String>::new());
        assert_eq!(messages("movemeter-io", &[("tiff", None)]), Vec::<String>::new());
    }

    #[test]
    fn a_new_crate_needs_a_row() {
        assert_eq!(
            messages("movemeter-web", &[("movemeter", None)]),
            ["movemeter-web has no row in the table of xtask/src/tidy/dependencies.rs; add one"]
        );
    }
}
