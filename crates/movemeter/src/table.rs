//! Tables: named columns, made row by row when they are written.
//!
//! A table of ten million rows costs no memory of its own: a column is a function from the row to
//! its cell, over the tracks it shows.

use std::borrow::Cow;

/// One entry of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A whole number.
    Integer(i64),
    /// A measured number; NaN is an empty cell.
    Float(f64),
    /// A word.
    Text(Cow<'a, str>),
}

/// How many digits of a number are shown in text formats. Binary formats keep all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// As few as give the same number back.
    Shortest,
    /// This many after the point.
    Decimals(usize),
    /// This many that count, with an exponent: for numbers whose size is not known before.
    Significant(usize),
}

/// A named column.
pub struct Column<'a> {
    /// Its name; the unit is its ending, as in `dx_px`.
    pub name: String,
    /// How its numbers are shown in text.
    pub digits: Digits,
    cell: Box<dyn Fn(usize) -> Cell<'a> + 'a>,
}

impl<'a> Column<'a> {
    /// A column whose entry in row `r` is `cell(r)`.
    pub fn new(name: &str, digits: Digits, cell: impl Fn(usize) -> Cell<'a> + 'a) -> Self {
        Self { name: name.into(), digits, cell: Box::new(cell) }
    }

    /// Its entry in this row.
    pub fn cell(&self, row: usize) -> Cell<'a> {
        (self.cell)(row)
    }
}

/// Named columns of the same number of rows.
pub struct Table<'a> {
    /// How many rows.
    pub n_rows: usize,
    /// The columns from left to right.
    pub columns: Vec<Column<'a>>,
}

impl<'a> Table<'a> {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column<'a>> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Digits {
    /// A number as text; empty for one that was not measured.
    pub fn show(self, value: f64) -> String {
        if value.is_nan() {
            return String::new();
        }
        // A value that rounds to zero is shown without a sign.
        let value = if value == 0.0 { 0.0 } else { value };
        let text = match self {
            Self::Shortest => format!("{value}"),
            Self::Decimals(n) => format!("{value:.n$}"),
            Self::Significant(n) => format!("{value:.*e}", n.saturating_sub(1)),
        };
        match text.strip_prefix('-') {
            Some(digits) if digits.bytes().all(|b| b == b'0' || b == b'.') => digits.into(),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_with_the_digits_asked_for() {
        assert_eq!(Digits::Shortest.show(0.1), "0.1");
        assert_eq!(Digits::Decimals(6).show(-2.831_254_79), "-2.831255");
        assert_eq!(Digits::Significant(4).show(0.000_123_456), "1.235e-4");
    }

    #[test]
    fn what_was_not_measured_is_empty_and_zero_has_no_sign() {
        assert_eq!(Digits::Decimals(3).show(f64::NAN), "");
        assert_eq!(Digits::Decimals(3).show(-0.000_1), "0.000");
        assert_eq!(Digits::Significant(3).show(-0.0), "0.00e0");
    }
}
