//! Numbers as people say them.

use std::time::Duration;

/// `1 frame`, `2 frames`.
pub fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// `0.4 s`, `1 min 15 s`, `2 h 1 min`.
pub fn duration(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        s @ 10..60 => format!("{s} s"),
        s @ 60..3600 => format!("{} min {} s", s / 60, s % 60),
        s => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

/// Names in one column, values in another, also those of several lines.
pub fn aligned(title: &str, lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let mut text = format!("{title}\n");
    for (name, value) in lines {
        let mut parts = value.lines();
        text += &format!("  {name:width$}   {}\n", parts.next().unwrap_or_default());
        for part in parts {
            text += &format!("  {:width$}   {part}\n", "");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_their_own_units() {
        let said = |s| duration(Duration::from_secs_f64(s));
        assert_eq!([said(0.44), said(31.7)], ["0.4 s", "31 s"]);
        assert_eq!([said(75.0), said(7300.0)], ["1 min 15 s", "2 h 1 min"]);
    }

    #[test]
    fn only_one_is_singular() {
        let said = [0, 1, 2].map(|n| counted(n, "frame"));
        assert_eq!(said, ["0 frames", "1 frame", "2 frames"]);
    }
}
