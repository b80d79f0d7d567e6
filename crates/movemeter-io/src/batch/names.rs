//! What the results of each stack in a folder are called.

use std::collections::HashMap;
use std::path::Path;

/// The names in a folder, without regard to case: results may go where case makes no difference.
pub(super) struct Names {
    /// How many files and folders have a name, with or without its ending.
    counts: HashMap<String, usize>,
}

impl Names {
    /// Of files and folders that are stacks or hold some.
    pub(super) fn of<'a>(paths: impl Iterator<Item = &'a Path>) -> Self {
        let mut counts = HashMap::new();
        for path in paths {
            let (name, stem) = (name(path), stem(path));
            if stem != name {
                *counts.entry(folded(&stem)).or_default() += 1;
            }
            *counts.entry(folded(&name)).or_default() += 1;
        }
        Self { counts }
    }

    /// The name without its ending; with it where another has the same without.
    pub(super) fn unique(&self, path: &Path) -> String {
        let stem = stem(path);
        match self.counts.get(&folded(&stem)) {
            None | Some(1) => stem,
            Some(_) => name(path),
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A folder's name, or a file's without its ending.
fn stem(path: &Path) -> String {
    if path.is_dir() {
        return name(path);
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    stem.strip_suffix(".ome").filter(|stem| !stem.is_empty()).unwrap_or(&stem).into()
}

fn folded(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique<const N: usize>(names: [&str; N]) -> [String; N] {
        let all = Names::of(names.iter().map(Path::new));
        names.map(|name| all.unique(Path::new(name)))
    }

    #[test]
    fn endings_are_left_out_where_nothing_is_lost_by_it() {
        assert_eq!(unique(["a.tif", "b.ome.tif", "c.v2.avi"]), ["a", "b", "c.v2"]);
        assert_eq!(unique(["a.tif", "a.avi", "b.tif"]), ["a.tif", "a.avi", "b"]);
        assert_eq!(unique(["A.tif", "a.avi"]), ["A.tif", "a.avi"]);
        assert_eq!(unique(["a", "a.tif"]), ["a", "a.tif"]);
    }

    #[test]
    fn no_name_is_given_twice_whatever_endings_there_are() {
        let names =
            unique(["b.tif", "b.avi", "b.tif.avi", "b.ome.tif", "b.ome", "b.ome.avi", ".ome.tif"]);
        let mut different = names.clone();
        different.sort();
        assert!(different.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
