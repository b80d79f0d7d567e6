//! `movemeter verify`: is a table what its recipe gives?

use movemeter_io::{Verification, is_session, verify as measure_again};
use serde_json::json;

use crate::arguments::VerifyArguments;
use crate::failure::Failure;
use crate::voice::Voice;
use crate::words::counted;

/// Measures again and says what differs.
pub fn verify(arguments: &VerifyArguments, voice: &Voice) -> Result<(), Failure> {
    if is_session(&arguments.table) {
        return Err(Failure::Usage(format!(
            "a session is verified by its table: write it with movemeter convert, as to .parquet, and verify \
             that ({})",
            arguments.table.display()
        )));
    }
    let verified = measure_again(&arguments.table, &arguments.places, voice);
    voice.end_progress();
    let verified = verified?;
    let Verification { other_version, n_rows, n_columns, differences, not_compared, is_rounded } =
        &verified;
    if let Some(version) = other_version {
        voice.warning(&format!(
            "the table was written by movemeter {version}; this is {}",
            env!("CARGO_PKG_VERSION")
        ));
    }
    if !not_compared.is_empty() {
        voice.warning(&format!("not compared: {}", not_compared.join(", ")));
    }
    let compared = format!("{}, {}", counted(*n_rows, "row"), counted(*n_columns, "column"));
    if differences.is_empty() {
        let event = json!({ "event": "verified", "rows": n_rows, "columns": n_columns, "rounded": is_rounded });
        let digits = if *is_rounded { ", with the digits of text" } else { "" };
        voice.result(&format!("identical: {compared}{digits}"), &event);
        return Ok(());
    }
    let list: String = differences.iter().map(|difference| format!("\n  {difference}")).collect();
    Err(Failure::Failed(format!(
        "the table is not what was measured now ({compared} compared):{list}"
    )))
}
