//! What the columns of a table hold, for formats that must say so beforehand.

use movemeter::table::{Cell, Column};

use super::WORDS;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integers,
    Floats,
    Words,
}

/// The columns that hold whole numbers.
const WHOLE: [&str; 6] = ["frame", "window", "x", "y", "w", "h"];

/// What a column holds: as its first cell, or its name if there is none.
pub(super) fn kind_of(column: &Column<'_>, n_rows: usize) -> Kind {
    if n_rows == 0 {
        return match column.name.as_str() {
            name if WORDS.contains(&name) => Kind::Words,
            name if WHOLE.contains(&name) => Kind::Integers,
            _ => Kind::Floats,
        };
    }
    match column.cell(0) {
        Cell::Integer(_) => Kind::Integers,
        Cell::Float(_) => Kind::Floats,
        Cell::Text(_) => Kind::Words,
    }
}

/// A cell of a column of whole numbers.
pub(super) fn integer(column: &Column<'_>, row: usize) -> i64 {
    match column.cell(row) {
        Cell::Integer(value) => value,
        Cell::Float(_) | Cell::Text(_) => unreachable!("all cells of a column are of a kind"),
    }
}

/// A cell of a column of numbers.
pub(super) fn float(column: &Column<'_>, row: usize) -> f64 {
    match column.cell(row) {
        Cell::Float(value) => value,
        Cell::Integer(_) | Cell::Text(_) => unreachable!("all cells of a column are of a kind"),
    }
}

/// A cell of a column of words.
pub(super) fn word(column: &Column<'_>, row: usize) -> String {
    match column.cell(row) {
        Cell::Text(value) => value.into_owned(),
        Cell::Integer(_) | Cell::Float(_) => unreachable!("all cells of a column are of a kind"),
    }
}
