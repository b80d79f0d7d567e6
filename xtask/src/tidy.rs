//! `cargo xtask tidy`: the rules of this repository that no other tool checks.
//!
//! Rust is read as a row of words, not parsed: enough for these rules, and no dependency.

mod violation;
mod rust;
mod modules;
mod paths;
mod dependencies;
mod manifests;
mod order;
mod purity;
mod functions;
mod texts;
mod sizes;

use crate::Result;
use crate::repository::{self, Files, Workspace};
use modules::Module;
use violation::Violation;

/// Checks every rule, prints everything that breaks one, and fails if anything does.
pub(crate) fn run() -> Result<()> {
    let workspace = Workspace::read()?;
    let files = repository::files(&workspace.root)?;
    let mut violations = dependencies::check(&workspace, &files);
    violations.extend(manifests::check(&workspace, &files));
    violations.extend(check_code(&workspace, &files));
    violations.extend(texts::check(&files));
    violations.extend(sizes::check(&files));

    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => {
            println!("tidy: {} crates, {} files", workspace.packages.len(), files.len());
            Ok(())
        }
        1 => Err("tidy: one rule is broken, see above".into()),
        n => Err(format!("tidy: {n} rules are broken, see above").into()),
    }
}

/// The rules about modules and functions, crate by crate.
fn check_code(workspace: &Workspace, files: &Files) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in &workspace.packages {
        let mut lengths = Vec::new();
        for root in package.roots() {
            let tree = Module::read(files, &workspace.relative(root), &mut violations);
            if order::CRATES.contains(&package.name.as_str()) {
                violations.extend(order::check(&tree));
            }
            if purity::CRATES.contains(&package.name.as_str()) {
                violations.extend(purity::check(&tree));
            }
            lengths.extend(functions::lengths(&tree));
        }
        violations.extend(functions::check(&package.name, lengths));
    }
    violations
}
