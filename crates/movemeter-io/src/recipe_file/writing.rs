//! Recipe files that are written.

use std::fmt::Write;

use movemeter::geometry::Rect;
use movemeter::roi::{RoiGroup, WindowGroup};
use serde::Serialize;
use serde_json::Value;

use super::RecipeFile;
use super::settings::{SETTINGS, VERSION};

const BEGINNING: &str = "\
# A recipe of movemeter: how a recording is measured.
#   movemeter measure RECORDING --recipe THIS_FILE -o motion.csv
# What is left out, or stands behind a #, has its default.
";

/// The file, with what each setting is for.
pub(super) fn toml(file: &RecipeFile) -> String {
    let mut text = format!("{BEGINNING}version = {VERSION}\n");
    let settings = serde_json::to_value(&file.recipe).expect("settings are numbers and words");
    for setting in &SETTINGS {
        let shown = match settings.get(setting.name) {
            None | Some(Value::Null) => format!("# {} = {}", setting.name, setting.example),
            Some(value) => format!("{} = {}", setting.name, shown(value)),
        };
        write!(text, "\n# {}\n{shown}\n", setting.about).expect(TEXT);
    }
    text += &opening(file);
    for group in &file.rois {
        text += &drawn(group);
    }
    for group in file.recipe.windows.groups() {
        text += &windows(group);
    }
    text
}

/// Text takes whatever is written.
const TEXT: &str = "text takes whatever is written";

fn opening(file: &RecipeFile) -> String {
    let choices = file.opening.choices();
    if choices.is_empty() {
        return String::new();
    }
    let mut text = "\n# What is chosen in the recording, from 0.\n[open]\n".to_owned();
    for (name, number) in choices {
        writeln!(text, "{name} = {number}").expect(TEXT);
    }
    text
}

/// A group of ROIs.
fn drawn(RoiGroup { name, color, rois }: &RoiGroup) -> String {
    let mut text = format!(
        "\n# Shapes that are filled with windows when the frame's size is known.\n[[rois]]\nname = {}\n",
        value(name)
    );
    if let Some(color) = color {
        writeln!(text, "color = {}", value(color)).expect(TEXT);
    }
    text += "rois = [\n";
    for roi in rois {
        writeln!(text, "  {},", value(roi)).expect(TEXT);
    }
    text + "]\n"
}

/// A group of windows.
fn windows(WindowGroup { name, color, windows }: &WindowGroup) -> String {
    let mut text = format!(
        "\n# Windows that are measured: left column, top row, width, height, px.\n[[windows]]\nname = {}\n",
        value(name)
    );
    if let Some(color) = color {
        writeln!(text, "color = {}", value(color)).expect(TEXT);
    }
    text += "windows = [\n";
    for Rect { x, y, width, height } in windows {
        writeln!(text, "  [{x}, {y}, {width}, {height}],").expect(TEXT);
    }
    text + "]\n"
}

/// As it stands behind a `=`.
fn value(of: &impl Serialize) -> String {
    shown(&serde_json::to_value(of).expect("names and numbers"))
}

/// JSON as TOML has it; what is null is left out.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(shown).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(entries) => {
            let entries = entries.iter().filter(|(_, value)| !value.is_null());
            let entries: Vec<String> =
                entries.map(|(name, value)| format!("{} = {}", key(name), shown(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::String(word) => toml::Value::String(word.clone()).to_string(),
        Value::Null => "\"\"".into(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    match !name.is_empty() && name.bytes().all(is_bare) {
        true => name.into(),
        false => toml::Value::String(name.into()).to_string(),
    }
}
