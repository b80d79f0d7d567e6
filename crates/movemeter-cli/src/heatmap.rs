//! `movemeter heatmap`: what was measured as colours at its place.

use std::path::Path;
use std::time::Instant;

use movemeter::geometry::{Rect, Size};
use movemeter::heatmap::{Heatmaps, Moment, Over, Places, n_partly_measured};
use movemeter::source::FrameSource;
use movemeter::track::Tracks;
use movemeter_io::picture::selection::unit;
use movemeter_io::picture::{
    HeatmapFilm, HeatmapOptions, HeatmapPainter, Pictures, check_recording, picture_files,
};
use movemeter_io::{BitDepth, FilmOptions, Input, StackFormat, open_all, write_stack};

use crate::arguments::{HeatmapArguments, MomentArgument};
use crate::failure::Failure;
use crate::table;
use crate::voice::Voice;
use crate::words::counted;

/// What kind of file was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Picture,
    Film,
    Values,
}

/// Draws heatmaps as the arguments ask for them.
pub fn heatmap(arguments: &HeatmapArguments, voice: &Voice) -> Result<(), Failure> {
    let begun = Instant::now();
    let kind = kind_of(&arguments.output)?;
    check_all_is_used(arguments, kind)?;
    table::check_outputs(std::slice::from_ref(&arguments.output), &arguments.table, &[])?;
    let results = table::read(&arguments.table, voice)?;
    table::check_not_measured(&arguments.output, &arguments.table, &results.provenance)?;
    // Speed looks at the frame before, which therefore stays until frames are chosen.
    let selection = arguments.selection.selection();
    let frames = selection.frames_of(&results.tracks)?;
    let windows = movemeter_io::picture::Selection { frames: Default::default(), ..selection };
    let tracks = windows.of(&results.tracks)?;
    let (over, inputs) = recording(arguments, &tracks)?;
    table::warn_of_other(&inputs, &results.provenance, voice)?;
    let frame = over.as_ref().map(|source| source.info().size);
    let moments = moments(arguments.frame, kind, &tracks, frames)?;
    table::check_outputs(
        &picture_files(&arguments.output, moments.len()).unwrap_or_default(),
        &arguments.table,
        &inputs,
    )?;
    warn_of_gaps(&tracks, &moments, voice);
    if kind == Kind::Values {
        return write_values(arguments, &tracks, &moments, frame, begun, voice);
    }
    let painter = HeatmapPainter::new(&tracks, &moments, frame, options(arguments))?;
    let mut film = HeatmapFilm { painter, tracks: &tracks, moments, over };
    if kind == Kind::Film {
        return table::write_film(film, &arguments.output, &film_options(arguments), begun, voice);
    }
    if film.count() != 1 {
        return Err(Failure::Usage(
            "a picture shows one frame, or all together; give --frame N, mean or max, or write a \
             film, as in -o heat.mp4 or -o heat_####.png"
                .into(),
        ));
    }
    let page = film.page(0).map_err(table::failure)?;
    table::write_page(&page, &arguments.output, voice)
}

/// Of mean and max, which look the same whether a window was measured in few frames or in all.
fn warn_of_gaps(tracks: &Tracks, moments: &[Moment], voice: &Voice) {
    let [Moment::Several(frames, _)] = moments else { return };
    let n = n_partly_measured(tracks, frames);
    if 0 < n {
        let (whose, others) =
            if n == 1 { ("its value is", "that") } else { ("their values are", "those") };
        voice.warning(&format!(
            "{} could not be measured in all of these frames; {whose} of fewer frames than {others} of the others, so \
             look at single frames, too (--frame N)",
            counted(n, "window")
        ));
    }
}

fn film_options(arguments: &HeatmapArguments) -> FilmOptions {
    FilmOptions {
        frame_rate_hz: arguments.fps,
        ffmpeg: arguments.opening.ffmpeg.clone(),
        ..FilmOptions::default()
    }
}

fn kind_of(output: &Path) -> Result<Kind, Failure> {
    let ending = output.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let name = output.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match &*ending.to_lowercase() {
        "png" if name.contains('#') => Ok(Kind::Film),
        "png" | "svg" | "pdf" => Ok(Kind::Picture),
        "mp4" => Ok(Kind::Film),
        "tif" | "tiff" | "npy" => Ok(Kind::Values),
        _ => Err(table::unknown(
            output,
            ".png .svg .pdf (a picture), .mp4 or #.png (a film), .tif .tiff .npy (values)",
        )),
    }
}

/// What an output cannot hold was not asked for by mistake alone.
fn check_all_is_used(arguments: &HeatmapArguments, kind: Kind) -> Result<(), Failure> {
    let no = |option: &str, why: &str| Err(Failure::Usage(format!("{option} {why}")));
    if arguments.cells && kind != Kind::Values {
        return no("--cells", "is for stacks of values; write .tif or .npy, or leave it out");
    }
    let is_scaled = arguments.min.or(arguments.max).is_some() || arguments.colormap.is_some();
    if is_scaled && kind == Kind::Values {
        return no(
            "--min, --max and --colormap",
            "are for pictures; .tif and .npy hold the values themselves, so leave them out",
        );
    }
    let is_mp4 = matches!(StackFormat::of(&arguments.output), Ok(StackFormat::Mp4));
    if arguments.fps.is_some() && !is_mp4 {
        return no("--fps", "is for films; write .mp4, or leave it out");
    }
    Ok(())
}

fn options(arguments: &HeatmapArguments) -> HeatmapOptions {
    HeatmapOptions {
        heat: arguments.what,
        map: arguments.colormap,
        ends: [arguments.min, arguments.max],
        size_mm: arguments.page.size_mm(),
        dpi: arguments.page.dpi,
    }
}

type Opened = (Option<Box<dyn FrameSource>>, Vec<Input>);

fn recording(arguments: &HeatmapArguments, tracks: &Tracks) -> Result<Opened, Failure> {
    let Some(path) = &arguments.over else { return Ok((None, Vec::new())) };
    let recording = open_all(std::slice::from_ref(path), &arguments.opening.options())?;
    check_recording(&recording.source, tracks)?;
    Ok((Some(recording.source), recording.inputs))
}

/// What is shown of the frames chosen.
fn moments(
    asked: Option<MomentArgument>,
    kind: Kind,
    tracks: &Tracks,
    frames: Vec<usize>,
) -> Result<Vec<Moment>, Failure> {
    let usual = match kind {
        Kind::Picture => MomentArgument::Over(Over::Mean),
        Kind::Film | Kind::Values => MomentArgument::Each,
    };
    match asked.unwrap_or(usual) {
        MomentArgument::Each => Ok(frames.into_iter().map(Moment::Frame).collect()),
        MomentArgument::Over(over) => Ok(vec![Moment::Several(frames, over)]),
        MomentArgument::Frame(number) => Ok(vec![Moment::Frame(table::place_of(tracks, number)?)]),
    }
}

/// Writes the values themselves.
fn write_values(
    arguments: &HeatmapArguments,
    tracks: &Tracks,
    moments: &[Moment],
    frame: Option<Size>,
    begun: Instant,
    voice: &Voice,
) -> Result<(), Failure> {
    let windows: Vec<Rect> = tracks.tracks.iter().map(|track| track.rect).collect();
    let places = match arguments.cells {
        true => Places::cells(&windows).ok_or_else(|| {
            Failure::Usage(
                "--cells needs windows in rows and columns, as --grid makes them; choose a group with \
                 --group, or leave --cells out"
                    .into(),
            )
        })?,
        false => Places::in_frame(&windows, frame.unwrap_or_else(|| table::least_frame(tracks))),
    };
    let scale = if arguments.what.is_length() { unit(tracks).1 } else { 1.0 };
    let mut maps = Heatmaps::new(tracks, arguments.what, moments.to_vec(), places, scale);
    write_stack(&mut maps, BitDepth::Float32, &arguments.output).map_err(table::failure)?;
    table::say_written(moments.len(), maps.info().size, &arguments.output, begun, voice);
    Ok(())
}
