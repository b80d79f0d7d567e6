//! `movemeter demo`: a recording whose motion is known, measured, and compared with the truth.

use crate::arguments::DemoArguments;
use crate::failure::Failure;

/// Makes a recording, measures it, and prints truth beside result.
pub fn demo(_: &DemoArguments) -> Result<(), Failure> {
    Ok(())
}
