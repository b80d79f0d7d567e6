//! The paths that a file names, with `{…}` written out.

use super::rust::{Word, follows};

/// A path such as `crate::frame::Frame`.
#[derive(Debug, PartialEq)]
pub(crate) struct Path {
    /// Its names; a `*` at the end is left out.
    pub(crate) names: Vec<String>,
    /// What it is called here: its last name, or the one after `as`.
    pub(crate) alias: String,
    /// Where it stands.
    pub(crate) line: usize,
}

/// Every path that begins with one of `roots`, in `use` and elsewhere.
pub(crate) fn paths(words: &[Word], roots: &[&str]) -> Vec<Path> {
    let mut paths = Vec::new();
    let mut index = 0;
    while index < words.len() {
        let begins = roots.iter().any(|root| words[index].is(root));
        if begins && !is_inside_path(words, index) && follows(words, index + 1, &["::"]) {
            index = read(words, index, &[], &mut paths);
        } else {
            index += 1;
        }
    }
    paths
}

/// Whether the word goes on with a path; nothing stands before the `::` of `use ::std`.
fn is_inside_path(words: &[Word], index: usize) -> bool {
    let before = index.checked_sub(2).map(|before| &words[before]);
    index > 0
        && words[index - 1].is("::")
        && before.is_some_and(|word| word.is(">") || (word.is_name() && !word.is("use")))
}

/// Reads one path, or one branch of a group, from `index` on; gives the index after it.
fn read(words: &[Word], index: usize, before: &[String], paths: &mut Vec<Path>) -> usize {
    let mut names = before.to_vec();
    let mut index = index;
    while let Some(word) = words.get(index) {
        if word.is("{") {
            return read_group(words, index + 1, &names, paths);
        }
        // `self` at the end of a path is what stands before it.
        if word.is_name() && (!word.is("self") || before.is_empty()) {
            names.push(word.text.clone());
        }
        index += 1;
        if !follows(words, index, &["::"]) {
            break;
        }
        index += 1;
        let goes_on = words.get(index).is_some_and(|next| next.is_name() || next.is("{"));
        if !goes_on {
            break; // `::*` or `::<T>`
        }
    }
    let line = words[index.min(words.len()) - 1].line;
    let mut alias = last(&names);
    if follows(words, index, &["as"]) && words.len() > index + 1 {
        alias = words[index + 1].text.clone();
        index += 2;
    }
    paths.push(Path { names, alias, line });
    index
}

fn read_group(words: &[Word], start: usize, before: &[String], paths: &mut Vec<Path>) -> usize {
    let mut index = start;
    while let Some(word) = words.get(index) {
        if word.is("}") {
            return index + 1;
        }
        index = if word.is_name() { read(words, index, before, paths) } else { index + 1 };
    }
    index
}

fn last(names: &[String]) -> String {
    names.last().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::rust::words;
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let paths = paths(&words(source), &["crate", "super"]);
        paths.iter().map(|path| format!("{} {}", path.line, path.names.join("::"))).collect()
    }

    #[test]
    fn groups_are_written_out() {
        assert_eq!(
            found("use crate::{a::{B, self, C as D}, c,\n d::*, e::f as g};\nlet x = 1;"),
            [
                "1 crate::a::B",
                "1 crate::a",
                "1 crate::a::C",
                "1 crate::c",
                "2 crate::d",
                "2 crate::e::f"
            ]
        );
        assert_eq!(found("use super::{x, super::y};"), ["1 super::x", "1 super::super::y"]);
    }

    #[test]
    fn paths_outside_use_are_found() {
        assert_eq!(
            found("fn f(x: &crate::a::B<crate::c::D>) { super::super::e::<T>(crate::g::H { i }) }"),
            ["1 crate::a::B", "1 crate::c::D", "1 super::super::e", "1 crate::g::H"]
        );
        assert_eq!(found("pub(crate) fn f() { other::crate_::x() }"), Vec::<String>::new());
    }

    #[test]
    fn a_path_may_be_absolute_or_renamed() {
        let found = paths(&words("use ::std::fs as disk;"), &["std"]);
        assert_eq!(found[0].names, ["std", "fs"]);
        assert_eq!(found[0].alias, "disk");
    }
}
