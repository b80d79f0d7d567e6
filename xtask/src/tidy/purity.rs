//! The core measures; it knows no files, environment, network, programs, clock or terminal.

use super::modules::Module;
use super::paths::paths;
use super::rust::{Word, follows};
use super::violation::Violation;

/// The crates this holds for.
pub(crate) const CRATES: [&str; 1] = ["movemeter"];

/// Beginnings of paths that may not be named.
const FORBIDDEN: [&[&str]; 8] = [
    &["std", "env"],
    &["std", "fs"],
    &["std", "io", "stderr"],
    &["std", "io", "stdin"],
    &["std", "io", "stdout"],
    &["std", "net"],
    &["std", "process"],
    &["std", "time"],
];

/// Macros that write to the terminal.
const PRINTING: [&str; 5] = ["dbg", "eprint", "eprintln", "print", "println"];

/// Every such name in code; tests, and comments with their examples, do not count.
pub(crate) fn check(root: &Module) -> Vec<Violation> {
    let mut violations = Vec::new();
    for module in root.walk() {
        let mut report = |line, name: &str| {
            let message =
                format!("the core must not use {name}; this belongs into movemeter-io or a face");
            violations.push(Violation::new(&module.file, line, message));
        };
        for path in paths(&module.words, &["std"]) {
            let begins = |names: &&&[&str]| path.names.iter().take(names.len()).eq(names.iter());
            if let Some(names) = FORBIDDEN.iter().find(begins) {
                report(path.line, &names.join("::"));
            }
        }
        for word in printing(&module.words) {
            report(word.line, &format!("{}!", word.text));
        }
    }
    violations
}

fn printing(words: &[Word]) -> impl Iterator<Item = &Word> {
    let is_call = |index: &usize| follows(words, index + 1, &["!"]);
    let is_printing = |word: &&Word| PRINTING.contains(&word.text.as_str());
    (0..words.len()).filter(is_call).map(|index| &words[index]).filter(is_printing)
}

#[cfg(test)]
mod tests {
    use super::super::modules::fake_tree;
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let violations = check(&fake_tree(&[("src/lib.rs", "mod a;"), ("src/a.rs", source)]));
        let end = "; this belongs into movemeter-io or a face";
        violations.iter().map(|violation| violation.to_string().replace(end, "")).collect()
    }

    #[test]
    fn files_environment_and_clock_are_found() {
        for name in ["env", "fs", "net", "process", "time"] {
            let message = [format!("src/a.rs:1: the core must not use std::{name}")];
            assert_eq!(found(&format!("use std::{name}::X;")), message);
            assert_eq!(found(&format!("use std::{{fmt, {name}}};")), message);
            assert_eq!(found(&format!("fn f() {{ ::std::{name}::x() }}")), message);
        }
        assert_eq!(
            found("use std::io::stdout;"),
            ["src/a.rs:1: the core must not use std::io::stdout"]
        );
    }

    #[test]
    fn printing_is_found() {
        for name in PRINTING {
            let message = format!("src/a.rs:2: the core must not use {name}!");
            assert_eq!(found(&format!("\nfn f() {{ {name}!(\"x\"); }}")), [message]);
        }
    }

    #[test]
    fn comments_texts_tests_and_other_names_are_not() {
        assert!(found("/// println!(\"x\"); std::fs\nconst X: &str = \"std::fs\";").is_empty());
        assert!(found("#[cfg(test)] mod tests { use std::time::Instant; }").is_empty());
        assert!(found("use std::{fmt, io::Read, ops::Add}; let print = 1; a.std::b").is_empty());
    }
}
