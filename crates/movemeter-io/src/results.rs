//! What was measured, with where it came from.

use std::path::Path;

use movemeter::recipe::Recipe;
use movemeter::track::Tracks;

use crate::error::Error;
use crate::provenance::Provenance;
use crate::table::stored::StoredTable;
use crate::table::{TableFormat, read_table, unreadable};

mod cells;
mod places;
mod tracks;

/// Tracks as they were written into a table, and what the table says of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// What was measured. Brightness is as the table gives it, which
    /// [`Recipe::brightness`] names.
    pub tracks: Tracks,
    /// How it was measured. Of a mask there is only the name.
    pub recipe: Recipe,
    /// Where it came from.
    pub provenance: Provenance,
}

/// Reads what was measured back from a table, whatever its format, but not from a session:
/// [`session::read_results`](crate::session::read_results) reads both.
///
/// A table that was changed by hand is read as long as it is clear what is meant: rows may be missing or in
/// another order, as may columns. There must be `frame`, and `dx_px` and `dy_px` (or `brightness`); `status`
/// only where a displacement is missing, and `x`, `y`, `w`, `h` only if the recipe does not name the windows.
/// Columns that are not known are passed over. A window that has no row in a frame is `excluded` there, as is all
/// motion of a table of brightness alone.
///
/// If the recipe is missing or cannot be read, that is a doubt of the provenance; the recipe then has only the
/// windows.
pub fn read_results(path: impl AsRef<Path>) -> Result<Results, Error> {
    let path = path.as_ref();
    let format = TableFormat::of(path)?;
    let table = read_table(path)?;
    results_of(table, format).map_err(|cause| unreadable(path, format, cause))
}

/// The same of a table that was read.
pub(crate) fn results_of(table: StoredTable, format: TableFormat) -> Result<Results, String> {
    let recipe = table.recipe();
    let known = recipe.as_ref().ok();
    let tracks = tracks::of(&table, known, format)?;
    let mut provenance = table.provenance;
    let recipe = recipe.unwrap_or_else(|doubt| {
        provenance.doubts.push(doubt);
        Recipe { windows: tracks::windows_of(&tracks), ..Recipe::default() }
    });
    Ok(Results { tracks, recipe, provenance })
}

impl StoredTable {
    /// The recipe, if it says one that can be read; else why not.
    pub fn recipe(&self) -> Result<Recipe, String> {
        let json = &self.provenance.recipe_json;
        if json.is_empty() {
            return Err("the table does not say by which recipe it was measured".into());
        }
        serde_json::from_str(json).map_err(|error| {
            let by = self
                .provenance
                .version
                .as_ref()
                .map(|version| format!(", written by movemeter {version},"));
            format!("the table's recipe{} cannot be read: {error}", by.unwrap_or_default())
        })
    }
}
