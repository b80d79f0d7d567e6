//! `movemeter convert`: a table in another format.

use std::path::Path;

use movemeter::table::Table;
use movemeter::track::Tracks;
use movemeter_io::{Input, Results, is_session, read_results, read_table};

use crate::arguments::ConvertArguments;
use crate::failure::Failure;
use crate::outputs::Outputs;

/// Reads the table, and writes all it holds.
pub fn convert(arguments: &ConvertArguments) -> Result<(), Failure> {
    let path = &arguments.table;
    if is_session(path) {
        let results = read_results(path)?;
        return write(arguments, &results.tracks.table(), &results);
    }
    let stored = read_table(path)?;
    let is_understood = arguments.wide || arguments.outputs.iter().any(|output| is_session(output));
    let results = match is_understood {
        true => read_results(path)?,
        // Columns of other programs are kept as they are.
        false => Results {
            provenance: stored.provenance.in_folder(path.parent().unwrap_or(Path::new(""))),
            ..Results::default()
        },
    };
    write(arguments, &stored.table(), &results)
}

fn write(
    arguments: &ConvertArguments,
    table: &Table<'_>,
    results: &Results,
) -> Result<(), Failure> {
    let path = &arguments.table;
    let inputs = [Input { path: path.clone(), files: vec![path.clone()] }];
    let n_groups = arguments.wide.then(|| n_groups(&results.tracks));
    Outputs::create(&arguments.outputs, &inputs, n_groups)?.write(table, results)
}

fn n_groups(tracks: &Tracks) -> usize {
    let mut names: Vec<&str> = tracks.tracks.iter().map(|track| &*track.group).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}
