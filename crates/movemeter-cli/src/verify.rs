//! `movemeter verify`: is a table or session what its recipe gives?

use movemeter_io::{FoundInput, Verification, is_session, verify as measure_again};
use serde_json::json;

use crate::arguments::VerifyArguments;
use crate::failure::Failure;
use crate::voice::Voice;
use crate::words::counted;

/// Measures again and says what differs.
pub fn verify(arguments: &VerifyArguments, voice: &Voice) -> Result<(), Failure> {
    let noun = if is_session(&arguments.table) { "session" } else { "table" };
    let verified = measure_again(&arguments.table, &arguments.places, voice);
    voice.end_progress();
    let verified = verified?;
    let Verification { other_version, n_rows, n_columns, differences, not_compared, .. } =
        &verified;
    verified.inputs.iter().for_each(|input| say_where(input, voice));
    if let Some(version) = other_version {
        voice.warning(&format!(
            "the {noun} was written by movemeter {version}; this is {}",
            env!("CARGO_PKG_VERSION")
        ));
    }
    if !not_compared.is_empty() {
        voice.warning(&format!("not compared: {}", not_compared.join(", ")));
    }
    let compared = format!("{}, {}", counted(*n_rows, "row"), counted(*n_columns, "column"));
    if differences.is_empty() {
        let is_rounded = verified.is_rounded;
        let event = json!({ "event": "verified", "rows": n_rows, "columns": n_columns, "rounded": is_rounded });
        let digits = if is_rounded { ", with the digits of text" } else { "" };
        voice.result(&format!("identical: {compared}{digits}"), &event);
        return Ok(());
    }
    let list: String = differences.iter().map(|difference| format!("\n  {difference}")).collect();
    Err(Failure::Failed(format!(
        "the {noun} is not what was measured now ({compared} compared):{list}"
    )))
}

/// Says which file was measured, if it is not the one that was named.
fn say_where(input: &FoundInput, voice: &Voice) {
    let FoundInput { name, path, is_in_place, changed } = input;
    match changed {
        _ if *is_in_place => {}
        Some(changed) => voice.warning(&format!(
            "{} has changed since it was measured; used {}, whose SHA-256 is that of what was measured",
            changed.display(),
            path.display()
        )),
        None => voice.result(
            &format!("{name} is not where it was; used {}", path.display()),
            &json!({ "event": "found", "input": name, "path": path.display().to_string() }),
        ),
    }
}
