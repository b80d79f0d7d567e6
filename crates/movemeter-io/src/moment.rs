//! Moments as people and programs write them.

use std::time::{SystemTime, UNIX_EPOCH};

/// A moment in UTC as ISO 8601 has it, with nine decimals: `2026-11-23T20:35:22.000000001Z`.
pub(crate) fn iso(moment: SystemTime) -> String {
    // Before 1970 are only files whose time was lost.
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second % 3600 / 60, second % 60);
    let nanoseconds = since.subsec_nanos();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanoseconds:09}Z")
}

/// Year, month and day, so many days after the first of January 1970.
///
/// Counted from the first of March of the year 0, leap days come last. After H. Hinnant, "chrono-compatible low-level
/// date algorithms".
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// As `date --utc --iso-8601=ns --date=@SECONDS` says.
    #[test]
    fn moments_are_written_as_other_programs_write_them() {
        let said = |seconds, nanoseconds| iso(UNIX_EPOCH + Duration::new(seconds, nanoseconds));
        assert_eq!(said(0, 0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(said(951_782_400, 5), "2000-02-29T00:00:00.000000005Z");
        assert_eq!(said(1_709_251_199, 0), "2024-02-29T23:59:59.000000000Z");
        assert_eq!(said(1_795_466_122, 123_456_789), "2026-11-23T20:35:22.123456789Z");
        assert_eq!(said(4_107_542_400, 0), "2100-03-01T00:00:00.000000000Z");
    }
}
