//! Medians and their spread, and how numbers are written.

use std::fmt;

/// What several rounds gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    lowest: f64,
    pub(super) highest: f64,
}

impl Spread {
    /// Of one value for each round.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub(super) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let n = values.len();
        let median = 0.5 * (values[(n - 1) / 2] + values[n / 2]);
        Self { median, lowest: values[0], highest: values[n - 1] }
    }

    /// The same in another unit.
    pub(super) fn times(self, factor: f64) -> Self {
        let Self { median, lowest, highest } = self;
        Self { median: factor * median, lowest: factor * lowest, highest: factor * highest }
    }
}

impl fmt::Display for Spread {
    /// As `12.3 (11.9–12.8)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, lowest, highest] = [self.median, self.lowest, self.highest].map(figures);
        write!(f, "{median} ({lowest}–{highest})")
    }
}

/// With three figures that count: `0.0123`, `1.23`, `123`, `12,300`.
pub(super) fn figures(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let n_after_the_first = 2 - value.abs().log10().floor() as i32;
    if 0 < n_after_the_first {
        return format!("{value:.*}", n_after_the_first as usize);
    }
    let unit = 10f64.powi(-n_after_the_first);
    in_thousands((value / unit).round() * unit)
}

/// A whole number with a comma after the thousands.
fn in_thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_figures_count() {
        let values = [0.001_234_5, 0.123_45, 1.234_5, 12.34, 123.45, 1_234.5, 1_234_567.0];
        let written = ["0.00123", "0.123", "1.23", "12.3", "123", "1,230", "1,230,000"];
        assert_eq!(values.map(figures), written);
        assert_eq!(figures(0.0), "0");
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!((spread.median, spread.lowest, spread.highest), (2.5, 1.0, 4.0));
        assert_eq!(spread.to_string(), "2.50 (1.00–4.00)");
    }
}
