//! Tables as Markdown.

/// A table with its first columns as words, the others as numbers.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let headings: Vec<String> = headings.iter().map(ToString::to_string).collect();
    let rule: Vec<String> = headings.iter().map(|_| "---:".to_string()).collect();
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("{}{}{rows}", line(&headings), line(&rule))
}

/// A target is missed if it is missed by more than this many standard deviations of what was measured:
/// of a hundred numbers that just meet it, two look as if they did not.
pub const SURELY: f64 = 2.0;

/// A part as per cent.
pub fn percent(part: f64, decimals: usize) -> String {
    format!("{:.decimals$}", 100.0 * part)
}

/// In thousandths of a pixel, with three significant digits.
pub fn mpx(value_px: f64) -> String {
    let value = 1000.0 * value_px;
    let decimals = match value.abs() {
        0.0..1.0 => 3,
        1.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// The text, in bold with a mark where it misses its target.
pub fn judged(text: String, is_met: bool) -> String {
    if is_met { text } else { format!("**{text}** ✗") }
}
