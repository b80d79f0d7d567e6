//! Cells of a table as what they should be, or why they are not.

use movemeter::track::Status;

use crate::table::stored::{StoredTable, Values};

/// A column that may be missing.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    table: &'a StoredTable,
    name: &'static str,
    values: Option<&'a Values>,
}

impl<'a> Cells<'a> {
    /// The column of this name, if it is there.
    pub(super) fn new(table: &'a StoredTable, name: &'static str) -> Self {
        Self { table, name, values: table.column(name) }
    }

    /// The column of this name; an error if it is not there.
    pub(super) fn needed(table: &'a StoredTable, name: &'static str) -> Result<Self, String> {
        let cells = Self::new(table, name);
        match cells.is_there() {
            true => Ok(cells),
            false => Err(format!(
                "it has no column {name}; there {}",
                match &table.columns[..] {
                    [] => "is none".into(),
                    columns => {
                        let names: Vec<&str> =
                            columns.iter().map(|column| column.name.as_str()).collect();
                        format!("are {}", names.join(", "))
                    }
                }
            )),
        }
    }

    /// Whether there is such a column.
    pub(super) fn is_there(&self) -> bool {
        self.values.is_some()
    }

    /// A number; NaN if it is empty or there is no such column.
    pub(super) fn float(&self, row: usize) -> Result<f64, String> {
        let Some(values) = self.values else { return Ok(f64::NAN) };
        values.float(row).ok_or_else(|| self.refused(row, "a number or empty"))
    }

    /// A whole number from 0 on.
    pub(super) fn count(&self, row: usize) -> Result<Option<usize>, String> {
        let Some(values) = self.values else { return Ok(None) };
        let count = values.integer(row).and_then(|value| usize::try_from(value).ok());
        let count = count.filter(|&count| count <= LARGEST);
        count.map(Some).ok_or_else(|| self.refused(row, "a whole number from 0 on"))
    }

    /// A whole number.
    pub(super) fn whole(&self, row: usize) -> Result<Option<isize>, String> {
        let Some(values) = self.values else { return Ok(None) };
        let whole = values.integer(row).and_then(|value| isize::try_from(value).ok());
        let whole = whole.filter(|whole| whole.unsigned_abs() <= LARGEST);
        whole.map(Some).ok_or_else(|| self.refused(row, "a whole number"))
    }

    /// A status.
    pub(super) fn status(&self, row: usize) -> Result<Option<Status>, String> {
        let Some(values) = self.values else { return Ok(None) };
        let word = values.word(row);
        let status = Status::ALL.into_iter().find(|status| status.as_str() == word.trim());
        status.map(Some).ok_or_else(|| {
            let words = Status::ALL.map(Status::as_str).join(", ");
            self.refused(row, &format!("one of {words}"))
        })
    }

    /// A word, if there is such a column.
    pub(super) fn word(&self, row: usize) -> Option<std::borrow::Cow<'a, str>> {
        self.values.map(|values| values.word(row))
    }

    fn refused(&self, row: usize, allowed: &str) -> String {
        let shown = self.values.map(|values| values.word(row)).unwrap_or_default();
        let place = self.table.place(row);
        match shown.is_empty() {
            true => format!("{place}: {} must be {allowed}, but is empty", self.name),
            false => format!("{place}: {} must be {allowed}, but is {shown:?}", self.name),
        }
    }
}

/// Beyond any frame, and any number of frames.
const LARGEST: usize = 1 << 30;
