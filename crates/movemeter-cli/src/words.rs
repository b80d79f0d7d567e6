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
