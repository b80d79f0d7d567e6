//! When a frame was taken, as pictures say it.

use movemeter::track::Stamp;

/// A frame's number, and its time if it has one.
pub(super) fn said(stamp: &Stamp) -> String {
    match stamp.time_s.is_finite() {
        true => format!("frame {}, {:.3} s", stamp.number, stamp.time_s),
        false => format!("frame {}", stamp.number),
    }
}
