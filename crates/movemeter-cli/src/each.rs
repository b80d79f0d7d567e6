//! `movemeter measure --each`: several recordings, each by itself.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::arguments::MeasureArguments;
use crate::failure::Failure;
use crate::measure::measure as measure_one;
use crate::voice::Voice;
use crate::words::counted;

/// What stands for a recording's name in the name of an output.
const NAME: &str = "{name}";

/// Measures all stacks as one recording, or each by itself if that was asked for.
pub fn measure(arguments: &MeasureArguments, voice: &Voice) -> Result<(), Failure> {
    if !arguments.each {
        return measure_one(arguments, voice).map(drop);
    }
    let all = separate(arguments)?;
    let mut n_failed = 0;
    for one in &all {
        match measure_one(one, voice) {
            Ok(_) => {}
            Err(failure) if arguments.running.keep_going && failure.is_of_one_recording() => {
                voice.failure(&failure);
                n_failed += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
    match n_failed {
        0 => Ok(()),
        n => Err(Failure::Failed(format!(
            "{n} of {} could not be measured; the others are",
            counted(all.len(), "recording")
        ))),
    }
}

/// The same arguments for each stack, with outputs of its own.
fn separate(arguments: &MeasureArguments) -> Result<Vec<MeasureArguments>, Failure> {
    if let Some(output) = arguments.outputs.iter().find(|output| !is_pattern(output)) {
        return Err(Failure::Usage(format!(
            "with --each every recording needs a table of its own: write {NAME} for the recording's name, as \
             in -o {NAME}.csv ({})",
            output.display()
        )));
    }
    let mut named: HashMap<String, &PathBuf> = HashMap::new();
    let mut all = Vec::new();
    for stack in &arguments.stacks {
        let name = name_of(stack);
        if let Some(other) = named.insert(name.clone(), stack) {
            return Err(Failure::Usage(format!(
                "two recordings have the name {name:?}, so that their tables would, too: {} and {}; \
                 measure them one by one",
                other.display(),
                stack.display()
            )));
        }
        let outputs = arguments.outputs.iter().map(|output| filled(output, &name)).collect();
        all.push(MeasureArguments { stacks: vec![stack.clone()], outputs, ..arguments.clone() });
    }
    Ok(all)
}

fn is_pattern(output: &Path) -> bool {
    output.to_string_lossy().contains(NAME)
}

fn filled(output: &Path, name: &str) -> PathBuf {
    output.to_string_lossy().replace(NAME, name).into()
}

/// A folder's name, or a file's without its ending.
fn name_of(stack: &Path) -> String {
    // `.` and `a/..` have no name of their own.
    let stack = if stack.file_name().is_some() {
        stack.into()
    } else {
        stack.canonicalize().unwrap_or_else(|_| stack.into())
    };
    let name = if stack.is_dir() { stack.file_name() } else { stack.file_stem() };
    let name = name.unwrap_or_default().to_string_lossy();
    name.strip_suffix(".ome").unwrap_or(&name).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_called_by_its_name_without_ending() {
        assert_eq!(name_of(Path::new("a/b.v2.tif")), "b.v2");
        assert_eq!(name_of(Path::new("b.ome.tif")), "b");
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("day.1");
        std::fs::create_dir(&inner).unwrap();
        assert_eq!(name_of(&inner), "day.1");
        assert_eq!(name_of(&inner.join("..").join("day.1")), "day.1");
    }

    #[test]
    fn the_name_may_be_anywhere_in_the_path() {
        let filled = filled(Path::new("out/{name}/of {name}.csv"), "x");
        assert_eq!(filled, Path::new("out/x/of x.csv"));
    }
}
