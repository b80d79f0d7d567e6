//! `movemeter overlay`: windows and arrows on frames.

use std::time::Instant;

use movemeter::geometry::Size;
use movemeter_io::picture::{
    OverlayFilm, OverlayOptions, OverlayPainter, PictureFormat, check_recording, groups,
    picture_files,
};
use movemeter_io::{FilmOptions, Results, open_all};

use crate::arguments::OverlayArguments;
use crate::failure::Failure;
use crate::table;
use crate::voice::Voice;

/// Draws windows and arrows as the arguments ask for them.
pub fn overlay(arguments: &OverlayArguments, voice: &Voice) -> Result<(), Failure> {
    let begun = Instant::now();
    let output = &arguments.output;
    check_ending(arguments)?;
    let (path, stacks) = arguments.inputs.split_last().expect("clap asks for two at least");
    let results = table::read(path, voice)?;
    let selection = arguments.selection.selection();
    let tracks =
        movemeter_io::picture::Selection { frames: Default::default(), ..selection.clone() }
            .of(&results.tracks)?;
    let recording = open_all(stacks, &arguments.opening.options())?;
    check_recording(&recording.source, &tracks)?;
    let frames = match arguments.frame {
        Some(number) => vec![table::place_of(&tracks, number)?],
        None => selection.frames_of(&tracks)?,
    };
    let outputs = match is_page(arguments) {
        true => vec![output.clone()],
        false => picture_files(output, frames.len())?,
    };
    table::check_outputs(&outputs, path, &recording.inputs)?;
    table::check_not_measured(output, path, &results.provenance)?;
    table::warn_of_other(&recording.inputs, &results.provenance, voice)?;
    let groups = groups(&tracks, &results.recipe.windows);
    let size = recording.source.info().size;
    let options = options(arguments, &results, size);
    let painter = OverlayPainter::new(&tracks, &groups, size, options);
    let mut film = OverlayFilm { painter, tracks: &tracks, frames, source: recording.source };
    if is_page(arguments) {
        let page = film.page(0).map_err(table::failure)?;
        return table::write_page(&page, output, voice);
    }
    let film_options = FilmOptions {
        frame_rate_hz: arguments.fps,
        ffmpeg: arguments.opening.ffmpeg.clone(),
        ..FilmOptions::default()
    };
    table::write_film(film, output, &film_options, begun, voice)
}

/// Whether one frame is drawn on a page of paper, not pixel by pixel.
fn is_page(arguments: &OverlayArguments) -> bool {
    let of_paper =
        matches!(PictureFormat::of(&arguments.output), Ok(PictureFormat::Pdf | PictureFormat::Svg));
    of_paper || (arguments.page.size.is_some() && arguments.frame.is_some())
}

fn check_ending(arguments: &OverlayArguments) -> Result<(), Failure> {
    let output = &arguments.output;
    let ending = output.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match (&*ending.to_lowercase(), arguments.frame) {
        ("svg" | "pdf", None) => Err(Failure::Usage(
            "a page shows one frame; say which with --frame N, or write a film (.mp4 .tif #.png)"
                .into(),
        )),
        ("svg" | "pdf" | "png" | "mp4" | "tif" | "tiff", _) => Ok(()),
        _ => Err(table::unknown(
            output,
            ".mp4 .tif .tiff or #.png (a film), .png .svg .pdf (one frame)",
        )),
    }
}

fn options(arguments: &OverlayArguments, results: &Results, frame: Size) -> OverlayOptions {
    let [width, height] = arguments.page.size_mm();
    // The frame's shape is kept; it fits into what was asked for.
    let by_height = height.map(|height| height * frame.width as f64 / frame.height as f64);
    let width_mm = match (width, by_height) {
        (Some(width), Some(other)) => Some(width.min(other)),
        (width, _) => width,
    };
    OverlayOptions {
        magnify: arguments.magnify,
        trail: arguments.trail,
        follow: results.recipe.follow,
        range: arguments.range,
        width_mm,
        dpi: arguments.page.dpi,
        pixel_size_um: results.tracks.pixel_size_um,
    }
}
