//! The outcomes as tables of text.

use crate::expected::Expected;
use crate::outcome::Outcome;

/// All tables, in the order in which files were tried.
pub fn tables(cells: &[(Expected, Outcome)]) -> String {
    let mut notes: Vec<&str> = Vec::new();
    let mut text = String::new();
    for table in unique(cells.iter().map(|(expected, _)| expected.table.as_str())) {
        let cells: Vec<&(Expected, Outcome)> =
            cells.iter().filter(|(expected, _)| expected.table == table).collect();
        text += &format!("\n### {table}\n\n");
        text += &of_one(&cells, &mut notes);
    }
    text += "\n";
    for (index, note) in notes.iter().enumerate() {
        text += &format!("{}. {note}\n", index + 1);
    }
    text
}

fn of_one<'a>(cells: &[&'a (Expected, Outcome)], notes: &mut Vec<&'a str>) -> String {
    let columns = unique(cells.iter().map(|(expected, _)| expected.column.as_str()));
    let mut text = format!("| | {} |\n", columns.join(" | "));
    text += &format!("| --- |{}\n", " --- |".repeat(columns.len()));
    for row in unique(cells.iter().map(|(expected, _)| expected.row.as_str())) {
        text += &format!("| {row} |");
        for column in &columns {
            let is_here =
                |cell: &&&(Expected, Outcome)| cell.0.row == row && cell.0.column == *column;
            let outcomes = cells.iter().filter(is_here).map(|(_, outcome)| outcome);
            text += &format!(" {} |", cell(&outcomes.collect::<Vec<_>>(), notes));
        }
        text += "\n";
    }
    text
}

/// What is said of the files of one cell: the worst of them.
fn cell<'a>(outcomes: &[&'a Outcome], notes: &mut Vec<&'a str>) -> String {
    let refused = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Refused(message) => Some(message),
        Outcome::Equal | Outcome::Near(_) | Outcome::Wrong(_) => None,
    });
    if let Some(message) = refused {
        return format!("no ({})", note(message, notes));
    }
    let off = outcomes.iter().map(|outcome| match outcome {
        Outcome::Near(off) => *off,
        Outcome::Equal | Outcome::Refused(_) | Outcome::Wrong(_) => 0.0,
    });
    match (outcomes.is_empty(), off.fold(0.0, f32::max)) {
        (true, _) => String::new(),
        (false, 0.0) => "=".into(),
        (false, off) => format!("± {off:.1}"),
    }
}

/// The number of the note that says this.
fn note<'a>(message: &'a str, notes: &mut Vec<&'a str>) -> usize {
    let place = notes.iter().position(|note| *note == message);
    place.unwrap_or_else(|| {
        notes.push(message);
        notes.len() - 1
    }) + 1
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}
