//! Marks of unfinished work, and paths that exist on one machine only.

use super::violation::Violation;
use crate::repository::Files;

/// Written in two parts, so that this file does not break its own rule.
const UNFINISHED: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X")];
const LATER: &str = concat!("TO", "DO");
const LATER_MACRO: &str = concat!("todo", "!");
const MACHINE_PATHS: [&str; 3] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/")];

/// Every line of every text file, except those that tools write.
pub(crate) fn check(files: &Files) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, file) in files {
        let is_made_by_a_tool = path.ends_with(".lock") || path.ends_with("package-lock.json");
        let Some(text) = file.text.as_ref().filter(|_| !is_made_by_a_tool) else { continue };
        for (index, line) in text.lines().enumerate() {
            let messages = check_line(line, path.ends_with(".rs"));
            violations.extend(messages.map(|message| Violation::new(path, index + 1, message)));
        }
    }
    violations
}

fn check_line(line: &str, is_rust: bool) -> impl Iterator<Item = String> {
    let unfinished = UNFINISHED.into_iter().filter(|mark| has_word(line, mark));
    let unfinished =
        unfinished.map(|mark| format!("finish this or write {LATER}(name): sentence, not {mark}"));
    let later = has_bare_later(line).then(|| format!("write {LATER}(name): sentence"));
    let is_macro = is_rust && has_word(line, LATER_MACRO);
    let later_macro = is_macro.then(|| format!("finish this: no {LATER_MACRO} is handed over"));
    let paths = MACHINE_PATHS.into_iter().filter(|path| has_path(line, path));
    let paths = paths.map(|path| {
        format!("{path}… exists on one machine only; write a path from the repository's root")
    });
    unfinished.chain(later).chain(later_macro).chain(paths)
}

/// Whether the word stands there by itself, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    places(line, word).any(|(before, after)| !ends_in_name(before) && !begins_with_name(after))
}

/// Whether the mark stands there without a name and a sentence.
fn has_bare_later(line: &str) -> bool {
    let mut marks = places(line, LATER)
        .filter(|(before, after)| !ends_in_name(before) && !begins_with_name(after));
    marks.any(|(_, after)| {
        let name_and_sentence = after.strip_prefix('(').and_then(|rest| rest.split_once("): "));
        !name_and_sentence.is_some_and(|(name, sentence)| {
            !name.trim().is_empty() && sentence.contains(|c: char| c.is_alphanumeric())
        })
    })
}

/// Whether an absolute path begins so; `../` and addresses of the web lead elsewhere.
fn has_path(line: &str, path: &str) -> bool {
    places(line, path)
        .any(|(before, _)| !ends_in_name(before) && !before.ends_with(['.', '-', '}', '>', '~']))
}

/// What stands before and after each occurrence.
fn places<'a>(line: &'a str, part: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    line.match_indices(part).map(|(start, part)| (&line[..start], &line[start + part.len()..]))
}

fn ends_in_name(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn begins_with_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::super::modules::fake_files;
    use super::super::violation::in_short;
    use super::*;

    fn found_in(path: &str, text: &str) -> Vec<String> {
        in_short(&check(&fake_files(&[(path, text)])))
    }

    #[test]
    fn marks_of_unfinished_work_are_found() {
        for mark in UNFINISHED {
            let message = format!("2: finish this or write {LATER}(name): sentence, not {mark}");
            assert_eq!(found_in("a.py", &format!("\n# {mark}: x")), [message]);
        }
        assert!(found_in("a.py", "XXXX FIXMENT").is_empty());
    }

    #[test]
    fn what_is_left_for_later_has_a_name_and_a_sentence() {
        for text in ["", ": x", "(ada)", "(ada): ", "(): x"] {
            let message = format!("1: write {LATER}(name): sentence");
            assert_eq!(found_in("a.rs", &format!("// {LATER}{text}")), [message], "{text}");
        }
        assert!(found_in("a.rs", &format!("// {LATER}(ada): measure this.")).is_empty());
        assert!(found_in("a.rs", &format!("// {LATER}S")).is_empty());
    }

    #[test]
    fn the_macro_is_found_in_rust() {
        let text = format!("fn f() {{ {LATER_MACRO}() }}");
        assert_eq!(
            found_in("a.rs", &text),
            [format!("1: finish this: no {LATER_MACRO} is handed over")]
        );
        assert!(found_in("a.md", &text).is_empty());
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        for path in MACHINE_PATHS {
            let message = [format!(
                "1: {path}… exists on one machine only; write a path from the repository's root"
            )];
            for before in ["", "see ", "x=", "\"", "file://"] {
                assert_eq!(found_in("a.md", &format!("{before}{path}x")), message, "{before}");
            }
            for before in ["..", "~", "https://example.org", "$root}"] {
                assert!(found_in("a.md", &format!("{before}{path}x")).is_empty(), "{before}");
            }
            assert!(found_in("Cargo.lock", &format!("{path}x")).is_empty());
        }
    }
}
