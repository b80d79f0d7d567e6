//! The tables of one stack.

use std::io::Write;
use std::path::Path;

use movemeter::table::Table;

use super::record::FileRecord;
use crate::error::Error;
use crate::output::OutputFile;
use crate::provenance::Provenance;
use crate::table::{TableFormat, write_table};

/// The tables of one stack, begun before it is measured: what cannot be written is known then.
pub(super) struct Tables<'a> {
    results: &'a Path,
    files: Vec<(&'a str, TableFormat, OutputFile)>,
}

impl<'a> Tables<'a> {
    pub(super) fn create(results: &'a Path, names: &'a [String]) -> Result<Self, Error> {
        let create = |name: &'a String| {
            let file = OutputFile::create(results.join(name))?;
            Ok((&**name, TableFormat::of(name)?, file))
        };
        Ok(Self { results, files: names.iter().map(create).collect::<Result<_, Error>>()? })
    }

    /// Writes them, under their hidden names still.
    pub(super) fn write(
        &mut self,
        table: &Table<'_>,
        provenance: &Provenance,
    ) -> Result<(), Error> {
        for (name, format, file) in &mut self.files {
            write_table(table, provenance, *format, file)
                .and_then(|()| file.flush())
                .map_err(|error| Error::unwritable(&self.results.join(&**name), &error))?;
        }
        Ok(())
    }

    /// Puts them in their places; gives what is there then.
    pub(super) fn finish(self) -> Result<Vec<FileRecord>, Error> {
        let mut records = Vec::new();
        for (name, _, file) in self.files {
            file.finish()?;
            records.push(FileRecord::new(&self.results.join(name), name.into())?);
        }
        Ok(records)
    }
}
