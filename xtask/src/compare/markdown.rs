//! Tables as Markdown.

/// A table whose first column are words, the others numbers.
pub(super) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rules: Vec<String> = (0..headings.len())
        .map(|column| if column == 0 { ":---" } else { "---:" }.to_owned())
        .collect();
    let headings: Vec<String> = headings.iter().map(ToString::to_string).collect();
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("{}{}{rows}", line(&headings), line(&rules)).trim_end().to_owned()
}

/// A row that says why there are no numbers.
pub(super) fn failed(name: &str, reason: &str, n_columns: usize) -> Vec<String> {
    let mut row =
        vec![name.to_owned(), format!("could not be measured: {reason}").replace('|', "/")];
    row.resize(n_columns, String::new());
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_left_and_numbers_right() {
        let row = failed("b", "no | b", 3);
        let text = table(&["program", "px", "s"], &[vec!["a".into(), "1".into(), "2".into()], row]);
        assert_eq!(
            text,
            "| program | px | s |\n| :--- | ---: | ---: |\n| a | 1 | 2 |\n| b | could not be measured: no / b |  |"
        );
    }
}
