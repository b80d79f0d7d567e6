//! What a recipe file holds: every setting, what was drawn, what was chosen in the recording.

use std::path::Path;

use movemeter::mask::Mask;
use movemeter::recipe::Recipe;
use movemeter::roi::RoiGroup;

use crate::error::Error;
use crate::options::OpenOptions;
use crate::output::{OutputFile, folder_of};
use crate::provenance::{Provenance, relative};
use crate::table::stored::StoredTable;
use crate::table::{TableFormat, read_table, unreadable};

mod settings;
mod reading;
mod writing;
mod schema;

pub use schema::recipe_schema;

/// All that is needed to measure a recording as another was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecipeFile {
    /// Every setting. Its windows are measured besides those that fill the ROIs.
    pub recipe: Recipe,
    /// What was drawn; it is filled with windows when the frame's size is known.
    pub rois: Vec<RoiGroup>,
    /// What is chosen in the recording.
    pub opening: OpenOptions,
}

impl RecipeFile {
    /// Reads a recipe: a TOML file as [`write`](Self::write) writes it, the same as JSON, or a table, whose
    /// recipe it is.
    ///
    /// Settings that are left out have their defaults; one that is not known is an error with its line. The path
    /// of a mask's image leads from the recipe's folder, and is read as one from the present folder.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        match path.extension().and_then(|ending| ending.to_str()) {
            Some(ending) if ending.eq_ignore_ascii_case("toml") => {
                let text = text_of(path)?;
                let file = reading::of_toml(&text).map_err(|cause| not_a_recipe(path, cause))?;
                Ok(file.with_mask_in(&folder_of(path)))
            }
            Some(ending) if ending.eq_ignore_ascii_case("json") => Self::read_json(path),
            _ if TableFormat::of(path).is_ok() => Self::of_table(&read_table(path)?, path),
            _ => Err(Error::UnknownEnding { path: path.into(), allowed: ENDINGS.into() }),
        }
    }

    fn read_json(path: &Path) -> Result<Self, Error> {
        match reading::of_json(&text_of(path)?) {
            Ok(Some(file)) => Ok(file.with_mask_in(&folder_of(path))),
            Ok(None) => Self::of_table(&read_table(path)?, path),
            Err(cause) => Err(not_a_recipe(path, cause)),
        }
    }

    /// The recipe of a table that was read from `path`.
    pub fn of_table(table: &StoredTable, path: &Path) -> Result<Self, Error> {
        let recipe = table.recipe();
        let refused =
            |cause| unreadable(path, TableFormat::of(path).unwrap_or(TableFormat::Csv), cause);
        let mut recipe = recipe.map_err(refused)?;
        let Provenance { opened, inputs, .. } = &table.provenance;
        // A mask's image is the last input. Its name leads there from where it was measured, its path from here.
        let place = inputs.last().and_then(|input| input.path.as_ref());
        if let (Some(_), Some(place)) = (&recipe.mask, place) {
            recipe.mask = Some(name_in(&folder_of(path), &place.to_string_lossy()).into());
        }
        Ok(Self { recipe, rois: Vec::new(), opening: opened.clone() })
    }

    /// The file as TOML, with a line above each setting that explains it.
    pub fn to_toml(&self) -> String {
        writing::toml(self)
    }

    /// Writes it as TOML. The path of a mask's image leads there from the folder of the file.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let mut file = OutputFile::create(path)?;
        let text = self.seen_from(&folder_of(path)).to_toml();
        std::io::Write::write_all(&mut file, text.as_bytes())
            .map_err(|error| Error::unwritable(path, &error))?;
        file.finish()
    }

    fn seen_from(&self, folder: &Path) -> Self {
        let mut seen = self.clone();
        if let Some(mask) = &self.recipe.mask {
            let place = relative(Path::new(mask.name()), folder);
            seen.recipe.mask = Some(place.display().to_string().into());
        }
        seen
    }

    fn with_mask_in(mut self, folder: &Path) -> Self {
        let mask = self.recipe.mask.take();
        self.recipe.mask = mask.map(|mask: Mask| name_in(folder, mask.name()).into());
        self
    }
}

/// What a recipe may end in.
const ENDINGS: &str = ".toml .json, or of a table: .csv .tsv .json .parquet .npz";

/// A path in a folder; the present folder is not named.
fn name_in(folder: &Path, name: &str) -> String {
    match folder == Path::new(".") {
        true => name.into(),
        false => folder.join(name).display().to_string(),
    }
}

fn text_of(path: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(path).map_err(|error| Error::refused(path, &error))?;
    let text = String::from_utf8(bytes);
    text.map_err(|_| not_a_recipe(path, "it is not UTF-8 text".into()))
}

fn not_a_recipe(path: &Path, cause: String) -> Error {
    Error::Unreadable { format: "a recipe", path: path.into(), cause }
}
