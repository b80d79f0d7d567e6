//! `movemeter report`: a page that shows a measurement.

use std::path::{Path, PathBuf};

use movemeter_io::{
    Error as FileError, Input, OutputFile, Report, Results, check_not_an_input, find_input,
    read_results, write_report,
};
use serde_json::json;

use crate::arguments::ReportArguments;
use crate::failure::Failure;
use crate::voice::Voice;
use crate::words::counted;

/// Makes the page.
pub fn report(arguments: &ReportArguments, voice: &Voice) -> Result<(), Failure> {
    let output = &arguments.output;
    check_ending(output)?;
    let results = read_results(&arguments.table)?;
    check_not_an_input(output, &inputs(arguments, &results))?;
    let mut file = OutputFile::create(output)?;
    let report = Report::new(&results, &arguments.table, &arguments.stacks, voice)?;
    voice.end_progress();
    write_report(&report, &mut file).map_err(|error| Failure::unwritable(output, &error))?;
    file.finish()?;
    if let Some(missing) = report.without_pictures() {
        voice.warning(&format!(
            "the page has no pictures of samples: {missing}; name the recording after the table to have them"
        ));
    }
    let tracks = &results.tracks;
    let text = format!(
        "{}, {}, {} to look at -> {}",
        counted(tracks.n_frames(), "frame"),
        counted(tracks.n_windows(), "window"),
        counted(report.n_shown(), "sample"),
        output.display()
    );
    let event = json!({
        "event": "finished",
        "frames": tracks.n_frames(),
        "windows": tracks.n_windows(),
        "samples_shown": report.n_shown(),
        "without_pictures": report.without_pictures(),
        "outputs": [output.display().to_string()],
    });
    voice.result(&text, &event);
    Ok(())
}

/// Known before the recording is read.
fn check_ending(output: &Path) -> Result<(), Failure> {
    let is_page = output.extension().is_some_and(|ending| {
        ending.eq_ignore_ascii_case("html") || ending.eq_ignore_ascii_case("htm")
    });
    match is_page {
        true => Ok(()),
        false => {
            let allowed = ".html .htm".into();
            let error = FileError::UnknownEnding { path: output.into(), allowed };
            Err(Failure::Usage(format!("cannot write a page: {error}")))
        }
    }
}

/// What must not be written over.
fn inputs(arguments: &ReportArguments, results: &Results) -> Vec<Input> {
    let known = results.provenance.inputs.iter();
    let recorded = known.filter_map(|input| find_input(input, &arguments.table));
    let paths: Vec<PathBuf> = recorded.chain(arguments.stacks.clone()).collect();
    let paths = paths.into_iter().chain([arguments.table.clone()]);
    paths.map(|path| Input { files: vec![path.clone()], path }).collect()
}
