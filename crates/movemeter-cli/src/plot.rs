//! `movemeter plot`: curves as a picture.

use movemeter_io::picture::{PictureFormat, PlotKind, PlotOptions, groups, plot as draw};

use crate::arguments::PlotArguments;
use crate::failure::Failure;
use crate::table;
use crate::voice::Voice;

/// Draws curves as the arguments ask for them.
pub fn plot(arguments: &PlotArguments, voice: &Voice) -> Result<(), Failure> {
    let output = &arguments.output;
    PictureFormat::of(output)
        .map_err(|error| Failure::Usage(format!("cannot write a picture: {error}")))?;
    table::check_outputs(std::slice::from_ref(output), &arguments.table, &[])?;
    let results = table::read(&arguments.table, voice)?;
    table::check_not_measured(output, &arguments.table, &results.provenance)?;
    let tracks = arguments.selection.selection().of(&results.tracks)?;
    let groups = groups(&tracks, &results.recipe.windows);
    let options = PlotOptions {
        kind: match (arguments.path, arguments.spectrum) {
            (true, _) => PlotKind::Path,
            (false, true) => PlotKind::Spectrum,
            (false, false) => PlotKind::Time,
        },
        quantities: arguments.what.clone(),
        brightness: results.recipe.brightness.unwrap_or_default(),
        size_mm: arguments.page.size_mm(),
        dpi: arguments.page.dpi,
    };
    table::write_page(&draw(&tracks, &groups, &options)?, output, voice)
}
