//! `movemeter session`: what a session holds; a session written anew.

use std::path::Path;

use movemeter::geometry::Size;
use movemeter::track::Status;
use movemeter_io::{
    Error as FileError, Input, Session, check_not_an_input, find_input, is_session, movzip_notes,
    open_all, read_results, read_session, write_movzip, write_session,
};
use serde_json::{Value, json};

use crate::arguments::SessionArguments;
use crate::failure::Failure;
use crate::voice::{Voice, print, print_json};
use crate::words::{aligned, counted};

/// Shows a session, or writes it anew.
pub fn session(arguments: &SessionArguments, voice: &Voice) -> Result<(), Failure> {
    let Some(output) = &arguments.output else {
        return show(&arguments.session, arguments.json);
    };
    if !is_session(output) {
        let allowed = ".zip".into();
        let error = FileError::UnknownEnding { path: output.into(), allowed };
        return Err(Failure::Usage(format!("cannot write a session: {error}")));
    }
    let mut session = read(&arguments.session)?;
    relocate(&mut session, arguments)?;
    check_not_an_input(output, &files(&session, &arguments.session))?;
    for note in session.results.iter().flat_map(movzip_notes) {
        voice.warning(note);
    }
    if arguments.as_0_7 {
        write_as_0_7(&session, output, voice)?;
    } else {
        write_session(&session, output)?;
    }
    let event = json!({ "event": "finished", "outputs": [output.display().to_string()] });
    voice.result(&format!("session written -> {}", output.display()), &event);
    Ok(())
}

/// A session, or a table as one; the paths of its inputs lead there from here.
fn read(path: &Path) -> Result<Session, Failure> {
    if is_session(path) {
        return Ok(read_session(path)?);
    }
    let mut results = read_results(path)?;
    for input in &mut results.provenance.inputs {
        input.path = find_input(input, path).or(input.path.take());
    }
    Ok(Session::of_results(results))
}

/// Puts the recording where the user says it is.
fn relocate(session: &mut Session, arguments: &SessionArguments) -> Result<(), Failure> {
    let now = &arguments.recordings;
    if now.is_empty() {
        return Ok(());
    }
    if now.len() != session.inputs.len() {
        return Err(Failure::Usage(format!(
            "--recording must be given once for each input of the session, which has {}, but is given {}",
            session.inputs.len(),
            counted(now.len(), "time")
        )));
    }
    if let Some(missing) = now.iter().find(|path| !path.exists()) {
        return Err(FileError::Missing { path: missing.clone() }.into());
    }
    let inputs = session.results.iter_mut().map(|results| &mut results.provenance.inputs);
    for inputs in inputs.chain([&mut session.inputs]) {
        for (input, path) in inputs.iter_mut().zip(now) {
            input.path = Some(path.clone());
        }
    }
    Ok(())
}

/// What must not be written over.
fn files(session: &Session, path: &Path) -> Vec<Input> {
    let inputs = session.inputs.iter().filter_map(|input| input.path.clone());
    let paths = inputs.chain([path.into()]);
    paths.map(|path| Input { files: vec![path.clone()], path }).collect()
}

fn write_as_0_7(session: &Session, output: &Path, voice: &Voice) -> Result<(), Failure> {
    let Some(results) = &session.results else {
        return Err(Failure::Failed(
            "nothing was measured in this session; there is nothing to write for version 0.7"
                .into(),
        ));
    };
    write_movzip(results, frame_size(session), output)?;
    let tracks = &results.tracks;
    let n_samples = tracks.n_windows() * tracks.n_frames();
    let n_lost = n_samples - tracks.count(Status::Ok);
    voice.warning(&format!(
        "both signs are turned, as version 0.7 has them; left out is what it does not know: error bars, scores, angles, \
         brightness, the pixel size, the names of groups, the recipe, and {} without a status of ok",
        counted(n_lost, "sample")
    ));
    Ok(())
}

/// The size of the frames, if the recording is there.
fn frame_size(session: &Session) -> Option<Size> {
    let n_stacks =
        session.inputs.len().saturating_sub(usize::from(session.file.recipe.mask.is_some()));
    let stacks = session.inputs[..n_stacks].iter().map(|input| input.path.clone());
    let stacks: Option<Vec<_>> = stacks.collect();
    let recording = open_all(&stacks?, &session.file.opening).ok()?;
    Some(recording.source.info().size)
}

/// Prints what a session holds.
pub fn show(path: &Path, as_json: bool) -> Result<(), Failure> {
    let session = read(path)?;
    if as_json {
        return print_json(&object(&session));
    }
    let mut lines = Vec::new();
    for input in &session.inputs {
        lines.push(("input", place_of(input)));
    }
    if session.inputs.is_empty() {
        lines.push(("input", "not known".into()));
    }
    // Of what was drawn, the windows are known when it was measured.
    let measured = session.results.as_ref().map(|results| &results.recipe.windows);
    let windows = measured.unwrap_or(&session.file.recipe.windows);
    lines.push((
        "windows",
        format!("{} in {}", windows.len(), counted(windows.groups().len(), "group")),
    ));
    lines.push(("ROIs", counted(session.file.rois.len(), "group")));
    lines.push(("results", results_of(&session)));
    if let Some(results) = &session.results {
        lines.extend(
            results.provenance.incomplete.iter().map(|text| ("not complete", text.clone())),
        );
        lines.extend(results.provenance.doubts.iter().map(|text| ("doubt", text.clone())));
    }
    print(&aligned(&path.display().to_string(), &lines))
}

fn place_of(input: &movemeter_io::HashedInput) -> String {
    let path = input.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    match input.path.as_ref().is_some_and(|path| path.exists()) {
        true => path,
        false => format!("{} is NOT there; it was {path}", input.name),
    }
}

fn results_of(session: &Session) -> String {
    let Some(results) = &session.results else { return "none".into() };
    let tracks = &results.tracks;
    format!(
        "{}, {}: {} of {} measured",
        counted(tracks.n_frames(), "frame"),
        counted(tracks.n_windows(), "window"),
        tracks.count(Status::Ok),
        tracks.n_frames() * tracks.n_windows() - tracks.count(Status::Excluded)
    )
}

fn object(session: &Session) -> Value {
    let input = |input: &movemeter_io::HashedInput| {
        json!({
            "name": input.name,
            "path": input.path,
            "is_there": input.path.as_ref().is_some_and(|path| path.exists()),
            "sha256": input.sha256,
            "n_files": input.n_files,
        })
    };
    let results = session.results.as_ref().map(|results| {
        json!({
            "n_frames": results.tracks.n_frames(),
            "n_windows": results.tracks.n_windows(),
            "n_ok": results.tracks.count(Status::Ok),
            "doubts": results.provenance.doubts,
            "incomplete": results.provenance.incomplete,
        })
    });
    json!({
        "inputs": session.inputs.iter().map(input).collect::<Vec<_>>(),
        "recipe": session.file.recipe,
        "rois": session.file.rois,
        "view": session.view,
        "results": results,
    })
}
