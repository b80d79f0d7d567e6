//! Our own files of ROIs.

use movemeter::roi::RoiGroup;
use serde::Deserialize;
use serde_json::to_string;

use super::Cause;
use crate::plainly::plainly;

/// Files of this version are written; older ones are read.
const VERSION: u32 = 1;

/// What a file holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoiFile {
    /// Which release wrote it, for people.
    #[serde(rename = "movemeter", default)]
    _movemeter: String,
    #[serde(rename = "version")]
    _version: u32,
    groups: Vec<RoiGroup>,
}

/// What a file of any version has.
#[derive(Deserialize)]
struct AnyVersion {
    version: Option<u32>,
}

const FORMAT: &str = "a ROI file";

pub(super) fn read(text: &str) -> Result<Vec<RoiGroup>, Cause> {
    let refused = |error: serde_json::Error| (FORMAT, plainly(&error.to_string()));
    let any: AnyVersion = serde_json::from_str(text).map_err(refused)?;
    match any.version {
        Some(1..=VERSION) => Ok(serde_json::from_str::<RoiFile>(text).map_err(refused)?.groups),
        None => Err((FORMAT, format!("the key \"version\" is missing; it is {VERSION} now"))),
        Some(version) => {
            let cause = format!(
                "its version is {version}, but at most {VERSION} is known here; use a newer movemeter"
            );
            Err((FORMAT, cause))
        }
    }
}

/// A line for each ROI, so that people can read and change it.
pub(super) fn written(groups: &[RoiGroup]) -> Vec<u8> {
    let groups: Vec<String> = groups.iter().map(group).collect();
    let text = format!(
        "{{\n  \"movemeter\": \"{}\",\n  \"version\": {VERSION},\n  \"groups\": [{}\n  ]\n}}\n",
        env!("CARGO_PKG_VERSION"),
        groups.join(",")
    );
    text.into_bytes()
}

fn group(RoiGroup { name, color, rois }: &RoiGroup) -> String {
    const NUMBERS: &str = "names, words and numbers can be written";
    let color = color.map(|color| format!("\"color\": \"{color}\", ")).unwrap_or_default();
    let rois: Vec<String> =
        rois.iter().map(|roi| format!("\n      {}", to_string(roi).expect(NUMBERS))).collect();
    let name = to_string(name).expect(NUMBERS);
    format!("\n    {{ \"name\": {name}, {color}\"rois\": [{}\n    ] }}", rois.join(","))
}
