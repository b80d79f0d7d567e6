//! What every crate takes from the workspace: its version and its lints.

use super::violation::Violation;
use crate::repository::{Files, Workspace};

/// The manifests of all crates.
pub(crate) fn check(workspace: &Workspace, files: &Files) -> Vec<Violation> {
    let text = |path: &str| files.get(path).and_then(|file| file.text.as_deref());
    let root = text("Cargo.toml").unwrap_or_default();
    let mut violations = Vec::new();
    let Some(version) = value(root, "workspace.package", "version") else {
        return vec![Violation::new("Cargo.toml", 1, "[workspace.package] has no version")];
    };
    for package in &workspace.packages {
        let path = workspace.relative(&package.manifest_path);
        let found = (package.version.as_str(), text(&path).unwrap_or_default());
        let messages = check_package(found, version.trim_matches('"'));
        violations.extend(messages.map(|message| Violation::new(&path, 1, message)));
    }
    violations
}

/// What is wrong with a crate, given as its version and the text of its manifest.
fn check_package(
    (version, manifest): (&str, &str),
    workspace_version: &str,
) -> impl Iterator<Item = String> {
    let version = (version != workspace_version).then(|| {
        format!("version is {version}, not the workspace's {workspace_version}; write version.workspace = true")
    });
    let is_linted = value(manifest, "lints", "workspace") == Some("true");
    let lints = (!is_linted).then(|| "add [lints] with workspace = true".to_owned());
    version.into_iter().chain(lints)
}

/// The value of a key in a section of a TOML file, as it is written there.
fn value<'a>(toml: &'a str, section: &str, key: &str) -> Option<&'a str> {
    let header = format!("[{section}]");
    let lines = toml.lines().map(str::trim).skip_while(|line| *line != header).skip(1);
    let mut entries =
        lines.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once('='));
    let entry = entries.find(|(name, _)| name.trim() == key);
    entry.map(|(_, value)| value.split('#').next().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"x\"\n\n[lints]\nworkspace = true # all\n";

    #[test]
    fn a_crate_that_inherits_both_is_right() {
        assert_eq!(check_package(("1.2.0", GOOD), "1.2.0").count(), 0);
    }

    #[test]
    fn another_version_is_found() {
        assert_eq!(
            check_package(("1.1.0", GOOD), "1.2.0").collect::<Vec<_>>(),
            ["version is 1.1.0, not the workspace's 1.2.0; write version.workspace = true"]
        );
    }

    #[test]
    fn lints_of_its_own_are_found() {
        for manifest in
            ["[package]\n", "[lints.clippy]\nall = \"warn\"\n", "[lints]\n[x]\nworkspace = true\n"]
        {
            let messages: Vec<String> = check_package(("1.2.0", manifest), "1.2.0").collect();
            assert_eq!(messages, ["add [lints] with workspace = true"]);
        }
    }

    #[test]
    fn the_version_of_the_workspace_is_read_from_its_section() {
        let toml =
            "[a]\nversion = \"1\"\n[workspace.package]\nedition = \"2024\"\nversion = \"2\"\n";
        assert_eq!(value(toml, "workspace.package", "version"), Some("\"2\""));
    }
}
