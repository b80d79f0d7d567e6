//! Frames that are left out: by their numbers, or by the names of their files.

use std::path::Path;

use movemeter_io::Part;

use crate::failure::Failure;
use crate::values::Span;

/// What is to be left out: `3,17,40..45,blurred.tif`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    entries: Vec<String>,
}

/// Reads a list as typed. Whether it names files, the recording will tell.
pub fn exclusion(text: &str) -> Result<Exclusion, String> {
    let entries: Vec<String> = text.split(',').map(Into::into).collect();
    for entry in &entries {
        let is_numeric = entry.chars().all(|c| c.is_ascii_digit() || ". ".contains(c));
        if is_numeric {
            Span::parse(entry)?;
        }
    }
    Ok(Exclusion { entries })
}

impl Exclusion {
    /// The frames' numbers in rising order, in a recording of these files.
    pub fn numbers(&self, parts: &[Part]) -> Result<Vec<usize>, Failure> {
        let n_frames = parts.iter().map(|part| part.n_frames).sum();
        let wrong = |message: String| Failure::Usage(format!("--exclude: {message}"));
        let mut numbers = Vec::new();
        let mut entries = self.entries.as_slice();
        while let [entry, rest @ ..] = entries {
            if let Some((n_entries, part)) = file_named(entries, parts) {
                numbers.extend(part.first..part.first + part.n_frames);
                entries = &entries[n_entries..];
                continue;
            }
            let span = Span::parse(entry).map_err(|message| wrong(unknown(entry, &message)))?;
            numbers.extend(span.within(n_frames).map_err(wrong)?);
            entries = rest;
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }
}

/// The file that the first entries name, and how many they are: names may hold commas.
fn file_named<'a>(entries: &[String], parts: &'a [Part]) -> Option<(usize, &'a Part)> {
    let named = |n: usize| {
        let name = entries[..n].join(",");
        Some((n, parts.iter().find(|part| is_named(&part.path, &name))?))
    };
    (1..=entries.len()).rev().find_map(named)
}

/// Whether a file has this name, or lies at this path.
fn is_named(path: &Path, name: &str) -> bool {
    let name = Path::new(name.trim());
    path == name || path.file_name() == Some(name.as_os_str())
}

fn unknown(entry: &str, message: &str) -> String {
    if entry.trim_start().starts_with(|c: char| c.is_ascii_digit()) && !entry.contains('.') {
        return message.into();
    }
    format!(
        "{:?} is neither the number of a frame, nor a range as in 40..45, nor the name of one of the \
         recording's files",
        entry.trim()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(names: &[&str], n_frames: usize) -> Vec<Part> {
        let part = |(k, name): (usize, &&str)| Part {
            path: Path::new("folder").join(name),
            first: k * n_frames,
            n_frames,
        };
        names.iter().enumerate().map(part).collect()
    }

    fn numbers(text: &str, parts: &[Part]) -> Result<Vec<usize>, String> {
        exclusion(text)?.numbers(parts).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_list_has_numbers_and_ranges_in_any_order() {
        let one = parts(&["a.tif"], 50);
        assert_eq!(numbers("17,3,40..42,41", &one), Ok(vec![3, 17, 40, 41, 42]));
        assert!(numbers("3,50", &one).unwrap_err().contains("there is no frame 50"));
        assert!(exclusion("3,,4").is_err() && exclusion("5..3").is_err());
        assert!(numbers("-3", &one).unwrap_err().contains("\"-3\" is neither"));
    }

    #[test]
    fn a_file_is_left_out_by_its_name_with_all_its_frames() {
        let files = parts(&["1.tif", "bad, very.tif", "3.tif"], 2);
        assert_eq!(numbers("bad, very.tif", &files), Ok(vec![2, 3]));
        assert_eq!(numbers("0, 3.tif ,bad, very.tif", &files), Ok(vec![0, 2, 3, 4, 5]));
        assert_eq!(numbers("folder/1.tif", &files), Ok(vec![0, 1]));
        let error = numbers("4.tif", &files).unwrap_err();
        assert!(error.contains("\"4.tif\" is neither the number of a frame"), "{error}");
    }

    #[test]
    fn a_file_whose_name_is_a_number_is_meant_before_the_frame_of_that_number() {
        let files = parts(&["7", "8"], 10);
        assert_eq!(numbers("7", &files), Ok((0..10).collect()));
    }
}
