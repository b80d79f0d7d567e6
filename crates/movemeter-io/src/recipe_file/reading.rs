//! Recipe files that are read.

use std::ops::Range;

use movemeter::recipe::Recipe;
use movemeter::roi::RoiGroup;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::RecipeFile;
use super::settings::{OTHERS, SETTINGS, VERSION, unknown};
use crate::options::OpenOptions;
use crate::plainly::{plainly, plainly_of};

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
    let said = |error: toml::de::Error| at(error.span(), &plainly(error.message()));
    let mut table = DeTable::parse(text).map_err(said)?;
    let version = table.get_ref().get(VERSION_NAME);
    if let Some(version) = version {
        let number = version.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        check_version(number).map_err(|message| at(Some(version.span()), &message))?;
    }
    for name in table.get_ref().keys() {
        if !is_known(name.get_ref()) {
            return Err(at(Some(name.span()), &unknown(name.get_ref())));
        }
    }
    // JSON is read more strictly: a list of five where four are wanted is taken for four by TOML's reader.
    let all: Map<String, Value> = toml::from_str(text).map_err(said)?;
    of_map(all).map_err(|wrong| at(place_of(&wrong.name, &table), &wrong.message))?;
    number_as_word(table.get_mut());
    let Rest { rois, open } = part(&table, &is_rest).map_err(said)?;
    let is_of_recipe = |name: &str| !is_rest(name) && name != VERSION_NAME;
    let recipe: Recipe = part(&table, &is_of_recipe).map_err(said)?;
    Ok(RecipeFile { recipe, rois, opening: open.into() })
}

/// Where the entry of this name is wrong.
fn place_of(name: &str, table: &Spanned<DeTable<'_>>) -> Option<Range<usize>> {
    let is_it = |one: &str| one == name;
    let error = match is_rest(name) {
        true => part::<Rest>(table, &is_it).err(),
        false => part::<Recipe>(table, &is_it).err(),
    };
    let key = || table.get_ref().keys().find(|key| is_it(key.get_ref())).map(Spanned::span);
    error.and_then(|error| error.span()).or_else(key)
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
    let all: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| plainly(&error.to_string()))?;
    if all.contains_key("columns") {
        return Ok(None);
    }
    if let Some(version) = all.get(VERSION_NAME) {
        check_version(version.as_i64())?;
    }
    if let Some(name) = all.keys().find(|name| !is_known(name)) {
        return Err(unknown(name));
    }
    of_map(all).map(Some).map_err(|wrong| wrong.message)
}

/// An entry that cannot be understood.
struct Wrong {
    name: String,
    message: String,
}

/// From entries whose names are known.
fn of_map(mut all: Map<String, Value>) -> Result<RecipeFile, Wrong> {
    all.remove(VERSION_NAME);
    if let Some(reference) = all.get_mut("reference").filter(|value| value.is_number()) {
        *reference = reference.to_string().into();
    }
    let (of_rest, of_recipe): (Map<_, _>, Map<_, _>) =
        all.into_iter().partition(|(name, _)| is_rest(name));
    let Rest { rois, open } = understood(of_rest)?;
    let recipe = understood(of_recipe)?;
    Ok(RecipeFile { recipe, rois, opening: open.into() })
}

/// These entries as something. Of one that is wrong, serde does not say the name.
fn understood<T: DeserializeOwned>(all: Map<String, Value>) -> Result<T, Wrong> {
    for (name, value) in &all {
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        if let Err(error) = serde_json::from_value::<T>(alone.into()) {
            let message = error.to_string();
            let is_within = COMPOSED.contains(&&**name) && (value.is_array() || value.is_object());
            let message = match is_within {
                true => format!("in {name}: {}", plainly(&message)),
                false => plainly_of(name, value, &message),
            };
            return Err(Wrong { name: name.clone(), message });
        }
    }
    let said = |error: serde_json::Error| Wrong { name: String::new(), message: error.to_string() };
    serde_json::from_value(all.into()).map_err(said)
}

/// The entries that are made of several values.
const COMPOSED: [&str; 5] = ["frames", "exclude", "windows", "rois", "open"];

/// The name of the layout's version.
const VERSION_NAME: &str = "version";

fn is_rest(name: &str) -> bool {
    name == "rois" || name == "open"
}
