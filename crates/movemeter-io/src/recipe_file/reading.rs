//! Recipe files that are read.

use std::ops::Range;

use movemeter::recipe::Recipe;
use movemeter::roi::RoiGroup;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::RecipeFile;
use super::settings::{OTHERS, SETTINGS, VERSION, unknown};
use crate::options::OpenOptions;

/// What is chosen in the recording.
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Opening {
    /// Which channel of several, from 0. Left out: the first.
    channel: Option<usize>,
    /// Which depth of several, from 0. Left out: the first.
    z: Option<usize>,
}

impl From<Opening> for OpenOptions {
    fn from(Opening { channel, z }: Opening) -> Self {
        Self { channel, z, ffmpeg: None }
    }
}

/// What the file has besides settings and windows.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Rest {
    /// What was drawn; it is filled with windows when the frame's size is known.
    rois: Vec<RoiGroup>,
    /// What is chosen in the recording.
    open: Opening,
}

/// From TOML.
pub(super) fn of_toml(text: &str) -> Result<RecipeFile, String> {
    let at = |span: Option<Range<usize>>, message: &str| match span {
        Some(span) => format!("line {}: {message}", line_of(text, span.start)),
        None => message.into(),
    };
    let said = |error: toml::de::Error| at(error.span(), error.message());
    let mut table = DeTable::parse(text).map_err(said)?;
    let version = table.get_ref().get("version");
    if let Some(version) = version {
        let number = version.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        check_version(number).map_err(|message| at(Some(version.span()), &message))?;
    }
    for name in table.get_ref().keys() {
        if !is_known(name.get_ref()) {
            return Err(at(Some(name.span()), &unknown(name.get_ref())));
        }
    }
    number_as_word(table.get_mut());
    let is_rest = |name: &str| name == "rois" || name == "open";
    let rest = part(&table, &is_rest).map_err(said)?;
    let Rest { rois, open } = rest;
    let is_of_recipe = |name: &str| !is_rest(name) && name != "version";
    let recipe: Recipe = part(&table, &is_of_recipe).map_err(said)?;
    Ok(RecipeFile { recipe, rois, opening: open.into() })
}

/// The entries of these names as something.
fn part<T: DeserializeOwned>(
    table: &Spanned<DeTable<'_>>,
    is_of_it: &dyn Fn(&str) -> bool,
) -> Result<T, toml::de::Error> {
    let entries = table.get_ref().iter().filter(|(name, _)| is_of_it(name.get_ref()));
    let entries = entries.map(|(name, value)| (name.clone(), value.clone())).collect();
    T::deserialize(toml::de::Deserializer::from(Spanned::new(table.span(), entries)))
}

/// The number of a reference frame may stand without quotes.
fn number_as_word(table: &mut DeTable<'_>) {
    if let Some(reference) = table.get_mut("reference") {
        let number = reference.get_ref().as_integer().map(|number| number.as_str().to_owned());
        if let Some(number) = number {
            *reference.get_mut() = DeValue::String(number.into());
        }
    }
}

fn line_of(text: &str, place: usize) -> usize {
    1 + text.as_bytes()[..place.min(text.len())].iter().filter(|&&byte| byte == b'\n').count()
}

fn is_known(name: &str) -> bool {
    OTHERS.contains(&name) || SETTINGS.iter().any(|setting| setting.name == name)
}

fn check_version(version: Option<i64>) -> Result<(), String> {
    match version {
        Some(1..=VERSION) => Ok(()),
        Some(later @ VERSION..) => Err(format!(
            "version is {later}: a later movemeter wrote this recipe; this one reads version {VERSION} and \
             earlier"
        )),
        _ => Err(format!("version must be a whole number from 1 to {VERSION}")),
    }
}

/// From JSON; nothing if it is a table.
pub(super) fn of_json(text: &str) -> Result<Option<RecipeFile>, String> {
    let said = |error: serde_json::Error| error.to_string();
    let mut all: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(said)?;
    if all.contains_key("columns") {
        return Ok(None);
    }
    if let Some(version) = all.remove("version") {
        check_version(version.as_i64())?;
    }
    if let Some(name) = all.keys().find(|name| !is_known(name)) {
        return Err(unknown(name));
    }
    if let Some(number) = all.get("reference").and_then(Value::as_u64) {
        all.insert("reference".into(), number.to_string().into());
    }
    let mut rest = serde_json::Map::new();
    for name in ["rois", "open"] {
        rest.extend(all.remove_entry(name));
    }
    let Rest { rois, open } = serde_json::from_value(rest.into()).map_err(said)?;
    let recipe = serde_json::from_value(all.into()).map_err(said)?;
    Ok(Some(RecipeFile { recipe, rois, opening: open.into() }))
}
