//! Units of length and time, and pixels that have one length alone.

/// Micrometres of an inch.
pub(super) const INCH_UM: f64 = 25_400.0;

/// Micrometres of a unit of length, by the names that programs write.
pub(super) fn unit_um(name: &str) -> Option<f64> {
    let name = name.trim().replace("\\u00B5", "µ").replace('\u{3bc}', "µ").to_lowercase();
    match name.as_str() {
        "um" | "µm" | "micron" | "microns" | "micrometer" | "micrometre" => Some(1.0),
        "nm" | "nanometer" | "nanometre" => Some(1e-3),
        "pm" => Some(1e-6),
        "å" | "angstrom" => Some(1e-4),
        "mm" | "millimeter" | "millimetre" => Some(1e3),
        "cm" | "centimeter" | "centimetre" => Some(1e4),
        "m" | "meter" | "metre" => Some(1e6),
        "inch" | "in" => Some(INCH_UM),
        _ => None,
    }
}

/// Seconds of a unit of time.
pub(super) fn unit_s(name: &str) -> Option<f64> {
    let name = name.trim().replace('\u{3bc}', "µ").to_lowercase();
    match name.as_str() {
        "s" | "sec" | "second" | "seconds" => Some(1.0),
        "ms" | "msec" | "millisecond" | "milliseconds" => Some(1e-3),
        "µs" | "us" | "usec" | "microsecond" | "microseconds" => Some(1e-6),
        "ns" | "nanosecond" => Some(1e-9),
        "min" | "minute" | "minutes" => Some(60.0),
        "h" | "hour" | "hours" => Some(3600.0),
        "d" | "day" | "days" => Some(86_400.0),
        _ => None,
    }
}

/// How far the sides of square pixels may be apart.
const SQUARE: f64 = 1e-3;

/// Whether pixels with these sides are square, so that one size holds.
pub(super) fn is_square(x_um: f64, y_um: f64) -> bool {
    (x_um - y_um).abs() <= SQUARE * x_um
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_known_in_all_their_spellings() {
        for name in ["um", "\u{b5}m", "\u{3bc}m", "\\u00B5m", "micron", "microns"] {
            assert_eq!(unit_um(name), Some(1.0), "{name}");
        }
        assert_eq!((unit_um("mm"), unit_um("Å"), unit_um("pixel")), (Some(1e3), Some(1e-4), None));
        assert_eq!((unit_s("ms"), unit_s("min"), unit_s("frames")), (Some(1e-3), Some(60.0), None));
    }
}
