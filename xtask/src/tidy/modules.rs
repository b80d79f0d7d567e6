//! The modules of a crate as a tree, read from its files.

use super::rust::{Word, follows, words};
use super::violation::Violation;
use crate::repository::Files;

/// A module in a file of its own. Modules written out inside a file belong to that file.
pub(crate) struct Module {
    /// Its names from the crate's root, which itself has none.
    pub(crate) path: Vec<String>,
    /// Its file.
    pub(crate) file: String,
    /// Its code.
    pub(crate) words: Vec<Word>,
    /// Its submodules in the order of their `mod` lines.
    pub(crate) children: Vec<Module>,
}

impl Module {
    /// The tree below a `lib.rs` or `main.rs`, test modules left out.
    pub(crate) fn read(files: &Files, root: &str, violations: &mut Vec<Violation>) -> Self {
        let directory = parent(root).to_owned();
        Self::read_at(files, root.into(), &directory, Vec::new(), violations)
    }

    fn read_at(
        files: &Files,
        file: String,
        directory: &str,
        path: Vec<String>,
        violations: &mut Vec<Violation>,
    ) -> Self {
        let words = words(text(files, &file).unwrap_or_default());
        let mut children = Vec::new();
        for declaration in declarations(&words) {
            let name = &declaration.text;
            let below = format!("{directory}/{name}");
            let candidates = [format!("{below}.rs"), format!("{below}/mod.rs")];
            let Some(child) = candidates.into_iter().find(|file| text(files, file).is_some())
            else {
                let message = format!("there is no file {below}.rs; tidy knows no #[path]");
                violations.push(Violation::new(&file, declaration.line, message));
                continue;
            };
            let path = [path.as_slice(), std::slice::from_ref(name)].concat();
            children.push(Self::read_at(files, child, &below, path, violations));
        }
        Self { path, file, words, children }
    }

    /// This module and all below it.
    pub(crate) fn walk(&self) -> Vec<&Self> {
        let below = self.children.iter().flat_map(Self::walk);
        std::iter::once(self).chain(below).collect()
    }

    /// Place of the submodule of this name among its siblings.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.children.iter().position(|child| child.path.last().is_some_and(|last| last == name))
    }
}

/// The names in `mod name;`.
fn declarations(words: &[Word]) -> impl Iterator<Item = &Word> {
    let starts = (0..words.len())
        .filter(|&index| follows(words, index, &["mod"]) && follows(words, index + 2, &[";"]));
    starts.map(|index| &words[index + 1])
}

fn text<'a>(files: &'a Files, path: &str) -> Option<&'a str> {
    files.get(path)?.text.as_deref()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(parent, _)| parent)
}

/// Files from their paths and texts.
#[cfg(test)]
pub(crate) fn fake_files(files: &[(&str, &str)]) -> Files {
    let file = |text: &str| crate::repository::File {
        n_bytes: text.len() as u64,
        text: Some(text.into()),
    };
    files.iter().map(|(path, text)| ((*path).into(), file(text))).collect()
}

/// The tree below `src/lib.rs`.
#[cfg(test)]
pub(crate) fn fake_tree(files: &[(&str, &str)]) -> Module {
    let mut violations = Vec::new();
    let tree = Module::read(&fake_files(files), "src/lib.rs", &mut violations);
    assert_eq!(violations, []);
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_lay_out_submodules_are_found_in_their_order() {
        let tree = fake_tree(&[
            ("src/lib.rs", "pub mod b;\npub(crate) mod a;\nmod inside { mod deep {} }"),
            ("src/a.rs", "mod x; #[cfg(test)] mod tests;"),
            ("src/a/x.rs", ""),
            ("src/b/mod.rs", "mod y;"),
            ("src/b/y.rs", ""),
        ]);
        let files: Vec<&str> = tree.walk().iter().map(|module| module.file.as_str()).collect();
        assert_eq!(files, ["src/lib.rs", "src/b/mod.rs", "src/b/y.rs", "src/a.rs", "src/a/x.rs"]);
        assert_eq!(tree.position("a"), Some(1));
        assert_eq!(tree.walk()[4].path, ["a", "x"]);
    }

    #[test]
    fn a_module_without_a_file_is_reported_not_passed_over() {
        let mut violations = Vec::new();
        Module::read(&fake_files(&[("src/lib.rs", "\nmod a;")]), "src/lib.rs", &mut violations);
        let message = "there is no file src/a.rs; tidy knows no #[path]";
        assert_eq!(violations, [Violation::new("src/lib.rs", 2, message)]);
    }
}
