//! `movemeter convert`: a table or session in another format.

use std::path::Path;

use movemeter::table::Table;
use movemeter::track::Tracks;
use movemeter_io::{Input, Results, is_session, read_results, read_table, table_format};
use serde_json::json;

use crate::arguments::ConvertArguments;
use crate::failure::Failure;
use crate::outputs::Outputs;
use crate::voice::Voice;
use crate::words::counted;

/// Reads the table, and writes all it holds.
pub fn convert(arguments: &ConvertArguments, voice: &Voice) -> Result<(), Failure> {
    let path = &arguments.table;
    if table_format(path)?.is_none() {
        let results = read_results(path)?;
        return write(arguments, &results.tracks.table(), &results, voice);
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
    write(arguments, &stored.table(), &results, voice)
}

fn write(
    arguments: &ConvertArguments,
    table: &Table<'_>,
    results: &Results,
    voice: &Voice,
) -> Result<(), Failure> {
    let path = &arguments.table;
    let inputs = [Input { path: path.clone(), files: vec![path.clone()] }];
    let n_groups = arguments.wide.then(|| n_groups(&results.tracks));
    let outputs = Outputs::create(&arguments.outputs, &inputs, n_groups)?;
    let places = outputs.names();
    outputs.write(table, results)?;
    let (n_rows, n_columns) = (table.n_rows, table.columns.len());
    let event =
        json!({ "event": "finished", "rows": n_rows, "columns": n_columns, "outputs": places });
    let of = format!("{}, {}", counted(n_rows, "row"), counted(n_columns, "column"));
    voice.result(&format!("{of} -> {}", places.join(" and ")), &event);
    Ok(())
}

fn n_groups(tracks: &Tracks) -> usize {
    let mut names: Vec<&str> = tracks.tracks.iter().map(|track| &*track.group).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}
