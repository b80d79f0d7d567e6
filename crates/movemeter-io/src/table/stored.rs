//! A table that was read: named columns of numbers or words, and where it came from.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use movemeter::brightness::Brightness;
use movemeter::deformation::Deforming;
use movemeter::table::{Cell, Column, Digits, Table};
use movemeter::track::Tracks;

use crate::provenance::Provenance;

/// A table as it was read, whatever its columns are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredTable {
    /// The columns from left to right; all have as many entries.
    pub columns: Vec<StoredColumn>,
    /// Where it came from.
    pub provenance: Provenance,
    /// The line of each row, where the table is lines of text; else empty.
    pub(crate) lines: Vec<u64>,
}

/// A named column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredColumn {
    /// Its name.
    pub name: String,
    /// Its entries.
    pub values: Values,
}

/// The entries of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Whole numbers; none is missing.
    Integers(Vec<i64>),
    /// Measured numbers; NaN where there is none.
    Floats(Vec<f64>),
    /// Words.
    Words(Words),
}

/// A column of words, each kept once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    known: Vec<String>,
    /// For each row, the place of its word.
    places: Vec<u32>,
    /// The place of each word.
    index: HashMap<String, u32>,
}

/// What is written in one place of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Entry<'a> {
    Nothing,
    Integer(i64),
    Float(f64),
    Word(&'a str),
}

impl StoredTable {
    /// What a table shows, with all digits.
    pub(crate) fn of(table: &Table<'_>, provenance: Provenance) -> Self {
        let columns = table.columns.iter().map(|column| {
            let mut values = Values::default();
            for row in 0..table.n_rows {
                match column.cell(row) {
                    Cell::Integer(value) => values.push(Entry::Integer(value)),
                    Cell::Float(value) => values.push(Entry::Float(value)),
                    Cell::Text(word) => values.push(Entry::Word(&word)),
                }
            }
            StoredColumn { name: column.name.to_string(), values }
        });
        Self { columns: columns.collect(), provenance, lines: Vec::new() }
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Values> {
        let column = self.columns.iter().find(|column| column.name == name);
        column.map(|column| &column.values)
    }

    /// How many rows.
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// What a row is called in messages: its line in the file, or its number, from 0.
    pub fn place(&self, row: usize) -> String {
        match self.lines.get(row) {
            Some(line) => format!("line {line}"),
            None => format!("row {row}"),
        }
    }

    /// The same table for writing; columns of movemeter are shown with their digits.
    pub fn table(&self) -> Table<'_> {
        let columns = self.columns.iter().map(|StoredColumn { name, values }| {
            Column::new(name, digits_of(name), move |row| values.cell(row))
        });
        Table { n_rows: self.n_rows(), columns: columns.collect() }
    }
}

/// How numbers of a column of this name are shown in text.
pub(crate) fn digits_of(name: &str) -> Digits {
    DIGITS.get(name).copied().unwrap_or(Digits::Shortest)
}

/// The columns that movemeter writes, with their digits.
static DIGITS: LazyLock<HashMap<String, Digits>> = LazyLock::new(|| {
    let everything = Tracks {
        brightness: Some(Brightness::default()),
        pixel_size_um: Some(1.0),
        deforming: Deforming::Straining,
        ..Tracks::default()
    };
    let columns = everything.table().columns;
    columns.into_iter().map(|column| (column.name.clone(), column.digits)).collect()
});

impl Default for Values {
    fn default() -> Self {
        Self::Integers(Vec::new())
    }
}

impl Values {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Words(words) => words.places.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry of a row as a number, NaN if it is empty; `None` if it is a word.
    pub fn float(&self, row: usize) -> Option<f64> {
        match self {
            Self::Integers(values) => Some(values[row] as f64),
            Self::Floats(values) => Some(values[row]),
            Self::Words(words) => match words.get(row).trim() {
                "" => Some(f64::NAN),
                word => word.parse().ok(),
            },
        }
    }

    /// The entry of a row as a whole number, if it is one.
    pub fn integer(&self, row: usize) -> Option<i64> {
        match self {
            Self::Integers(values) => Some(values[row]),
            Self::Floats(values) => {
                let value = values[row];
                (value.fract() == 0.0 && value.abs() < LARGEST_WHOLE).then_some(value as i64)
            }
            Self::Words(words) => words.get(row).trim().parse().ok(),
        }
    }

    /// The entry of a row as it is shown.
    pub fn word(&self, row: usize) -> Cow<'_, str> {
        match self {
            Self::Words(words) => words.get(row).into(),
            Self::Integers(values) => values[row].to_string().into(),
            Self::Floats(values) => Digits::Shortest.show(values[row]).into(),
        }
    }

    /// The entry of a row as tables are written.
    pub fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Integers(values) => Cell::Integer(values[row]),
            Self::Floats(values) => Cell::Float(values[row]),
            Self::Words(words) => Cell::Text(words.get(row).into()),
        }
    }

    /// Adds an entry; a column of whole numbers becomes one of numbers or of words where it must.
    pub(crate) fn push(&mut self, entry: Entry<'_>) {
        match (&mut *self, entry) {
            (Self::Integers(values), Entry::Integer(value)) => values.push(value),
            (Self::Floats(values), Entry::Integer(value)) => values.push(value as f64),
            (Self::Floats(values), Entry::Float(value)) => values.push(value),
            (Self::Floats(values), Entry::Nothing) => values.push(f64::NAN),
            (Self::Words(words), entry) => words.push(&entry.shown()),
            (Self::Integers(_), Entry::Float(_) | Entry::Nothing) => {
                self.widen();
                self.push(entry);
            }
            (Self::Integers(_) | Self::Floats(_), Entry::Word(_)) => {
                let words = (0..self.len()).map(|row| self.word(row));
                *self = Self::Words(words.collect());
                self.push(entry);
            }
        }
    }

    fn widen(&mut self) {
        if let Self::Integers(values) = self {
            *self = Self::Floats(values.iter().map(|&value| value as f64).collect());
        }
    }
}

/// Up to here every whole number is a number of 64 bits with a fraction.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

impl Entry<'_> {
    fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Nothing => "".into(),
            Self::Integer(value) => value.to_string().into(),
            Self::Float(value) => Digits::Shortest.show(*value).into(),
            Self::Word(word) => (*word).into(),
        }
    }
}

impl Words {
    /// The word of a row.
    pub fn get(&self, row: usize) -> &str {
        &self.known[self.places[row] as usize]
    }

    /// The words that occur, each once, in the order they came.
    pub fn known(&self) -> &[String] {
        &self.known
    }

    fn push(&mut self, word: &str) {
        let place = self.index.get(word).copied().unwrap_or_else(|| {
            let place = self.known.len() as u32;
            self.known.push(word.into());
            self.index.insert(word.into(), place);
            place
        });
        self.places.push(place);
    }
}

impl<'a> FromIterator<Cow<'a, str>> for Words {
    fn from_iter<I: IntoIterator<Item = Cow<'a, str>>>(all: I) -> Self {
        let mut words = Self::default();
        for word in all {
            words.push(&word);
        }
        words
    }
}
