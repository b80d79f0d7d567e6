//! What `plot`, `heatmap` and `overlay` have in common: a table that is read, pictures that are written.

use std::path::{Path, PathBuf};
use std::time::Instant;

use movemeter::geometry::Size;
use movemeter::monitor::{Monitor, Stage};
use movemeter::track::{Track, Tracks};
use movemeter_io::picture::{Page, Pictures, Pixels, write_pictures};
use movemeter_io::{
    Error as FileError, FilmOptions, Input, Provenance, Results, check_not_inputs, find_input,
    hash_input, read_results,
};
use serde_json::json;

use crate::failure::Failure;
use crate::stop;
use crate::voice::Voice;
use crate::words::{counted, duration};

/// Reads a table, and says what the user should know of it.
pub fn read(path: &Path, voice: &Voice) -> Result<Results, Failure> {
    let results = read_results(path)?;
    let provenance = &results.provenance;
    for doubt in &provenance.doubts {
        voice.warning(doubt);
    }
    if let Some(incomplete) = &provenance.incomplete {
        voice.warning(&format!("the table is not complete: {incomplete}"));
    }
    Ok(results)
}

/// Refuses to write over the table, or what else is read.
pub fn check_outputs(outputs: &[PathBuf], table: &Path, inputs: &[Input]) -> Result<(), Failure> {
    let inputs: Vec<Input> = inputs.iter().cloned().chain([file(table.into())]).collect();
    Ok(check_not_inputs(outputs, &inputs)?)
}

/// Refuses to write over what was measured, where it is still there.
pub fn check_not_measured(
    output: &Path,
    table: &Path,
    provenance: &Provenance,
) -> Result<(), Failure> {
    let inputs = provenance.inputs.iter().filter_map(|input| find_input(input, table));
    let inputs: Vec<Input> = inputs.map(file).collect();
    Ok(check_not_inputs(&[output.into()], &inputs)?)
}

fn file(path: PathBuf) -> Input {
    Input { files: vec![path.clone()], path }
}

/// Says so if a recording is not the one that was measured, by its bytes.
pub fn warn_of_other(
    inputs: &[Input],
    provenance: &Provenance,
    voice: &Voice,
) -> Result<(), Failure> {
    for (input, measured) in inputs.iter().zip(&provenance.inputs) {
        let is_known = measured.sha256.len() == SHA256_DIGITS;
        if is_known && hash_input(input)?.sha256 != measured.sha256 {
            voice.warning(&format!(
                "this is not the recording that was measured, {}: its SHA-256 is another ({})",
                measured.name,
                input.path.display()
            ));
        }
    }
    Ok(())
}

/// Of a hash that was taken.
const SHA256_DIGITS: usize = 64;

/// Writes a page and says so.
pub fn write_page(page: &Page, output: &Path, voice: &Voice) -> Result<(), Failure> {
    page.write(output)?;
    let Size { width, height } = page.size();
    let mm = |px: usize| px as f64 / page.dpi * 25.4;
    let text = format!("{:.0} x {:.0} mm drawn -> {}", mm(width), mm(height), output.display());
    let event = json!({ "event": "finished", "outputs": [output.display().to_string()] });
    voice.result(&text, &event);
    Ok(())
}

/// Writes many pictures, tells how many were drawn, and stops when the user does.
pub fn write_film(
    pictures: impl Pictures,
    output: &Path,
    options: &FilmOptions,
    begun: Instant,
    voice: &Voice,
) -> Result<(), Failure> {
    let (count, size) = (pictures.count(), pictures.size());
    voice.begin_stage(Stage::Writing, count);
    let ended = write_pictures(&mut Told { pictures, voice }, output, options);
    voice.end_progress();
    ended.map_err(failure)?;
    say_written(count, size, output, begun, voice);
    Ok(())
}

/// Says that a film or a stack was written.
pub fn say_written(count: usize, size: Size, output: &Path, begun: Instant, voice: &Voice) {
    let text = format!(
        "{} of {size} px written in {} -> {}",
        counted(count, "frame"),
        duration(begun.elapsed()),
        output.display()
    );
    let event = json!({
        "event": "finished",
        "frames": count,
        "outputs": [output.display().to_string()],
    });
    voice.result(&text, &event);
}

/// Pictures that tell how many were drawn, and stop when the user does.
struct Told<'a, P> {
    pictures: P,
    voice: &'a Voice,
}

impl<P: Pictures> Pictures for Told<'_, P> {
    fn count(&self) -> usize {
        self.pictures.count()
    }

    fn size(&self) -> Size {
        self.pictures.size()
    }

    fn rate_hz(&self) -> Option<f64> {
        self.pictures.rate_hz()
    }

    fn draw(&mut self, index: usize) -> Result<Pixels, FileError> {
        if stop::is_wanted() {
            return Err(movemeter::Error::Cancelled.into());
        }
        let pixels = self.pictures.draw(index)?;
        self.voice.progress(Stage::Writing, index + 1, self.pictures.count());
        Ok(pixels)
    }
}

/// The place of the frame of this number in the table.
pub fn place_of(tracks: &Tracks, number: usize) -> Result<usize, Failure> {
    let place = tracks.stamps.iter().position(|stamp| stamp.number == number);
    place.ok_or_else(|| {
        let ends = [tracks.stamps.first(), tracks.stamps.last()].map(|s| s.map_or(0, |s| s.number));
        Failure::Usage(format!(
            "--frame {number}: the table has no such frame; it has {} of the numbers {} to {}",
            counted(tracks.n_frames(), "frame"),
            ends[0],
            ends[1]
        ))
    })
}

/// The smallest frame that holds all windows.
pub fn least_frame(tracks: &Tracks) -> Size {
    let side = |of: fn(&Track) -> isize| tracks.tracks.iter().map(of).max().unwrap_or(1).max(1);
    let width = side(|track| track.rect.right());
    Size::new(width as usize, side(|track| track.rect.bottom()) as usize)
}

/// An output whose ending says nothing that is known.
pub fn unknown(output: &Path, allowed: &str) -> Failure {
    let error = FileError::UnknownEnding { path: output.into(), allowed: allowed.into() };
    Failure::Usage(format!("cannot write a picture: {error}"))
}

/// An error of writing many pictures.
pub fn failure(error: FileError) -> Failure {
    match error {
        FileError::Measuring(movemeter::Error::Cancelled) => {
            Failure::Stopped("stopped; nothing is written".into())
        }
        FileError::Source { frame, source } => movemeter::Error::Read { frame, source }.into(),
        other => other.into(),
    }
}
