//! The format that a file's ending names.

use std::path::Path;

use crate::error::Error;

/// The format of these that a file's ending names; small and capital letters are the same.
pub(crate) fn format_of<F: Copy>(path: &Path, endings: &[(&'static str, F)]) -> Result<F, Error> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let known = endings.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending));
    known
        .map(|(_, format)| *format)
        .ok_or_else(|| Error::UnknownEnding { path: path.into(), allowed: listed(endings) })
}

/// The endings, as in `.csv .tsv`.
pub(crate) fn listed<F>(endings: &[(&'static str, F)]) -> String {
    let endings: Vec<String> = endings.iter().map(|(ending, _)| format!(".{ending}")).collect();
    endings.join(" ")
}
